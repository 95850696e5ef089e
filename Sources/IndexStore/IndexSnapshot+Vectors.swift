import GRDB
import Labels
import Passages
import VectorSearch

/// A row as the file knows it.
struct LabelledRow: Hashable, Sendable {
    let key: RowKey
    let label: LabelID
}

/// Exact scores and vectors, from memory where they are kept there, and from the file otherwise.
extension IndexSnapshot {
    /// - Parameter labels: Of the partitions of the query's plan, in their order.
    /// - Throws: `outdated` where the file has a later generation of what is read.
    func answer(to query: ScanQuery, labels: [LabelID]) async throws -> ScanAnswer {
        switch try await scan.outcome(of: query) {
        case .answer(let answer): return answer
        case .candidates(let candidates):
            let rows = candidates.rows.map { LabelledRow(key: $0.key, label: labels[$0.partition]) }
            return try await reading { reader in try candidates.answer(vectors: reader.vectors(of: rows)) }
        }
    }

    /// Reads vectors from the file. Who finds one that does not open goes on in a generation that lacks its document.
    private func reading<Result: Sendable>(
        _ body: @escaping @Sendable (inout DocumentReader) throws -> Result
    ) async throws -> Result {
        do {
            return try await database.read { db in
                var reader = DocumentReader(db: db, snapshot: self)
                return try body(&reader)
            }
        } catch let damage as DamagedVectors {
            try await quarantine.admit(damage)
            throw IndexError.outdated
        }
    }

    /// - Throws: `outdated` as `answer`; `damaged` where a row has no vector.
    func vectors(of rows: [LabelledRow]) async throws -> [[Float]] {
        guard arena.keepsVectors else { return try await reading { try $0.vectors(of: rows) } }
        // A thread lets go of its work a moment after it is done: it gets nothing that keeps the file open.
        return try await scan.pool.run { [partitions] in
            try rows.map { row in
                guard let vector = partitions[row.label]?.rows.vector(of: row.key) else {
                    throw IndexError.damaged(what: "a passage has no vector")
                }
                return vector
            }
        }
    }
}

extension DocumentReader {
    /// The vectors of rows, in the same order. The record of each document is opened once.
    ///
    /// - Throws: `outdated` where a document was changed after this generation; `DamagedVectors`.
    mutating func vectors(of rows: [LabelledRow]) throws -> [[Float]] {
        var places: [Int64: [(ordinal: Int, number: Int)]] = [:]
        for (number, row) in rows.enumerated() {
            let place = try place(of: PassageID(bytes: row.key.bytes), label: row.label)
            places[place.document.record.row, default: []].append((place.ordinal, number))
        }
        var found = [[Float]](repeating: [], count: rows.count)
        for (document, wanted) in places {
            guard let record = try self.document(document)?.record else { throw IndexError.outdated }
            let keys = wanted.map { rows[$0.number].key }
            for (place, vector) in zip(wanted, try vectors(at: wanted.map(\.ordinal), of: keys, in: record)) {
                found[place.number] = vector
            }
        }
        return found
    }

    private func vectors(at ordinals: [Int], of keys: [RowKey], in record: DocumentRecord) throws -> [[Float]] {
        do {
            let vectors = try snapshot.vectors(of: record, in: db)
            return try zip(ordinals, keys).map { ordinal, key in
                guard ordinal < vectors.count, vectors.key(ordinal) == key else {
                    throw IndexError.damaged(what: "the vectors of document \(record.id) are of other passages")
                }
                return vectors.vector(ordinal)
            }
        } catch IndexError.damaged(let what) {
            throw DamagedVectors(document: record.id, problem: .damaged(what: what))
        }
    }
}
