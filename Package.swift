// swift-tools-version: 6.2
import Foundation
import PackageDescription

// One set of language features for every room of the house. Changing a flag rebuilds everything, so they are named once.
let features: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// Rooms that decide about access or hold text contain no unsafe code at all.
let safe: [SwiftSetting] = features + [.strictMemorySafety(), .treatWarning("StrictMemorySafety", as: .error)]

// The C kernels are slow beyond use without optimisation, so a debug build optimises them too.
let kernelFlags: [CSetting] = [.unsafeFlags(["-O2"], .when(configuration: .debug))]

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let hummingbird: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOFoundationCompat", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    .product(name: "UnixSignals", package: "swift-service-lifecycle"),
]
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nio = ["NIOCore", "NIOFoundationCompat", "NIOHTTP1", "NIOPosix"].map {
    Target.Dependency.product(name: $0, package: "swift-nio")
}
let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

var targets: [Target] = [
    // The ground: C libraries and kernels.
    .systemLibrary(name: "CBLAS", pkgConfig: "blas", providers: [.apt(["libblas-dev"])]),
    .systemLibrary(name: "CMarkGFM", providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"])]),
    .systemLibrary(name: "CUnistring", providers: [.apt(["libunistring-dev"])]),
    .target(name: "CVectorKernels", cSettings: kernelFlags),

    // What the world is made of.
    .target(name: "Cedar", swiftSettings: safe),
    .target(name: "CedarCases", dependencies: ["Cedar"], swiftSettings: safe),
    .target(name: "StrictJSON", swiftSettings: safe),
    .target(name: "Labels", swiftSettings: safe),
    .target(name: "Passages", dependencies: ["Labels"], swiftSettings: safe),
    .target(name: "Inspection", dependencies: ["Passages"], swiftSettings: safe),

    // Keys: what seals, and where the key that wraps all others comes from.
    .target(name: "CSealing"),
    .target(name: "Sealing", dependencies: ["CSealing", crypto], swiftSettings: features),

    // Words.
    .target(name: "LexicalSearch", dependencies: ["CStemmer", "CUnistring"], swiftSettings: features),

    // Numbers.
    .target(name: "VectorSearch", dependencies: ["CBLAS", "CVectorKernels"], swiftSettings: features),
    .target(
        name: "TextEmbedding", dependencies: ["CBLAS", "CVectorKernels", crypto, httpClient, tls] + nio,
        swiftSettings: features),

    // The decision, the store, the folder.
    .target(name: "AccessControl", dependencies: ["Cedar", "Labels"], swiftSettings: safe),
    .target(
        name: "IndexStore",
        dependencies: ["AccessControl", "Labels", "LexicalSearch", "Passages", "Sealing", "VectorSearch", grdb],
        swiftSettings: features),
    .target(
        name: "Enclaves", dependencies: ["AccessControl", "Cedar", "Labels", "Passages", "Sealing", crypto, yams],
        swiftSettings: features),

    // The two straight lines.
    .target(
        name: "Ingest",
        dependencies: [
            "Enclaves", "IndexStore", "Inspection", "Labels", "Passages", "Sealing", "StrictJSON", "TextEmbedding",
            "CMarkGFM",
            "CLibXML2", crypto, subprocess, system,
        ], swiftSettings: features),
    .target(
        name: "Retrieval",
        dependencies: [
            "AccessControl", "IndexStore", "Inspection", "Labels", "LexicalSearch", "Passages", "StrictJSON",
            "TextEmbedding",
        ],
        swiftSettings: features),

    // Doors.
    .target(
        name: "QueryService",
        dependencies: [
            "AccessControl", "Enclaves", "IndexStore", "Ingest", "Inspection", "Labels", "Passages", "Retrieval",
            "Sealing", "StrictJSON", "TextEmbedding", "VectorSearch", crypto, jwt, logging, httpClient, system,
        ] + hummingbird, swiftSettings: features),
    .executableTarget(
        name: "portcullis",
        dependencies: [
            "AccessControl", "CedarCases", "Enclaves", "IndexStore", "Ingest", "Labels", "Passages", "QueryService",
            "Retrieval", "Sealing", "TextEmbedding", arguments, logging,
        ], swiftSettings: features),
]

// What several test targets need: seeds, temporary folders, small enclaves.
targets.append(
    .target(
        name: "TestSupport", dependencies: ["IndexStore", "Labels", "Passages", "Sealing", "TextEmbedding"],
        path: "Tests/TestSupport", swiftSettings: features))

// Random cases for the policy engine, and the official engine that they are put to as well.
targets.append(
    .target(
        name: "CedarFuzzing", dependencies: ["Cedar", "CedarCases"], path: "Tests/CedarFuzzing",
        exclude: ["cedar_peer.py", "requirements.txt"], swiftSettings: features))

// A file layer below SQLite that can fail and can lose what was not synced.
targets.append(
    .target(
        name: "CFaultFileLayer", path: "Tests/FaultFileLayer", linkerSettings: [.linkedLibrary("sqlite3")]))

// An embedding endpoint that the tests run as a process of its own.
targets.append(
    .executableTarget(
        name: "EmbeddingServer", dependencies: ["TestSupport", tls] + nio, path: "Tests/EmbeddingServer",
        swiftSettings: features))

let tests: [(String, [Target.Dependency])] = [
    ("Cedar", ["CedarCases", "CedarFuzzing"]),
    ("StrictJSON", []),
    ("Labels", []),
    ("Passages", ["Labels"]),
    ("Inspection", ["Passages"]),
    ("Sealing", ["CSealing", crypto]),
    ("LexicalSearch", []),
    ("VectorSearch", ["CVectorKernels"]),
    ("TextEmbedding", ["CVectorKernels", "EmbeddingServer"]),
    ("AccessControl", ["Cedar", "Labels"]),
    (
        "IndexStore",
        [
            "AccessControl", "Cedar", "CFaultFileLayer", "Labels", "LexicalSearch", "Passages", "Sealing",
            "VectorSearch",
            grdb, crypto,
        ]
    ),
    ("Enclaves", ["AccessControl", "Cedar", "Labels", "Sealing"]),
    ("Ingest", ["Enclaves", "IndexStore", "Labels", "Passages", "Sealing", "TextEmbedding", crypto]),
    (
        "Retrieval",
        [
            "AccessControl", "Cedar", "Enclaves", "IndexStore", "Ingest", "Labels", "LexicalSearch", "Passages",
            "TextEmbedding", "VectorSearch", crypto,
        ]
    ),
    (
        "QueryService",
        [
            "AccessControl", "Cedar", "Enclaves", "IndexStore", "Ingest", "Labels", "LexicalSearch", "Passages",
            "Retrieval", "Sealing", "TextEmbedding", "VectorSearch", crypto, jwt, httpClient,
        ] + hummingbird
    ),
]
targets += tests.map { name, more in
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + more,
        // Indexes of every format that there was.
        exclude: name == "IndexStore" ? ["Golden"] : [], swiftSettings: features)
}
targets.append(.testTarget(name: "HouseTests", swiftSettings: features))
targets.append(
    .testTarget(
        name: "CommandLineTests",
        dependencies: [
            "portcullis", "EmbeddingServer", "IndexStore", "Sealing", "TestSupport", "TextEmbedding", arguments, grdb,
        ],
        swiftSettings: features))

// Measurements are built only when asked for: `make bench`.
if ProcessInfo.processInfo.environment["PORTCULLIS_BENCHMARKS"] != nil {
    targets.append(
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "AccessControl", "Cedar", "CedarFuzzing", "CBLAS", "CVectorKernels", "Enclaves", "IndexStore", "Ingest",
                "Labels", "LexicalSearch", "Passages", "QueryService", "Retrieval", "Sealing", "TextEmbedding",
                "VectorSearch", crypto, logging,
                arguments, grdb,
            ] + hummingbird,
            path: "Benchmarks", exclude: ["RESULTS.md", "peers", "results"], swiftSettings: features))
}

let package = Package(
    name: "portcullis",
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    ],
    targets: targets
)
