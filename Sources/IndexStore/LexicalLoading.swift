import Foundation
import GRDB
import LexicalSearch
import Passages
import Synchronization

/// Reads the words of all passages into memory, once, while requests by vector and changes go on.
final class LexicalLoading: Sendable {
    /// Documents that are read in one transaction.
    private static let batch = 64

    private struct State {
        var task: Task<Void, any Error>?
        /// What was committed meanwhile, and may have been read as it was before.
        var touched: Set<DocumentID> = []
    }

    private let state = Mutex(State())

    /// Notes what a commit changed. On the writer's queue.
    func note(_ touched: Set<DocumentID>) {
        state.withLock { state in
            if state.task != nil { state.touched.formUnion(touched) }
        }
    }

    /// Returns when the words are there, or says why they cannot be; the next call tries again then.
    ///
    /// - Parameters:
    ///   - passagesOfPart: How many passages make a part that a step of compaction can write anew.
    ///   - endsWithCaller: Whether it ends where the caller's task is cancelled, for all who wait for it.
    func load(
        _ index: SQLiteIndex, passagesOfPart: Int = SQLiteIndex.wordsOfStep / 2, endsWithCaller: Bool = false
    ) async throws {
        while true {
            let task = begun(index, passagesOfPart)
            // Of one that was ended before this call there will be nothing: this call begins anew.
            if task.isCancelled {
                _ = await task.result
                continue
            }
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                if endsWithCaller { task.cancel() }
            }
        }
    }

    /// The reading that is under way, or a new one.
    private func begun(_ index: SQLiteIndex, _ passagesOfPart: Int) -> Task<Void, any Error> {
        state.withLock { state in
            if let task = state.task { return task }
            state.touched = []
            let task = Task.detached(priority: .userInitiated) { [self] in
                defer { self.state.withLock { $0.task = nil } }
                try await read(index, passagesOfPart)
            }
            state.task = task
            return task
        }
    }

    /// The reading that is under way.
    var underWay: Task<Void, any Error>? { state.withLock { $0.task } }

    /// Returns when nothing is being read.
    func finish() async { _ = await underWay?.result }

    private func read(_ index: SQLiteIndex, _ passagesOfPart: Int) async throws {
        guard index.snapshot().lexical == nil else { return }
        var whole = LexicalIndex()
        var builder = LexicalIndexBuilder()
        var (last, passages) = (Int64.min, 0)
        while true {
            try Task.checkCancellation()
            let (documents, next) = try await Self.documents(after: last, of: index)
            for document in documents {
                builder.append(document)
                passages += document.passages.count
            }
            if next == nil || passages >= passagesOfPart {
                whole.append(builder)
                (builder, passages) = (LexicalIndexBuilder(), 0)
            }
            guard let next else { break }
            last = next
        }
        let lexical = whole
        try await index.database.pool.writeWithoutTransaction { [self] db in
            // On the writer's queue: no commit is under way.
            var after = index.snapshot().again()
            var words = lexical
            let reader = DocumentReader(db: db, snapshot: after)
            for id in state.withLock(\.touched) {
                words.remove(LexicalKey(id.bytes))
                guard let record = try DocumentRecord.fetch(id, in: db) else { continue }
                if let document = try Self.document(record, reader) { words.insert(document) }
            }
            // Some may have come into quarantine since they were read; those that come later are taken out there.
            words.remove(after.quarantined.map { LexicalKey($0.bytes) })
            after.lexical = words
            index.publish(after)
        }
    }

    /// Some documents by their rows, and the row to go on from.
    private static func documents(
        after row: Int64, of index: SQLiteIndex
    ) async throws -> (documents: [LexicalDocument], next: Int64?) {
        let snapshot = index.snapshot()
        return try await index.database.read { db in
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(DocumentRecord.columns) FROM documents WHERE document_row > ?
                        ORDER BY document_row LIMIT \(batch)
                        """), arguments: [row])
            let reader = DocumentReader(db: db, snapshot: snapshot)
            return (try rows.compactMap { try document(DocumentRecord($0), reader) }, try rows.last?.number(at: 0))
        }
    }

    /// - Returns: nil for what no search can show: a document that is in quarantine or damaged (`check` says so), and one
    ///   that was changed since, which is read again when all others are there.
    private static func document(
        _ record: @autoclosure () throws -> DocumentRecord, _ reader: DocumentReader
    ) throws -> LexicalDocument? {
        do {
            let record = try record()
            guard !reader.snapshot.quarantined.contains(record.id) else { return nil }
            return try reader.searchDocument(of: record)
        } catch IndexError.damaged {
            return nil
        } catch IndexError.outdated {
            return nil
        }
    }
}

extension SQLiteIndex {
    package func lexicalSnapshot() async throws -> IndexSnapshot {
        while true {
            let snapshot = snapshot()
            if snapshot.lexical != nil { return snapshot }
            do {
                try await lexicalLoading.load(self)
            } catch {
                throw IndexError.translated(error, path: database.path)
            }
        }
    }

    /// Reads words before anybody searches by them. Where the caller's task is cancelled it ends, also for searches that
    /// wait for it: the process is to end.
    package func readWords() async throws {
        do {
            try await lexicalLoading.load(self, endsWithCaller: true)
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }
}
