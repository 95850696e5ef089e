import Foundation
import TestSupport
import Testing

@Suite("Keys and backups on the command line")
struct KeyCommandTests {
    /// An enclave in production: no key is made by the way.
    private func production(root: String) throws -> SampleEnclave {
        let enclave = try Program.recordsEnclave(settings: "keys: {root: \(root)}\n")
        let file = enclave.url.appending(path: "portcullis.yaml")
        let settings = try String(contentsOf: file, encoding: .utf8)
            .replacing("mode: development", with: "mode: production")
            .replacing("  audience: sample", with: "  audience: sample\n  key_set: keys.jwks.json")
        try enclave.write(settings, to: "portcullis.yaml")
        try enclave.write(#"{"keys": []}"#, to: "keys.jwks.json")
        return enclave
    }

    @Test("In production keys are made before the first ingest, by command; rotation goes on under a running server")
    func file() async throws {
        let enclave = try production(root: "{file: ../keys/root}")
        let path = enclave.url.path
        let before = try await Program.run("ingest", path)
        #expect(before.status == 1 && before.errors.contains("key"), "\(before.errors)")
        let folder = enclave.folder.url.appending(path: "keys")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let made = try await Program.run("keys", "init", path)
        #expect(made.status == 0 && made.output.contains("key store:"), "\(made.errors)")
        #expect(try await Program.run("keys", "init", path).output == made.output)
        let root = folder.appending(path: "root").path
        let first = try #require(FileManager.default.contents(atPath: root))
        #expect(first.count == 32)
        #expect(try await Program.run("ingest", path).status == 0)
        let server = try Program.start(["serve", path])
        defer { server.process.terminate() }
        _ = try await server.wait(for: "listening on http://127.0.0.1:")
        var rotated = try await Program.run("keys", "rotate", path, "--root")
        // At its start the server itself goes on with what was interrupted.
        for _ in 0..<100 where rotated.errors.contains("is under way") {
            try await Task.sleep(for: .milliseconds(50))
            rotated = try await Program.run("keys", "rotate", path, "--root")
        }
        #expect(rotated.status == 0, "\(rotated.errors)")
        let second = try #require(FileManager.default.contents(atPath: root))
        #expect(first != second && !FileManager.default.fileExists(atPath: root + ".new"))
        let status = try await Program.run("keys", "status", path, "--json")
        #expect(status.output.contains(#""waiting":0"#) && status.output.contains(#""epoch":2"#))
        #expect(!status.output.contains(#""epoch":1,"#), "\(status.output)")
        server.process.terminate()
        _ = try await server.outcome()
        #expect(try await Program.run("check", path).status == 0)

        // The old key, another one, none, and one that others can read.
        try first.write(to: URL(filePath: root))
        let old = try await Program.run("check", path)
        #expect(old.status == 1 && old.errors.contains("is not the one that wrapped"), "\(old.errors)")
        try second.write(to: URL(filePath: root))
        chmod(root, 0o644)
        let exposed = try await Program.run("check", path)
        #expect(exposed.status == 1 && exposed.errors.contains("chmod 600"), "\(exposed.errors)")
        try FileManager.default.removeItem(atPath: root)
        let none = try await Program.run("check", path)
        #expect(none.status == 1 && none.errors.contains("no root key"), "\(none.errors)")
    }

    @Test("A credential of the service manager is the root key, and is rotated by passing the next one")
    func credential() async throws {
        let enclave = try production(root: "{credential: portcullis-root}")
        let path = enclave.url.path
        let credentials = enclave.folder.url.appending(path: "credentials")
        try FileManager.default.createDirectory(at: credentials, withIntermediateDirectories: true)
        let environment = ["CREDENTIALS_DIRECTORY": credentials.path as String?]
        func run(_ arguments: String...) async throws -> Program.Outcome {
            try await Program.run(arguments, environment: environment)
        }
        let missing = try await run("keys", "init", path)
        #expect(missing.status == 1 && missing.errors.contains("systemd-creds"), "\(missing.errors)")
        func write(_ byte: UInt8, _ name: String) throws {
            let file = credentials.appending(path: name)
            try Data(repeating: byte, count: 32).write(to: file)
            chmod(file.path, 0o400)
        }
        try write(1, "portcullis-root")
        #expect(try await run("keys", "init", path).status == 0)
        #expect(try await run("ingest", path).status == 0)
        try write(2, "portcullis-root.new")
        let rotated = try await run("keys", "rotate", path, "--root")
        #expect(rotated.status == 0, "\(rotated.errors)")
        #expect(try await run("check", path).status == 0)
        for name in ["portcullis-root", "portcullis-root.new"] {
            try FileManager.default.removeItem(at: credentials.appending(path: name))
        }
        try write(2, "portcullis-root")
        #expect(try await run("check", path).status == 0)
    }

    @Test("A key in a token: made there, rotated there, and missed where the token is gone")
    func token() async throws {
        let token = try SoftToken(label: "records")
        let enclave = try production(
            root: "{token: {module: \(token.module), token: \(token.label), key: root, pin_file: \(token.pinFile)}}")
        let path = enclave.url.path
        let environment = token.environment.mapValues { $0 as String? }
        func run(_ arguments: String...) async throws -> Program.Outcome {
            try await Program.run(arguments, environment: environment)
        }
        let made = try await run("keys", "init", path)
        #expect(made.status == 0 && made.output.contains("token records"), "\(made.errors)")
        #expect(try await run("ingest", path).status == 0)
        let rotated = try await run("keys", "rotate", path, "--root")
        #expect(rotated.status == 0, "\(rotated.errors)")
        #expect(try await run("check", path).status == 0)
        let other = try await Program.run(["check", path], environment: [:])
        #expect(other.status == 1 && other.errors.contains("token"), "\(other.errors)")
    }

    @Test("A backup is drilled, restored over nothing, and with the key store of today brings back nothing erased")
    func backup() async throws {
        let enclave = try Program.recordsEnclave()
        let (path, folder) = (enclave.url.path, enclave.folder.url)
        #expect(try await Program.run("ingest", path).status == 0)
        let none = try await Program.run("drill", path)
        #expect(none.status == 1 && none.errors.contains("portcullis backup"), "\(none.errors)")
        let made = try await Program.run("backup", path)
        #expect(made.status == 0, "\(made.errors)")
        let drilled = try await Program.run("drill", path)
        #expect(drilled.status == 0 && drilled.output.contains("is whole: 5 documents"), "\(drilled.errors)")
        let backups = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "backups").path)
        let backup = folder.appending(path: "backups/\(try #require(backups.first))").path
        let keys = folder.appending(path: "key-backups/\(try #require(backups.first)).keys").path

        let json = try await Program.run("explain", path, "secret/falcon.md", "--json").output
        let document = String(try #require(json.firstMatch(of: /"document_id":"([0-9a-f]{32})"/)?.1))
        let erased = try await Program.run(
            "erase", path, "--document", document, "--reason", "over", "--as", "alice")
        #expect(erased.status == 0 && erased.output.contains("that still have their keys"), "\(erased.output)")

        let occupied = try await Program.run("restore", path, "--from", backup)
        #expect(occupied.status == 1 && occupied.errors.contains("empty place"), "\(occupied.errors)")
        try FileManager.default.removeItem(atPath: enclave.indexPath)
        let two = try await Program.run("restore", path, "--from", backup, "--keys-from", keys)
        #expect(two.status == 1 && two.errors.contains("every erasure"), "\(two.errors)")
        let restored = try await Program.run("restore", path, "--from", backup)
        #expect(
            restored.status == 0 && restored.output.contains("1 documents stay behind"),
            "\(restored.output)\(restored.errors)")
        let answer = try await Program.run("retrieve", path, "--as", "alice", "--purpose", "work", "bolt torque")
        #expect(answer.status == 0 && !answer.output.contains("118") && answer.output.contains("40 newton metres"))
        #expect(try await Program.run("check", path).status == 0)

        // Both lost: what the key store of that day has comes back with it, and an ingest would not know better.
        for suffix in ["", ".keys"] { try FileManager.default.removeItem(atPath: enclave.indexPath + suffix) }
        let missing = try await Program.run("restore", path, "--from", backup)
        #expect(missing.status == 1 && missing.errors.contains("--keys-from"), "\(missing.errors)")
        let both = try await Program.run("restore", path, "--from", backup, "--keys-from", keys)
        #expect(both.status == 0 && both.output.contains("restored 5 documents"), "\(both.errors)")
        #expect(try await Program.run("check", path).status == 0)
    }

    @Test("With a recovery key a backup is restored although the root key is lost")
    func recovery() async throws {
        let enclave = try Program.recordsEnclave()
        let (path, folder) = (enclave.url.path, enclave.folder.url)
        let key = folder.appending(path: "recovery.pem").path
        #expect(try await Program.run("keys", "recovery", key).status == 0)
        let settings = try String(contentsOf: enclave.url.appending(path: "portcullis.yaml"), encoding: .utf8)
        try enclave.write(
            settings.replacing("key_days: 7}", with: "key_days: 7, recovery_key: ../recovery.pem.pub}"),
            to: "portcullis.yaml")
        #expect(try await Program.run("ingest", path).status == 0)
        #expect(try await Program.run("backup", path).status == 0)
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "backups").path).first)
        for suffix in ["", ".keys", ".root"] {
            try FileManager.default.removeItem(atPath: enclave.indexPath + suffix)
        }
        let keys = folder.appending(path: "key-backups/\(name).keys").path
        let backup = folder.appending(path: "backups/\(name)").path
        let without = try await Program.run("restore", path, "--from", backup, "--keys-from", keys)
        #expect(without.status == 1 && without.errors.contains("root key"), "\(without.errors)")
        let restored = try await Program.run(
            "restore", path, "--from", backup, "--keys-from", keys, "--recovery-key", key)
        #expect(restored.status == 0 && restored.output.contains("restored 5 documents"), "\(restored.errors)")
        #expect(try await Program.run("check", path).status == 0)
    }
}
