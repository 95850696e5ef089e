import Enclaves
import Foundation
import IndexStore
import Logging
import Sealing
import TestSupport
import Testing
import TextEmbedding

@testable import QueryService

@Suite("Rotations of keys in a serving process")
struct KeyRotationTests {
    /// A small enclave whose process has ended, with index, key store and root key beside its folder.
    private struct Place {
        let folder: TemporaryFolder
        var url: URL { folder.url.appending(path: "all") }
        var root: String { url.appending(path: "index.sqlite.root").path }

        /// A copy of all files, as they are.
        init(copying files: URL) throws {
            folder = try TemporaryFolder()
            try FileManager.default.copyItem(at: files, to: url)
        }

        /// An enclave that was ingested.
        ///
        /// - Parameter settings: More lines of portcullis.yaml.
        init(settings: String = "") async throws {
            let text = try #require(SampleEnclave.settings["portcullis.yaml"])
            let enclave = try SampleEnclave(files: ["portcullis.yaml": text + "\n" + settings])
            let engine = try await Self.engine(enclave.folder.url, create: true)
            _ = try await engine.ingest { _ in }
            engine.close()
            try self.init(copying: enclave.folder.url)
        }

        /// The next process. One engine at a time owns a place.
        func opened() async throws -> Engine { try await Self.engine(url, create: false) }

        private static func engine(_ folder: URL, create: Bool) async throws -> Engine {
            try await Engine(
                folder: folder.appending(path: "enclave"), create: create, embedder: HashingEmbedder(dimension: 256),
                logger: TestServer.quiet)
        }

        /// What is in the file of the root key, or of the next one.
        func key(next: Bool = false) throws -> Data {
            try Data(contentsOf: URL(filePath: next ? root + ".new" : root))
        }

        var hasNextKey: Bool { FileManager.default.fileExists(atPath: root + ".new") }
    }

    /// What was done of a rotation of the root key when the process ended.
    enum Interruption {
        /// The next key was made.
        case made
        /// It wrapped every epoch.
        case added
        /// It took the place of the one before in its file.
        case adopted
    }

    private func interrupt(_ engine: Engine, after last: Interruption) throws {
        let source = engine.current.enclave.settings.keys.root
        let next = try source.makeNext()
        if last == .made { return }
        try engine.index.keyStore.addRoot(next)
        if last == .added { return }
        try source.adoptNext()
    }

    /// How a command ends, and what it says.
    private func outcome(of command: ControlCommand, _ engine: Engine) async -> (
        status: QueryService.ExitStatus?, text: String
    ) {
        var status: QueryService.ExitStatus?
        var text = ""
        for await event in CommandRunner(engine: engine).events(of: command) {
            switch event {
            case .output(let part), .diagnostic(let part): text += part
            case .exit(let end): status = end
            case .progress: break
            }
        }
        return (status, text)
    }

    private func rotate(_ engine: Engine, root: Bool = false) async {
        let end = await outcome(of: .rotateKeys(root: root), engine)
        #expect(end.status == .success, "\(end.text)")
    }

    /// In a copy: all of it opens under one epoch and one root key, and not with the key `old`.
    private func checkIsWhole(_ place: Place, notWith old: Data? = nil) async throws {
        let copy = try Place(copying: place.url)
        let engine = try await copy.opened()
        let status = try engine.index.keyStore.status()
        #expect(status.epochs.map(\.roots.count) == [1] && status.waiting == 0)
        #expect(try await engine.index.integrityProblems() == [])
        engine.close()
        guard let old else { return }
        let other = try Place(copying: place.url)
        try old.write(to: URL(filePath: other.root))
        await #expect(throws: IndexError.self) { try await other.opened() }
    }

    /// Whether something becomes so within half a minute.
    private func becomes(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<600 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    // MARK: - One at a time

    @Test("While one is under way a second one is refused and begins nothing, and housekeeping leaves it alone")
    func second() async throws {
        let place = try await Place()
        let engine = try await place.opened()
        let old = try place.key()
        try await engine.rotateKeys { _ in
            for root in [false, true] {
                let second = await outcome(of: .rotateKeys(root: root), engine)
                #expect(second.status == .failure)
                #expect(second.text.contains("is under way") && second.text.contains("keys status"), "\(second.text)")
            }
            try await engine.resumeRotation()
        }
        #expect(try engine.index.keyStore.status().epochs.map(\.epoch) == [1])
        #expect(try place.key() == old && !place.hasNextKey)
        await rotate(engine, root: true)
        engine.close()
        try await checkIsWhole(place, notWith: old)
    }

    @Test("Of many at once each is refused or comes to its end, and every key opens afterwards")
    func many() async throws {
        let place = try await Place()
        let engine = try await place.opened()
        let old = try place.key()
        let successes = await withTaskGroup(of: Int.self) { group in
            for number in 0..<16 {
                group.addTask {
                    var successes = 0
                    for _ in 0..<4 {
                        let end = await outcome(of: .rotateKeys(root: number % 2 == 0), engine)
                        #expect(end.status == .success || end.text.contains("is under way"), "\(end.text)")
                        if end.status == .success { successes += 1 }
                    }
                    return successes
                }
            }
            return await group.reduce(0, +)
        }
        #expect(successes > 0)
        await rotate(engine, root: true)
        let status = try engine.index.keyStore.status()
        #expect(status.epochs.map(\.epoch) == [Int64(successes) + 2])
        engine.close()
        try await checkIsWhole(place, notWith: old)
    }

    @Test("A next root key that has not wrapped every epoch never takes the place of the one before")
    func incomplete() async throws {
        let place = try await Place()
        let engine = try await place.opened()
        let old = try place.key()
        let keyStore = engine.index.keyStore
        let source = engine.current.enclave.settings.keys.root
        let next = try source.makeNext()
        try keyStore.addRoot(next)
        #expect(try keyStore.isWrapped(by: next))
        try keyStore.beginEpoch(root: try #require(source.candidates().first))
        #expect(try !keyStore.isWrapped(by: next))
        let error = IndexError.rootKeyIncomplete(path: keyStore.path, root: try next.id().description)
        #expect(throws: error) {
            try KeyRotation(keyStore: keyStore, source: source).adopt(next)
        }
        #expect(try place.key() == old && place.hasNextKey)
        await rotate(engine)
        #expect(try place.key() == old)
        engine.close()
        try await checkIsWhole(place)
    }

    // MARK: - Interruptions

    @Test(
        "One of the root key that was interrupted goes on to the new key, by command and by itself",
        arguments: [Interruption.added, .adopted], [false, true])
    func goesOn(after last: Interruption, byCommand: Bool) async throws {
        let first = try await Place()
        let old = try first.key()
        let ended = try await first.opened()
        try interrupt(ended, after: last)
        let new = try first.key(next: last == .added)
        #expect(new != old)
        ended.close()

        let place = try Place(copying: first.url)
        let engine = try await place.opened()
        #expect(try engine.index.keyStore.status().epochs.map(\.roots.count) == [2])
        if byCommand { await rotate(engine) } else { try await engine.resumeRotation() }
        #expect(try engine.index.keyStore.status().epochs.map(\.epoch) == [byCommand ? 2 : 1])
        #expect(try place.key() == new && !place.hasNextKey)
        engine.close()
        try await checkIsWhole(place, notWith: old)
    }

    @Test("A next root key that had wrapped nothing waits, and the next rotation of the root key takes it")
    func notBegun() async throws {
        let place = try await Place()
        let engine = try await place.opened()
        let old = try place.key()
        try interrupt(engine, after: .made)
        let next = try place.key(next: true)
        try await engine.resumeRotation()
        await rotate(engine)
        #expect(try place.key() == old)
        #expect(try place.key(next: true) == next)
        await rotate(engine, root: true)
        #expect(try place.key() == next && !place.hasNextKey)
        engine.close()
        try await checkIsWhole(place, notWith: old)
    }

    @Test("In a token one that was interrupted goes on to the newest key")
    func token() async throws {
        let token = try SoftToken.next()
        let source = RootKeySource.token(
            TokenSource(module: token.module, token: token.label, key: "root", pinFile: token.pinFile))
        _ = try source.make()
        let place = try await Place(
            settings: """
                keys: {root: {token: {module: \(token.module), token: \(token.label), key: root, pin_file: \(token.pinFile)}}}
                """)
        let engine = try await place.opened()
        let keyStore = engine.index.keyStore
        for _ in 0..<4 {
            let next = try source.makeNext()
            try keyStore.addRoot(next)
            await rotate(engine)
            #expect(try keyStore.isWrapped(by: next))
            #expect(try keyStore.status().epochs.map(\.roots) == [[next.id().description]])
        }
        engine.close()
        try await checkIsWhole(place)
    }

    // MARK: - Housekeeping

    @Test("Housekeeping that could not go on with one tries again another time, and ends when it is cancelled")
    func housekeeping() async throws {
        let place = try await Place()
        let engine = try await place.opened()
        let keyStore = engine.index.keyStore
        try keyStore.beginEpoch(root: try #require(engine.current.enclave.settings.keys.root.candidates().first))
        let away = place.root + ".away"
        try FileManager.default.moveItem(atPath: place.root, toPath: away)
        let log = LogBook()
        let housekeeping = Housekeeping(engine: engine, logger: log.logger, interval: .milliseconds(20))
        let running = Task { try await housekeeping.run() }
        #expect(try await becomes { log.lines.contains { $0.contains("housekeeping failed") } })
        #expect(try keyStore.status().epochs.map(\.epoch) == [1, 2])
        try FileManager.default.moveItem(atPath: away, toPath: place.root)
        #expect(try await becomes { try keyStore.status().epochs.map(\.epoch) == [2] })
        running.cancel()
        try await running.value
        engine.close()
        try await checkIsWhole(place)
    }

    @Test("Who asked for one may leave: it comes to its end")
    func abandoned() async throws {
        let place = try await Place()
        let engine = try await place.opened()
        let old = try place.key()
        // Nobody reads what it says.
        _ = CommandRunner(engine: engine).events(of: .rotateKeys(root: true))
        #expect(try await becomes { try engine.index.keyStore.status().epochs.map(\.epoch) == [2] })
        // The last of it is under way for a moment more.
        #expect(try await becomes { await outcome(of: .rotateKeys(root: false), engine).status == .success })
        #expect(try engine.index.keyStore.status().epochs.map(\.epoch) == [3])
        engine.close()
        try await checkIsWhole(place, notWith: old)
    }
}
