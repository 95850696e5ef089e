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
            return try await reading { reader in try reader.answer(candidates, of: rows) }
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
        if let vectors = try await vectorsInMemory(of: rows) { return vectors }
        return try await reading { try $0.vectors(of: rows) }
    }

    /// nil where one of them is not in memory.
    private func vectorsInMemory(of rows: [LabelledRow]) async throws -> [[Float]]? {
        guard arena.keepsVectors else { return nil }
        // A thread lets go of its work a moment after it is done: it gets nothing that keeps the file open.
        return try await scan.pool.run { [partitions] in
            var vectors: [[Float]] = []
            for row in rows {
                guard let vector = partitions[row.label]?.rows.vector(of: row.key) else { return nil }
                vectors.append(vector)
            }
            return vectors
        }
    }
}

extension DocumentReader {
    /// The vectors of rows, in the same order.
    ///
    /// - Throws: `outdated` where a document was changed after this generation; `DamagedVectors`.
    mutating func vectors(of rows: [LabelledRow]) throws -> [[Float]] {
        var found = [[Float]](repeating: [], count: rows.count)
        try readVectors(of: rows) { row, vector in found[row] = vector }
        return found
    }

    /// The answer of a scan in memory. Of the vectors that it takes one is held at a time.
    ///
    /// - Parameter rows: The candidates, in their order.
    /// - Throws: As `vectors`; `scoreBoundViolated`.
    mutating func answer(_ candidates: ScanCandidates, of rows: [LabelledRow]) throws -> ScanAnswer {
        var scores = CandidateScores(candidates)
        try readVectors(of: rows) { row, vector in try scores.add(vector, of: row) }
        return scores.answer()
    }

    /// Reads the vectors of rows, document by document as the file has them. The record of each is opened once, and
    /// wiped before the next one is.
    ///
    /// - Parameter body: Takes the position of a row, and its vector.
    private mutating func readVectors(
        of rows: [LabelledRow], _ body: (_ row: Int, _ vector: [Float]) throws -> Void
    ) throws {
        var places: [Int64: [(ordinal: Int, row: Int)]] = [:]
        for (number, row) in rows.enumerated() {
            let place = try place(of: PassageID(bytes: row.key.bytes), label: row.label)
            places[place.document.record.row, default: []].append((place.ordinal, number))
        }
        for (document, wanted) in places.sorted(by: { $0.key < $1.key }) {
            guard let record = try self.document(document)?.record else { throw IndexError.outdated }
            var vectors = try vectorRecord(of: record)
            defer { vectors.wipe() }
            for (ordinal, row) in wanted {
                guard ordinal < vectors.count, vectors.key(ordinal) == rows[row].key else {
                    throw DamagedVectors(record.id, "are of other passages")
                }
                try body(row, vectors.vector(ordinal))
            }
        }
    }

    /// The vectors of a document, opened.
    ///
    /// - Throws: `DamagedVectors` where they do not open, or SQLite cannot read them.
    func vectorRecord(of record: DocumentRecord) throws -> VectorRecord {
        do {
            return try snapshot.vectors(of: record, in: db)
        } catch IndexError.damaged(let what) {
            throw DamagedVectors(document: record.id, problem: .damaged(what: what))
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_IOERR].contains(error.resultCode) {
            throw DamagedVectors(record.id, "cannot be read, SQLite error \(error.extendedResultCode.rawValue)")
        }
    }
}

extension DamagedVectors {
    /// - Parameter what: What is wrong with them.
    fileprivate init(_ document: DocumentID, _ what: String) {
        self.init(document: document, problem: .damaged(what: "the vectors of document \(document) \(what)"))
    }
}
