import GRDB
import Labels
import Passages
import VectorSearch

extension SQLiteIndex {
    /// Reads into memory the vectors that it is to have, while requests and changes go on. An index is opened without them:
    /// what a question needs of them is read from the file until they are there, as with `keepsVectors` false. Where a
    /// document's vectors do not open any more, it comes into quarantine.
    ///
    /// Vectors that are there already are passed over, so that it can be ended, and begun anew. O(rows × dimension).
    package func readVectors() async throws {
        guard snapshot().arena.keepsVectors, !snapshot().hasVectors else { return }
        var last = Int64.min
        // No change moves rows during a step, or removes what it read.
        while let step = try await onWriter({ [self, last] in try snapshot().readVectors(after: last, in: $0) }) {
            try Task.checkCancellation()
            if let damage = step.damage { try await snapshot().quarantine.admit(damage) }
            last = step.last
        }
        try await onWriter { [self] _ in
            // Plans from before go without vectors.
            let after = snapshot().again()
            after.noteVectors()
            publish(after)
        }
    }
}

extension IndexSnapshot {
    /// Bytes of vectors that are read in one step, about: changes wait for one for milliseconds.
    private static let vectorsOfStep = 4 << 20

    /// Reads the vectors of some documents behind one to their rows. Nobody sees them before `noteVectors`.
    ///
    /// - Precondition: It is the newest generation, and no change is under way.
    /// - Returns: The last document, and what is wrong with its vectors; nil where there is none left.
    func readVectors(after last: Int64, in db: Database) throws -> (last: Int64, damage: DamagedVectors?)? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT \(DocumentRecord.columns) FROM documents WHERE document_row > ? ORDER BY document_row
                    """), arguments: [last])
        var step = VectorStep(DocumentReader(db: db, snapshot: self))
        defer { step.wipe() }
        var next: Int64?
        while step.size < Self.vectorsOfStep, let row = try rows.next() {
            let record = try DocumentRecord(row)
            next = record.row
            do {
                try step.read(record)
            } catch let damage as DamagedVectors {
                step.layOut()
                return (record.row, damage)
            }
        }
        step.layOut()
        return next.map { ($0, nil) }
    }

    /// Lets vectors be read where all of a chunk are there.
    func noteVectors() {
        for partition in partitions.values { partition.rows.noteVectors() }
    }
}

/// The vectors of a few documents on their way to their rows.
private struct VectorStep {
    private struct Place {
        let key: RowKey
        let record: Int
        let row: Int
    }

    private let reader: DocumentReader
    private var records: [VectorRecord] = []
    private var places: [LabelID: [Place]] = [:]
    /// Bytes of all.
    private(set) var size = 0

    init(_ reader: DocumentReader) { self.reader = reader }

    /// - Throws: `DamagedVectors`.
    mutating func read(_ record: DocumentRecord) throws {
        guard !reader.snapshot.quarantined.contains(record.id) else { return }
        let labels: DocumentLabels
        do {
            labels = try reader.snapshot.labels(of: record)
        } catch IndexError.outdated {
            // Its key was destroyed, and it waits for the next commit to go.
            return
        }
        let vectors = try reader.vectorRecord(of: record)
        for (label, rows) in labels.passages.stretches {
            for row in rows where row < vectors.count {
                places[label, default: []].append(Place(key: vectors.key(row), record: records.count, row: row))
            }
        }
        records.append(vectors)
        size += vectors.size
    }

    /// Puts them where their rows are.
    mutating func layOut() {
        for (label, places) in places {
            let sorted = places.sorted { $0.key < $1.key }
            reader.snapshot.partitions[label]?.rows.addVectors(of: sorted.map(\.key)) { position, add in
                records[sorted[position].record].withFloats(sorted[position].row, add)
            }
        }
        places = [:]
    }

    mutating func wipe() {
        for number in records.indices { records[number].wipe() }
    }
}
