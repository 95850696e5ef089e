import GRDB
import LexicalSearch
import Passages
import Synchronization
import VectorSearch

/// Takes documents out of what searches find whose vectors do not open any more: where vectors are read from the file, a
/// disk can lose one while the index serves. The document is found by nobody until it is committed again; the
/// administrator is told, callers are not.
///
/// At an opening there is no such thing: an index with a record that does not open is refused.
final class Quarantine: Sendable {
    private let handler = Mutex<(@Sendable (DamagedVectors) async throws -> Void)?>(nil)

    func handle(by handler: @escaping @Sendable (DamagedVectors) async throws -> Void) {
        self.handler.withLock { $0 = handler }
    }

    /// Returns when no new snapshot finds the document, or its vectors have turned out to open.
    func admit(_ damage: DamagedVectors) async throws {
        guard let handler = handler.withLock({ $0 }) else { throw damage.problem }
        try await handler(damage)
    }
}

/// Vectors of a document that do not open, cannot be read, or are of other passages.
struct DamagedVectors: Error, CustomStringConvertible {
    let document: DocumentID
    let problem: IndexError

    var description: String { problem.description }
}

extension SQLiteIndex {
    /// What is told of damage that shows while the index serves; it names documents by their ids.
    package func reportDamage(to report: @escaping @Sendable (String) -> Void) {
        let quarantine = snapshot().quarantine
        quarantine.handle { [weak self] damage in
            // An index that is being let go of has no next snapshot.
            guard let self else { throw damage.problem }
            if try await self.quarantine(damage.document) { report(damage.description) }
        }
    }

    /// - Returns: Whether it was found until now.
    private func quarantine(_ id: DocumentID) async throws -> Bool {
        do {
            return try await database.pool.writeWithoutTransaction { [self] db in
                // On the writer's queue: no commit is under way.
                var after = snapshot().again()
                guard after.quarantined.insert(id).inserted else { return false }
                // What this connection read or wrote before tells nothing about the disk.
                db.releaseMemory()
                guard let record = try DocumentRecord.fetch(id, in: db) else { return false }
                // It was committed again since, or was read badly once.
                if try DocumentReader(db: db, snapshot: after).hasVectors(of: record) { return false }
                let passages = try record.passageIDs(in: db)
                for (label, ids) in try after.labels(of: record).grouped(passages) {
                    guard let partition = after.partitions[label] else { continue }
                    after.partitions[label]!.rows = partition.rows.removing(ids.map(RowKey.init))
                }
                after.lexical?.remove(LexicalKey(id.bytes))
                publish(after)
                return true
            }
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }
}

extension DocumentReader {
    /// Whether the vectors of a document open, and are those of its passages.
    fileprivate func hasVectors(of record: DocumentRecord) throws -> Bool {
        do {
            var vectors = try vectorRecord(of: record)
            defer { vectors.wipe() }
            return try vectors.passages == record.passageIDs(in: db)
        } catch is DamagedVectors {
            return false
        }
    }
}

extension IndexSnapshot {
    /// For what is right of a whole index alone.
    func requireEveryDocument() throws(IndexError) {
        guard let first = quarantined.min() else { return }
        throw .quarantined(document: first.description, others: quarantined.count - 1)
    }
}
