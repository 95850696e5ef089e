package import Foundation

/// A certificate that has signed itself, made by `openssl` for one test.
package struct TestCertificate: Sendable {
    private let folder: TemporaryFolder
    package var file: URL { folder.url.appending(path: "certificate.pem") }
    package var key: URL { folder.url.appending(path: "key.pem") }

    package struct NotMade: Error {
        let status: Int32
    }

    /// - Parameter names: Whom it is for, in the way of `openssl`: `DNS:localhost,IP:127.0.0.1`.
    package init(for names: String) throws {
        folder = try TemporaryFolder()
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments =
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-subj", "/CN=embedding test", "-addext", "subjectAltName=\(names)"]
            + ["-keyout", key.path, "-out", file.path]
        openssl.standardError = FileHandle.nullDevice
        openssl.standardInput = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw NotMade(status: openssl.terminationStatus) }
    }
}
