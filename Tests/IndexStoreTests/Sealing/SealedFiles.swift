import AccessControl
import Cedar
import Foundation
import GRDB
import Glibc
import IndexStore
import Labels
import Passages
import TestSupport
import Testing

/// The files of a closed index as they lie on the disk, to be changed, opened and put back.
struct SealedFiles: Equatable {
    enum File: String, CaseIterable, Sendable {
        case index = ""
        case keyStore = ".keys"
    }

    var index: [UInt8]
    var keyStore: [UInt8]

    init(_ folder: TemporaryFolder) throws {
        index = try Self.bytes(folder, .index)
        keyStore = try Self.bytes(folder, .keyStore)
    }

    subscript(file: File) -> [UInt8] {
        get { file == .index ? index : keyStore }
        set { if file == .index { index = newValue } else { keyStore = newValue } }
    }

    /// Makes the folder hold these files and nothing that an opening left.
    func put(into folder: TemporaryFolder) throws {
        for file in File.allCases {
            let path = Fixture.path(folder) + file.rawValue
            for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
            if try Self.bytes(folder, file) != self[file] { try Self.write(self[file], to: path) }
        }
    }

    /// A folder with copies of these files and of the root key that opens them.
    func copied(withRootOf folder: TemporaryFolder) throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        for file in File.allCases { try Self.write(self[file], to: Fixture.path(copy) + file.rawValue) }
        try Self.write(Array(Data(contentsOf: URL(filePath: Fixture.root(folder)))), to: Fixture.root(copy))
        return copy
    }

    /// Bytes of a page, as the header says.
    var pageSize: Int { Int(index[16]) << 8 | Int(index[17]) }

    private static func bytes(_ folder: TemporaryFolder, _ file: File) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: Fixture.path(folder) + file.rawValue)))
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    /// Changes rows of a closed file with SQL, whatever refers to them.
    static func edit(_ file: File, in folder: TemporaryFolder, _ body: @escaping @Sendable (Database) throws -> Void)
        throws
    {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: Fixture.path(folder) + file.rawValue, configuration: configuration)
        try queue.writeWithoutTransaction(body)
        try queue.close()
    }

    /// Overwrites bytes of a closed file in their place.
    static func overwrite(_ bytes: ArraySlice<UInt8>, at offset: Int, of file: File, in folder: TemporaryFolder) throws
    {
        let descriptor = open(Fixture.path(folder) + file.rawValue, O_WRONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        try #require(written == bytes.count)
    }
}

/// Everything that an opened index gives out by any of its doors.
struct FullReading: Equatable {
    let documents: IndexFileContents
    let passages: Contents
    let titles: [String]
    let sources: [String]
    let labels: [String]
    let taken: [String]

    init(_ index: SQLiteIndex) async throws {
        documents = try await IndexFileContents(index)
        let snapshot = index.snapshot()
        let permitted = try Self.permitted(snapshot)
        passages = try await Contents(snapshot, permitted)
        var titles: [String] = []
        for summary in try await index.summaries() {
            let document = try await snapshot.document(summary.id, permitted: permitted)
            titles.append(
                "\(summary.place) \(summary.date ?? 0) \(summary.labels.map(\.canonicalBytes.description).sorted()) "
                    + "\(document?.title?.text ?? "–") \(document?.passages.map(\.text) ?? [])")
        }
        self.titles = titles
        sources = try await index.sources().values.map {
            "\($0.id) \($0.contentDigest) \($0.labelDigest) \($0.documents.sorted { $0.key < $1.key })"
        }.sorted()
        labels = snapshot.passageCounts.map { "\($0.label.canonicalBytes) \($0.passages)" }
        var taken: [String] = []
        for (id, path) in try await index.takenPaths() {
            let source = try await index.takenSource(id)
            taken.append("\(id) \(path) \(source?.bytes ?? []) \(source?.sidecar ?? [])")
        }
        self.taken = taken.sorted()
    }

    /// Every label, decided by one authorizer for all indexes of a test run.
    static func permitted(_ snapshot: IndexSnapshot) throws -> PermittedLabels {
        try authorizer.get().permittedLabels(among: snapshot.labels, for: request.get())
    }

    private static let authorizer = Result { try Fixture.authorizer(when: "true") }
    private static let request = Result {
        AccessRequest(
            principal: EntityUID(type: "Person", id: "p"), purpose: "work", now: 0,
            network: try #require(IPAddress(parsing: "127.0.0.1")), mfa: false)
    }
}

extension Contents {
    init(_ snapshot: IndexSnapshot, _ permitted: PermittedLabels) async throws {
        let found = try await snapshot.nearest(
            to: Fixture.vector("query"), among: permitted, limit: 1_000, minimumScore: -2)
        let stored = try await snapshot.passages(found, permitted: permitted)
        self.init(
            tag: snapshot.contentTag(of: permitted).description,
            passages: zip(stored, found).map { passage, hit in
                "\(passage.id) \(passage.document) \(hit.score) \(passage.text) \(passage.sha256) \(passage.range) "
                    + "\(passage.page ?? 0) \(passage.revision) \(passage.label.canonicalBytes) "
                    + "\(passage.section.map(\.text)) \(passage.title?.text ?? "–") "
                    + "\(passage.title?.place.path ?? "–")"
            },
            counts: [])
    }

    private init(tag: String, passages: [String], counts: [String]) {
        (self.tag, self.passages, self.counts) = (tag, passages, counts)
    }
}

/// What opening changed files and reading all of them came to.
enum Attempt: Equatable {
    /// What it gives is the truth.
    case truth
    case refused(IndexError)
    /// It gives something else, or an error that says nothing about an index.
    case wrong(String)

    /// Opens the index in a folder, never making one, and reads everything.
    static func reading(_ folder: TemporaryFolder, truth: FullReading) async -> Attempt {
        do {
            let index = try Fixture.open(folder, create: false)
            try await index.readVectors()
            let found = try await FullReading(index)
            return found == truth ? .truth : .wrong("other data: \(found)")
        } catch let error as IndexError {
            return names(error) ? .refused(error) : .wrong("names no place: \(error)")
        } catch {
            return .wrong("\(type(of: error)): \(error)")
        }
    }

    var error: IndexError? { if case .refused(let error) = self { error } else { nil } }

    var problem: String? { if case .wrong(let problem) = self { problem } else { nil } }

    private static let places = [
        "document", "label", "passage", "heading", "key", "index", "commit", "column", "record", "file",
    ]

    private static func names(_ error: IndexError) -> Bool {
        places.contains { "\(error)".contains($0) }
    }
}
