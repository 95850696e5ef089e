import Foundation
import Glibc
import TestSupport
import Testing

@testable import Sealing

@Suite("Where root keys come from")
struct RootKeySourceTests {
    @Test("Names for people")
    func names() throws {
        #expect(RootKeySource.file(path: "/a/key").name == "file /a/key")
        #expect(RootKeySource.credential(name: "portcullis-root").name == "credential portcullis-root")
        let token = TokenSource(module: "/m.so", token: "vault", key: "root", pinFile: "/pin")
        #expect(RootKeySource.token(token).name == "token vault, key root")
    }

    @Test("A file: made once, two keys while a rotation is under way, then the next one alone")
    func file() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "root").path
        let source = RootKeySource.file(path: path)
        #expect(throws: KeyError.missing(path: path)) { try source.candidates() }
        let first = try source.make().id()
        #expect(try source.make().id() == first)
        #expect(try ids(source.candidates()) == [first])

        // Without a next key there is nothing to adopt, and the first one stays.
        #expect(throws: KeyError.missing(path: path + ".new")) { try source.adoptNext() }
        let next = try source.makeNext().id()
        #expect(try source.makeNext().id() == next)
        #expect(next != first)
        #expect(try ids(source.candidates()) == [first, next])

        try source.adoptNext()
        #expect(try ids(source.candidates()) == [next])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["root"])
        #expect(try ids([.local(KeyFile.key(at: path))]) == [next])
    }

    @Test("A next key that is damaged or exposed is an error, and never takes the place of the key")
    func damagedNext() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "root").path
        let source = RootKeySource.file(path: path)
        let first = try source.make().id()
        _ = try KeyFile.contents(at: path + ".new") { Data([1, 2, 3]) }
        #expect(throws: KeyError.damaged(path: path + ".new", bytes: 3)) { try source.candidates() }
        #expect(throws: KeyError.damaged(path: path + ".new", bytes: 3)) { try source.makeNext() }
        #expect(throws: KeyError.damaged(path: path + ".new", bytes: 3)) { try source.adoptNext() }
        try FileManager.default.removeItem(atPath: path + ".new")
        _ = try source.makeNext()
        #expect(chmod(path + ".new", 0o644) == 0)
        #expect(throws: KeyError.exposed(path: path + ".new", mode: "644")) { try source.candidates() }
        #expect(throws: KeyError.exposed(path: path + ".new", mode: "644")) { try source.adoptNext() }
        try FileManager.default.removeItem(atPath: path + ".new")
        #expect(try ids(source.candidates()) == [first])
    }

    /// As the service manager writes it: read by the service alone, or root's with an access list.
    private func pass(_ bytes: Data, as name: String, mode: Int = 0o400, in folder: TemporaryFolder) throws {
        let path = try folder.write(bytes, to: name).path
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test("A credential: what the service manager passed, the next one last", arguments: [0o400, 0o440, 0o600])
    func credential(mode: Int) throws {
        let folder = try TemporaryFolder()
        let source = RootKeySource.credential(name: "root")
        let keys = [try SecretKey(), try SecretKey()]
        let expected = try ids(keys.map { .local($0) })
        #expect(throws: KeyError.credentialsMissing(name: "root")) { try source.candidates(credentials: nil) }
        #expect(throws: KeyError.credentialsMissing(name: "root")) {
            try source.candidates(credentials: folder.url.path)
        }
        #expect(throws: KeyError.credentialNotMade(name: "root")) { try source.make(credentials: nil) }
        #expect(throws: KeyError.credentialNotMade(name: "root")) { try source.make(credentials: folder.url.path) }

        try pass(Data(keys[0].bytes), as: "root", mode: mode, in: folder)
        #expect(try ids(source.candidates(credentials: folder.url.path)) == [expected[0]])
        #expect(try source.make(credentials: folder.url.path).id() == expected[0])
        #expect(throws: KeyError.credentialNotMade(name: "root.new")) {
            try source.makeNext(credentials: folder.url.path)
        }

        try pass(Data(keys[1].bytes), as: "root.new", mode: mode, in: folder)
        #expect(try ids(source.candidates(credentials: folder.url.path)) == expected)
        #expect(try source.makeNext(credentials: folder.url.path).id() == expected[1])
        try source.adoptNext()
        #expect(try ids(source.candidates(credentials: folder.url.path)) == expected)
    }

    @Test("A credential that others could read, or that is no key, is refused")
    func badCredentials() throws {
        let folder = try TemporaryFolder()
        let source = RootKeySource.credential(name: "root")
        let path = folder.url.appending(path: "root").path
        for mode in [0o444, 0o420, 0o404, 0o660] {
            try? FileManager.default.removeItem(atPath: path)
            try pass(Data(SecretKey().bytes), as: "root", mode: mode, in: folder)
            #expect(throws: KeyError.exposed(path: path, mode: String(mode, radix: 8))) {
                try source.candidates(credentials: folder.url.path)
            }
        }
        try FileManager.default.removeItem(atPath: path)
        try pass(Data([1, 2, 3]), as: "root", in: folder)
        #expect(throws: KeyError.damaged(path: path, bytes: 3)) {
            try source.candidates(credentials: folder.url.path)
        }
    }

    /// In a process of its own, for its environment is set.
    @Test("The credentials are in the folder that the service manager names in the environment")
    func credentialsDirectory() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let source = RootKeySource.credential(name: "root")
            unsetenv("CREDENTIALS_DIRECTORY")
            do {
                _ = try source.candidates()
                exit(EXIT_FAILURE)
            } catch KeyError.credentialsMissing {}
            setenv("CREDENTIALS_DIRECTORY", folder.url.path, 1)
            let key = try KeyFile.make(at: folder.url.appending(path: "root").path)
            guard try source.candidates().map({ try $0.id() }) == [RootKey.local(key).id()],
                try source.make().id() == RootKey.local(key).id()
            else { exit(EXIT_FAILURE) }
        }
    }

    @Test("What to do about a credential that was not passed is a command and a line of the unit")
    func credentialAdvice() {
        let advice = "\(KeyError.credentialNotMade(name: "portcullis-root"))"
        #expect(
            advice.contains(
                "head -c 32 /dev/urandom | systemd-creds encrypt --name=portcullis-root - "
                    + "/etc/credstore.encrypted/portcullis-root"))
        #expect(advice.contains("LoadCredentialEncrypted=portcullis-root:/etc/credstore.encrypted/portcullis-root"))
    }

    @Test("A token: made once, and each rotation makes another key beside the others")
    func token() throws {
        let token = try SoftToken.next()
        let source = RootKeySource.token(token.source())
        #expect(throws: KeyError.self) { try source.candidates() }
        let first = try source.make().id()
        #expect(try source.make().id() == first)
        #expect(try ids(source.candidates()) == [first])
        let next = try source.makeNext().id()
        #expect(next != first)
        try source.adoptNext()
        #expect(try Set(ids(source.candidates())) == [first, next])
    }

    @Test("A token's keys are in the order in which they were made, those of earlier versions first")
    func tokenOrder() throws {
        var random = SeededGenerator(seed: SeededGenerator.newSeed())
        let token = try SoftToken.next()
        let source = RootKeySource.token(token.source())
        var made: [RootKeyID] = []
        for _ in 0..<6 {
            made.append(try source.makeNext().id())
            // Two of one millisecond have no order.
            usleep(2_000)
        }
        #expect(try ids(source.candidates()) == made)
        let earlier = [0xFF] + random.bytes(RootKeyID.length - 1)
        try token.importKey(random.bytes(SecretKey.length), id: earlier, label: "root")
        #expect(try ids(source.candidates()) == [RootKeyID(bytes: earlier)] + made)
    }

    private func ids(_ keys: [RootKey]) throws -> [RootKeyID] { try keys.map { try $0.id() } }
}
