package import AccessControl
import Foundation
import GRDB
package import Labels
package import Passages
import Sealing
import Synchronization
import VectorSearch

/// On whose word documents are erased.
package enum ErasureAuthority: Sendable {
    /// A principal whom policies let erase them, and another one where two are needed.
    case principals(AuthorizedAction, confirmedBy: AuthorizedAction?)
    /// The time that a rule of `labels.yaml` gives them is over.
    case retention(rule: String)
}

/// What is known of a document for deciding what becomes of it.
package struct DocumentSummary: Sendable {
    package let id: DocumentID
    package let place: DocumentPlace
    /// Every label of its title, headings and passages.
    package let labels: Set<Label>
    /// The date that it bears, milliseconds since 1970.
    package let date: Int64?
    /// When it first came into the index, milliseconds since 1970.
    package let ingested: Int64
}

extension SQLiteIndex {
    /// Every document, in the order of paths.
    package func summaries() async throws -> [DocumentSummary] {
        try await finishFailedErasure()
        let snapshot = snapshot()
        return try await database.read { db in
            let reader = DocumentReader(db: db, snapshot: snapshot)
            return try Row.fetchAll(db, sql: "SELECT \(DocumentRecord.columns) FROM documents").map { row in
                let record = try DocumentRecord(row)
                let document = try reader.opened(record, try snapshot.labels(of: record))
                let body = try reader.body(of: document)
                return DocumentSummary(
                    id: record.id, place: body.place, labels: try snapshot.labels(document.labels), date: body.date,
                    ingested: body.ingested)
            }.sorted { ByteText($0.place.description) < ByteText($1.place.description) }
        }
    }

    /// Files that were taken in and gave no document: rules set them aside, so it is not known what they are about.
    package func unlabelledFiles() async throws -> [DocumentSummary] {
        let known = Set(try await sources().values.filter { !$0.documents.isEmpty }.map(\.id))
        return try await takenPaths().filter { !known.contains($0.id) }.map {
            DocumentSummary(id: $0.id, place: DocumentPlace(path: $0.path), labels: [], date: nil, ingested: 0)
        }
    }

    /// The holds in force that a document is under.
    package func holds(on document: DocumentID, labels: Set<Label>, subjects: ByteText) -> [LegalHold] {
        keyStore.register.holds.values.filter { hold in
            hold.isInForce && hold.scope.covers(document, labels: labels, subjects: subjects)
        }
    }

    /// Why a document is not taken in: it was erased, or another one of the same text.
    package func refusal(of document: IndexedDocument) -> IndexError? {
        keyStore.register.erasure(of: document, keys).map {
            .erased(erasure: $0.id.description, time: $0.time)
        }
    }

    /// Puts a record into the register of the key store, and lets the index know: an older key store does not open it then.
    package func record(_ record: some RegisterRecord) async throws {
        do {
            // Both on the writer's queue: an erasure that has looked at the holds is done before a new one is on record.
            try await database.pool.writeWithoutTransaction { [self] db in
                try keyStore.put(record)
                try commit(db) { _ in }
            }
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }

    /// Erases documents for good: destroys their keys, then takes them out of memory and of the file, and overwrites what
    /// was there. When it returns no request can find anything of them.
    ///
    /// From the first step on it is certain: a process that ends half-way leaves the rest to the next opening.
    ///
    /// - Parameters:
    ///   - documents: Those that are not there are passed over; a file that was taken in goes by the id of the document that
    ///     is the whole of it.
    ///   - request: What waited for a second person and is carried out by this; from the first step on it waits no more.
    ///   - subjects: The attribute of labels that names whom a passage is about, for holds.
    /// - Returns: What is on record of it, and whether readers remain that it waited for in vain.
    /// - Throws: `UnfinishedErasure` from the first step on; after any other error nothing is erased, such as `held` and
    ///   `notAuthorized`.
    package func erase(
        _ documents: [DocumentID], scope: RecordScope, authority: ErasureAuthority, reason: String,
        request: RegisterID? = nil, subjects: ByteText, now: Int64
    ) async throws -> Erasure {
        try await finishFailedErasure()
        let (box, id) = (MemoryBox(), RegisterID.random())
        do {
            let (begun, traces) = try await database.pool.writeWithoutTransaction { [self] db in
                let found = try records(of: documents, in: db)
                let taken = try Set(found.map(\.record.source) + documents).compactMap {
                    try TakenRecord.fetch($0, in: db)
                }
                let files = Set(taken.map(\.id)).subtracting(found.map(\.record.source))
                try allow(found, files: files, authority, subjects: subjects)
                let before = snapshot()
                let labels = found.flatMap(\.labels.all)
                box.memory = snapshot().chunks(of: labels).map(WeakObject.init)
                let erasure = Erasure(
                    // A copy of the key store that was begun while this waited for its turn is one from before.
                    id: id, time: max(now, Date().milliseconds), scope: scope, authority: authority.name,
                    confirmedBy: authority.confirmation, reason: reason,
                    documents: found.map {
                        ErasedDocument(document: $0.record.id.description, content: keys.contentDigest($0.texts))
                    } + files.map { ErasedDocument(document: $0.description, content: keys.contentDigest([])) })
                var traces = try found.flatMap { try $0.record.traces(in: db) } + taken.flatMap { try $0.trace(in: db) }
                try keyStore.erase(found.map(\.record.keyID) + taken.map(\.keyID), erasure, request: request)
                try erase(found.map { ($0.record, $0.labels) }, files: files, in: db)
                for (id, label) in before.partitions where snapshot().partitions[id] == nil {
                    traces += [Data(label.digest.bytes), Data(label.keyID.bytes)]
                }
                // Stretches that held nothing of it live on.
                let kept = Set(snapshot().chunks(of: labels).map(ObjectIdentifier.init))
                box.memory.removeAll { $0.object.map { kept.contains(ObjectIdentifier($0)) } ?? true }
                return (erasure, traces)
            }
            try destroyRetiredKeys()
            try keyStore.rewrite()
            try database.overwrite(traces)
            try await forgetRemovedWords()
            box.memory += formerWords.held
            try keyStore.complete(id)
            var erasure = begun
            erasure.isComplete = true
            erasure.readersRemain = await !box.released()
            return erasure
        } catch {
            let problem = IndexError.translated(error, path: database.path)
            throw keyStore.register.erasures[id] == nil ? problem : UnfinishedErasure(id: id, problem: problem)
        }
    }

    /// Goes on with an erasure whose commit failed, as on a full disk: nothing else of these documents can be read.
    func finishFailedErasure() async throws {
        guard !erasedRecords.withLock(\.isEmpty) else { return }
        // A commit takes them out, whatever else it does.
        try changeNow { _ in }
        try await forgetRemovedWords()
        try finishErasures([])
    }

    /// Goes on with what an interruption left of erasures: rows whose keys are gone.
    func finishErasures(_ rows: [DocumentRecord]) throws {
        let open = keyStore.register.erasures.values.filter { !$0.isComplete }
        guard !rows.isEmpty || !open.isEmpty else { return }
        try changeNow { change in
            for row in rows {
                try change.removeUnreadable(row)
                try change.forget(source: row.source)
            }
            try change.removeUnusedLabels()
        }
        try destroyRetiredKeys()
        // What was deleted is not known any more.
        try keyStore.rewrite()
        try database.rewrite()
        for erasure in open { try keyStore.complete(erasure.id) }
    }

    // MARK: - Parts

    private struct Found {
        let record: DocumentRecord
        let labels: DocumentLabels
        /// SHA-256 of the text of each passage.
        let texts: [[UInt8]]
    }

    private func records(of documents: [DocumentID], in db: Database) throws -> [Found] {
        let snapshot = snapshot()
        let reader = DocumentReader(db: db, snapshot: snapshot)
        return try Set(documents).sorted().compactMap { id in
            guard let record = try DocumentRecord.fetch(id, in: db) else { return nil }
            let document = try reader.opened(record, try snapshot.labels(of: record))
            return Found(
                record: record, labels: document.labels,
                texts: try document.labels.passages.indices.map { try reader.passageBody($0, of: document).body.sha256 }
            )
        }
    }

    /// - Parameter files: Of which there is no document.
    private func allow(
        _ found: [Found], files: Set<DocumentID>, _ authority: ErasureAuthority, subjects: ByteText
    ) throws {
        let snapshot = snapshot()
        // A file that is set aside might be under any label.
        var concerned = files.isEmpty ? [] : Set(snapshot.partitions.values.map(\.label))
        var held: Set<String> = []
        var heldDocuments = 0
        func note(_ holds: [LegalHold]) {
            held.formUnion(holds.map(\.id.description))
            if !holds.isEmpty { heldDocuments += 1 }
        }
        for file in files { note(holds(on: file, labels: [], subjects: subjects)) }
        for document in found {
            let labels = try snapshot.labels(document.labels)
            note(holds(on: document.record.id, labels: labels, subjects: subjects))
            concerned.formUnion(labels)
        }
        if case .principals(let authorized, let confirmed) = authority {
            guard authorized.principal != confirmed?.principal else { throw IndexError.notAuthorized }
            for action in [authorized, confirmed].compactMap(\.self) {
                guard action.action == .erase, concerned.isSubset(of: action.labels) else {
                    throw IndexError.notAuthorized
                }
            }
        }
        guard held.isEmpty else { throw IndexError.held(holds: held.sorted(), documents: heldDocuments) }
    }

    /// Takes documents whose keys are destroyed out of the file and out of memory. Where that fails, the next change does
    /// it: until then nobody could read, replace or remove them.
    private func erase(
        _ documents: [(DocumentRecord, DocumentLabels)], files: Set<DocumentID>, in db: Database
    ) throws {
        erasedRecords.withLock { erased in
            erased.documents += documents.map { (record: $0, labels: $1) }
            erased.files.formUnion(files)
        }
        try commit(db) { try $0.removeUnusedLabels() }
    }

    func removeErased(in change: inout IndexChange) throws {
        let erased = erasedRecords.withLock { $0 }
        for (record, labels) in erased.documents {
            try change.remove(record, labels)
            // So that the folder is looked at again, and says what it still has of it.
            try change.forget(source: record.source)
            try change.dropTaken(record.source)
        }
        for file in erased.files { try change.dropTaken(file) }
    }
}

/// What an erasure destroyed the keys of, and the file still has because its commit failed.
struct ErasedRecords: Sendable {
    var documents: [(record: DocumentRecord, labels: DocumentLabels)] = []
    /// Files that were taken in and gave no document.
    var files: Set<DocumentID> = []

    var isEmpty: Bool { documents.isEmpty && files.isEmpty }
}

extension ErasureAuthority {
    var name: String {
        switch self {
        case .principals(let action, _): action.principalName
        case .retention(let rule): "retention: \(rule)"
        }
    }

    var confirmation: String? {
        if case .principals(_, let confirmed?) = self { confirmed.principalName } else { nil }
    }
}

extension RecordScope {
    /// Whether a document is meant; `olderThan` and `retention` cover none by its labels.
    package func covers(_ document: DocumentID, labels: Set<Label>, subjects: ByteText) -> Bool {
        switch self {
        case .document(let id): ByteText(id) == ByteText(document.description)
        case .subject(let token): labels.contains { $0.names(token, in: subjects) }
        case .olderThan, .retention: false
        }
    }
}

extension Label {
    /// Whether an attribute holds a value: a text or the id of an entity, alone or in a set.
    package func names(_ token: String, in attribute: ByteText) -> Bool {
        subjects(in: attribute).contains(ByteText(token))
    }

    /// The texts and ids that an attribute holds.
    package func subjects(in attribute: ByteText) -> Set<ByteText> {
        func tokens(_ value: AttributeValue) -> Set<ByteText> {
            switch value {
            case .string(let text): [text]
            case .entity(let entity): [entity.id]
            case .set(let members): members.reduce(into: []) { $0.formUnion(tokens($1)) }
            default: []
            }
        }
        return attributes[attribute].map(tokens) ?? []
    }
}

extension DocumentRecord {
    /// By what the document and its passages are found in the file: ids, digests, and the first of what is sealed in each record.
    fileprivate func traces(in db: Database) throws -> [Data] {
        try [Data(id.bytes), Data(keyID.bytes)]
            + Data.fetchAll(
                db,
                sql: """
                    SELECT passage_id FROM passages WHERE document_row = :row
                    UNION ALL SELECT embedding_digest FROM passages WHERE document_row = :row
                    UNION ALL SELECT substr(body, :from, :count) FROM passages WHERE document_row = :row
                    UNION ALL SELECT substr(body, :from, :count) FROM headings WHERE document_row = :row
                    UNION ALL SELECT substr(body, :from, :count) FROM vectors WHERE document_row = :row
                    UNION ALL SELECT substr(body, :from, :count) FROM documents WHERE document_row = :row
                    UNION ALL SELECT substr(labels, :from, :count) FROM documents WHERE document_row = :row
                    """,
                arguments: ["row": row, "from": RecordSealer.headLength + 1, "count": RecordSealer.traceLength])
    }
}

extension IndexSnapshot {
    func labels(_ labels: DocumentLabels) throws -> Set<Label> {
        Set(
            try labels.all.map { id in
                guard let partition = partitions[id] else { throw IndexError.outdated }
                return partition.label
            })
    }

    /// The stretches of memory that hold rows of these labels.
    fileprivate func chunks(of labels: [LabelID]) -> [PartitionChunk] {
        Set(labels).flatMap { partitions[$0]?.rows.chunks ?? [] }
    }
}

/// Rows and words of an earlier generation, for as long as a reader has them.
private final class MemoryBox: @unchecked Sendable {
    /// Touched by one erasure alone, one step after another, the first of them on the writer's queue.
    var memory: [WeakObject] = []

    /// Seconds.
    private static let patience = 30

    /// Waits until nothing holds them any more; they are wiped then.
    ///
    /// - Returns: Whether it came to that, before the time was over or nobody waited for this any more.
    func released() async -> Bool {
        for _ in 0..<Self.patience * 40 {
            memory.removeAll { $0.object == nil }
            if memory.isEmpty { return true }
            do { try await Task.sleep(for: .milliseconds(25)) } catch { return false }
        }
        return false
    }
}
