import Foundation
import GRDB
import Labels
import Passages
import Sealing
import TestSupport
import Testing

@testable import IndexStore

/// A history of an index that a test interrupts: from the making of the file through new documents, replacements, removals
/// and a closing. Its log is moved into the file every few changes, after which it is written from its start; the last
/// change stands in the log alone.
struct IndexWorkload {
    enum Change {
        /// Stores a document with the texts of a revision, in place of what the index has of it.
        case store(document: Int, revision: Int)
        case remove([Int])
        /// Closes the index, which moves its log into the file, and opens it again.
        case reopen
    }

    static let changes: [Change] = [
        .store(document: 0, revision: 0), .store(document: 2, revision: 0), .reopen, .store(document: 1, revision: 0),
        .store(document: 2, revision: 1), .remove([0, 2]), .store(document: 0, revision: 1), .remove([1]),
    ]
    /// Every how many operations a test interrupts; 1 where `INTERRUPTION_STEP` says so. Which ones they are differs from
    /// run to run, by the seed that is printed.
    static let step = ProcessInfo.processInfo.environment["INTERRUPTION_STEP"].flatMap(Int.init) ?? 8
    /// Pages in the log that let SQLite move it into the file; 1,000 where nobody says otherwise.
    private static let logPages = 24
    private static let secret = Result { try SecretKey(copying: [UInt8](repeating: 7, count: 32)) }

    /// What an undisturbed run holds after 0, 1, … changes.
    static func states() async throws -> [IndexFileContents] {
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try open(folder)
        var states = [try await IndexFileContents(try #require(index))]
        for change in changes {
            try await perform(change, on: &index, in: folder)
            states.append(try await IndexFileContents(try #require(index)))
        }
        return states
    }

    // MARK: - Parts of a run

    static func open(_ folder: TemporaryFolder) throws -> SQLiteIndex {
        let index = try Fixture.open(folder, secret: secret.get())
        for pool in [index.database.pool, index.keyStore.file.pool] {
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_autocheckpoint = \(logPages)") }
        }
        return index
    }

    /// One change. A reference of the caller's own to the index would keep it open where the change closes it.
    static func perform(_ change: Change, on index: inout SQLiteIndex?, in folder: TemporaryFolder) async throws {
        if case .reopen = change {
            index = nil
            index = try open(folder)
        } else {
            try await perform(change, on: #require(index))
        }
    }

    private static func perform(_ change: Change, on index: SQLiteIndex) async throws {
        switch change {
        case .store(let document, let revision):
            try await index.commit(Self.document(index, document, revision: revision))
        case .remove(let documents):
            try await index.remove(documents.map { index.keys.documentID(path: ByteText("d\($0).md")) })
        case .reopen:
            preconditionFailure("needs the folder")
        }
    }

    /// Some passages under some labels; every third document has one that takes several pages of the file.
    private static func document(_ index: SQLiteIndex, _ number: Int, revision: Int) -> IndexedDocument {
        var generator = SeededGenerator(seed: UInt64(number * 1_000_003 + revision))
        var texts: [(level: ByteText, text: String)] = (0..<Int.random(in: 2...3, using: &generator)).map { place in
            (
                ["open", "closed", "sealed"].randomElement(using: &generator)!,
                "text \(place) of \(number) in revision \(revision), \(UInt64.random(in: 0..<1 << 40, using: &generator))"
            )
        }
        if number % 3 == 2 {
            texts.append(("long", String(repeating: "page after page of \(number) \(revision), ", count: 150)))
        }
        return Fixture.document(index, "d\(number).md", texts, title: "Title \(revision) of \(number)")
    }

    /// What is wrong with an index; nil where it is sound, its memory is what its file is, and it stands in a state allowed.
    static func problem(_ index: SQLiteIndex?, allowed: some Collection<IndexFileContents>) async throws -> String? {
        guard let index else { return "the index is closed" }
        let damage = try await index.integrityProblems()
        guard damage.isEmpty else { return "damage: \(damage)" }
        let snapshot = index.snapshot()
        guard try MemoryImage(reading: snapshot) == MemoryImage(reading: snapshot.loaded().snapshot) else {
            return "memory is not what the file is"
        }
        let records = try await IndexFileContents(index)
        return allowed.contains(records) ? nil : "the documents are in no state that is allowed"
    }
}
