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
