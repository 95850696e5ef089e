import GRDB
import Labels
import TestSupport
import VectorSearch

@testable import IndexStore

/// What a snapshot holds in memory, in a form that can be compared.
struct MemoryImage: Equatable {
    struct LabelImage: Equatable {
        let label: Label
        let rowsDigest: MultisetDigest
        let bearers: Int
        let vectors: [RowKey: [Float]]
    }

    let generation: Int64
    let labels: [LabelID: LabelImage]

    /// With the vectors that memory is to have, read first where they are not there yet. No change may be under way.
    init(reading snapshot: IndexSnapshot) throws {
        try snapshot.database.pool.read { db in
            var last = Int64.min
            while let step = try snapshot.readVectors(after: last, in: db) {
                if let damage = step.damage { throw damage }
                last = step.last
            }
        }
        snapshot.noteVectors()
        self.init(snapshot)
    }

    init(_ snapshot: IndexSnapshot) {
        generation = snapshot.generation
        labels = snapshot.partitions.mapValues { partition in
            let keys = Array(partition.rows.keys)
            let vectors = keys.map { partition.rows.vector(of: $0) ?? [] }
            return LabelImage(
                label: partition.label, rowsDigest: partition.rowsDigest, bearers: partition.bearers,
                vectors: Dictionary(zip(keys, vectors)) { first, _ in first })
        }
    }
}
