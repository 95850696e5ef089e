package import Foundation
import Synchronization

/// A PKCS#11 token of a test's own, in SoftHSM: made by `softhsm2-util`, with a PIN in a file.
///
/// SoftHSM reads its configuration and its tokens once in a process. So a program that a test runs has a token in a
/// store of its own (`init`), and the tests themselves share a store whose tokens are all there before the module is
/// loaded (`next`).
package struct SoftToken: Sendable {
    package static let pin = "47 11 0815"

    /// CKA_LABEL of the token.
    package let label: String
    /// A file with the PIN, mode 600.
    package let pinFile: String
    /// Where the token's objects are.
    package let folder: URL
    private let store: Store

    fileprivate init(label: String, pinFile: String, folder: URL, store: Store) {
        self.label = label
        self.pinFile = pinFile
        self.folder = folder
        self.store = store
    }

    package struct NotMade: Error, CustomStringConvertible {
        package let description: String
    }

    /// A token in a store of its own, for a program that is run with `environment`.
    package init(label: String) throws {
        self = try Store().makeTokens(labels: [label])[0]
    }

    /// The next token of the store that this process uses; no test gets one twice.
    package static func next() throws -> SoftToken {
        let tokens = try shared.get()
        let number = taken.withLock { taken in
            taken += 1
            return taken - 1
        }
        guard number < tokens.count else {
            throw NotMade(description: "all \(tokens.count) tokens are taken; raise the number in SoftToken.swift")
        }
        return tokens[number]
    }

    /// SOFTHSM2_CONF for a program that is to see the token.
    package var environment: [String: String] { ["SOFTHSM2_CONF": store.configuration.path] }

    /// The module's library, where Debian's package puts it.
    package var module: String { "/usr/lib/softhsm/libsofthsm2.so" }

    /// Takes the token away with all that is in it.
    package func remove() throws {
        try FileManager.default.removeItem(at: folder)
    }

    private static let taken = Mutex(0)

    private static let shared = Result {
        let store = try Store()
        let tokens = try store.makeTokens(labels: (0..<64).map { "test token \($0)" })
        setenv("SOFTHSM2_CONF", store.configuration.path, 1)
        // What a static holds is never let go of.
        let folder = store.folder.url
        abandoned.withLock { $0 = folder }
        atexit { SoftToken.abandoned.withLock { $0.map { try? FileManager.default.removeItem(at: $0) } } }
        return tokens
    }

    private static let abandoned = Mutex<URL?>(nil)
}

/// A folder of tokens with the configuration that names it.
private struct Store {
    let folder: TemporaryFolder
    let configuration: URL
    private var tokens: URL { folder.url.appending(path: "tokens") }

    init() throws {
        folder = try TemporaryFolder()
        let tokens = folder.url.appending(path: "tokens")
        try FileManager.default.createDirectory(at: tokens, withIntermediateDirectories: true)
        configuration = try Self.configuration(of: tokens, in: folder, named: "softhsm2.conf")
    }

    private static func configuration(of tokens: URL, in folder: TemporaryFolder, named name: String) throws -> URL {
        try folder.write(
            "directories.tokendir = \(tokens.path)\nobjectstore.backend = file\nlog.level = ERROR\n", to: name)
    }

    /// Makes a token of each label. Each is made alone and moved to the others, for `softhsm2-util` reads all that it
    /// sees.
    func makeTokens(labels: [String]) throws -> [SoftToken] {
        let alone = folder.url.appending(path: "new")
        try FileManager.default.createDirectory(at: alone, withIntermediateDirectories: true)
        let script = """
            for label; do
                softhsm2-util --init-token --free --label "$label" --pin "$PIN" --so-pin officer >&2
                ls new
                mv new/* tokens
            done
            """
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-ec", script, "sh"] + labels
        shell.currentDirectoryURL = folder.url
        shell.environment = ProcessInfo.processInfo.environment.merging([
            "SOFTHSM2_CONF": try Self.configuration(of: alone, in: folder, named: "new.conf").path,
            "PIN": SoftToken.pin,
        ]) { $1 }
        let output = Pipe()
        shell.standardInput = FileHandle.nullDevice
        shell.standardOutput = output
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        let names = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            .split(separator: "\n").map(String.init)
        shell.waitUntilExit()
        guard shell.terminationStatus == 0, names.count == labels.count else {
            throw SoftToken.NotMade(
                description: "softhsm2-util made no token (status \(shell.terminationStatus)); where it is missing, "
                    + "`.ci/setup packages` installs it")
        }
        let pinFile = try folder.write(SoftToken.pin + "\n", to: "pin")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: pinFile.path)
        return zip(labels, names).map { label, name in
            SoftToken(label: label, pinFile: pinFile.path, folder: tokens.appending(path: name), store: self)
        }
    }
}
