import Labels
import VectorSearch

/// A label and its rows in memory.
struct LabelPartition: Sendable {
    let label: Label
    let digest: LabelDigest
    /// Of the label's own record.
    let keyID: DataKeyID
    var rows: Partition
    var rowsDigest = MultisetDigest()
    /// How many titles, headings and passages bear the label. One that nothing bears any more goes when the index is
    /// opened again, and at an erasure at once.
    var bearers = 0
}
