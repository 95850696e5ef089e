import Foundation
import Sealing
import TestSupport
import Testing

@testable import Enclaves

@Suite("Settings of the root key")
struct KeySettingsTests {
    /// The sample enclave with more in its settings, in production if `isProduction`.
    static func sample(_ more: String, isProduction: Bool = false) -> SampleEnclave {
        var sample = SampleEnclave()
        sample.files["portcullis.yaml"]! += "\n\(more)\n"
        if isProduction {
            sample.replace("mode: development", with: "mode: production", in: "portcullis.yaml")
            sample.replace("audience: sample", with: "audience: sample\n  key_set: keys.json", in: "portcullis.yaml")
        }
        return sample
    }

    static func settings(_ more: String, isProduction: Bool = false) throws -> EnclaveSettings {
        try sample(more, isProduction: isProduction).write { try Enclave(folder: $0).settings }
    }

    /// What is wrong, one a line.
    static func problems(_ more: String, isProduction: Bool = false) throws -> [String] {
        do {
            _ = try settings(more, isProduction: isProduction)
            return []
        } catch let error as EnclaveError {
            return error.problems.map(\.description)
        }
    }

    @Test("In development a file beside the index holds it, where nothing is said", arguments: ["", "keys: {}"])
    func standard(keys: String) throws {
        let settings = try Self.settings(keys)
        #expect(settings.keys.root == .file(path: settings.index.path + ".root"))
    }

    @Test(
        "A file, a credential, a token: each is taken, with paths from the enclave's folder", arguments: [false, true])
    func sources(isProduction: Bool) throws {
        let file = try Self.settings("keys: {root: {file: /srv/keys/../keys/root.key}}", isProduction: isProduction)
        #expect(file.keys.root == .file(path: "/srv/keys/root.key"))
        let credential = try Self.settings("keys: {root: {credential: root_key-1.a}}", isProduction: isProduction)
        #expect(credential.keys.root == .credential(name: "root_key-1.a"))
        let token = try Self.settings(
            "keys: {root: {token: {module: /usr/lib/softhsm.so, token: cellar, key: root, pin_file: ../pin}}}",
            isProduction: isProduction)
        let pin = token.index.deletingLastPathComponent().deletingLastPathComponent().appending(path: "pin").path
        #expect(
            token.keys.root
                == .token(TokenSource(module: "/usr/lib/softhsm.so", token: "cellar", key: "root", pinFile: pin)))
    }

    @Test("Production needs it", arguments: ["", "keys: {}"])
    func needed(keys: String) throws {
        let problems = try Self.problems(keys, isProduction: true)
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasSuffix(
                ": `keys.root` is missing; mode production needs a root key that does not lie with the index: a file "
                    + "elsewhere, a credential of the service manager, or a key in a token") == true,
            "\(problems)")
    }

    @Test(
        "A file with what it opens is for development alone",
        arguments: [
            ("root.key", "lies in the enclave's folder"), ("policies/../keys/root.key", "lies in the enclave's folder"),
            ("../indexes/root.key", "lies beside the index"), ("../indexes/x/../root.key", "lies beside the index"),
        ])
    func together(path: String, message: String) throws {
        let keys = "keys: {root: {file: \(path)}}"
        #expect(try Self.problems(keys).isEmpty)
        #expect(
            try Self.problems(keys, isProduction: true) == [
                "portcullis.yaml:13: `keys.root.file` \(message); in production it must be elsewhere: who took the disk "
                    + "would have both"
            ])
    }

    @Test("A file in another folder is taken in production", arguments: ["../keys/root.key", "../indexes/x/root.key"])
    func elsewhere(path: String) throws {
        #expect(try Self.problems("keys: {root: {file: \(path)}}", isProduction: true).isEmpty)
    }

    @Test("Links do not hide where a file lies")
    func links() throws {
        let folder = try TemporaryFolder()
        let sample = Self.sample("keys: {root: {file: ../aside/root.key}}", isProduction: true)
        for (path, text) in sample.files { try folder.write(text, to: "enclave/\(path)") }
        func open() throws -> Enclave { try Enclave(folder: folder.url.appending(path: "enclave")) }
        _ = try open()
        let aside = folder.url.appending(path: "aside").path
        for (target, message) in [("enclave/keys", "in the enclave's folder"), ("indexes", "beside the index")] {
            try folder.write("", to: "\(target)/file")
            try FileManager.default.createSymbolicLink(atPath: aside, withDestinationPath: target)
            let error = #expect(throws: EnclaveError.self) { try open() }
            #expect(error?.description.contains(message) == true, "\(target)")
            try FileManager.default.removeItem(atPath: aside)
        }
    }

    @Test(
        "Each mistake says where it is and what to do",
        arguments: [
            ("keys: {root: {}}", "`keys.root` must name a `file`, a `credential` or a `token`"),
            ("keys: {root: root.key}", "`keys.root` must be a mapping (`key: value`), not "),
            ("keys: {root: {file: a, credential: b}}", "`keys.root` names `file` and `credential`; keep one of them"),
            (
                "keys: {root: {file: a, credential: b, token: {}}}",
                "`keys.root` names `file` and `credential` and `token`; keep one of them"
            ),
            ("keys: {root: {file: ''}}", "`keys.root.file` has no value"),
            ("keys: {root: {path: a}}", "`keys.root` must name a `file`, a `credential` or a `token`"),
            ("keys: {root: {file: a, mode: 600}}", "the key `keys.root.mode` is not known here; known are: file, "),
            ("keys: {roots: {file: a}}", "the key `keys.roots` is not known here; known are: root"),
            (
                "keys: {root: {credential: ../root}}",
                "`keys.root.credential` must be at most 255 letters, digits, `-`, `_` and `.`, with no `.` at its "
                    + "beginning, not `../root`"
            ),
            ("keys: {root: {credential: ..}}", "`keys.root.credential` must be at most 255 letters"),
            ("keys: {root: {credential: clé}}", "`keys.root.credential` must be at most 255 letters"),
            ("keys: {root: {token: {token: a, key: b, pin_file: c}}}", "`keys.root.token.module` is missing"),
            ("keys: {root: {token: {module: m, key: b, pin_file: c}}}", "`keys.root.token.token` is missing"),
            ("keys: {root: {token: {module: m, token: a, pin_file: c}}}", "`keys.root.token.key` is missing"),
            ("keys: {root: {token: {module: m, token: a, key: b}}}", "`keys.root.token.pin_file` is missing"),
            (
                "keys: {root: {token: {module: m, token: a, key: b, pin_file: c, pin: 1}}}",
                "the key `keys.root.token.pin` is not known here; known are: module, token, key, pin_file"
            ),
            (
                "keys: {root: {token: {module: m, token: abcdefghijklmnopqrstuvwxyz0123456, key: b, pin_file: c}}}",
                "`keys.root.token.token` is 33 bytes long; the limit is 32"
            ),
        ])
    func mistake(keys: String, message: String) throws {
        let first = try #require(try Self.problems(keys).first, "the mistake goes unnoticed")
        #expect(first.hasPrefix("portcullis.yaml:12: \(message)"), "\(first)")
    }

    @Test("A credential has at most 255 bytes")
    func longCredential() throws {
        let name = String(repeating: "a", count: 255)
        #expect(try Self.settings("keys: {root: {credential: \(name)}}").keys.root == .credential(name: name))
        #expect(try Self.problems("keys: {root: {credential: \(name)a}}").count == 1)
    }
}
