import Labels
import VectorSearch

/// The rows of one label in memory.
struct LabelPartition: Sendable {
    let label: Label
    let digest: LabelDigest
    var rows: Partition
    var rowsDigest = MultisetDigest()
}
