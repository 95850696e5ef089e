import AccessControl
import Labels
import VectorSearch

/// What a caller may read, found once.
struct ReadableRows: Sendable {
    /// Labels in the order of their keyed digests: the same order in an index that holds nothing else. The positions of
    /// partitions in answers are those here.
    let labels: [LabelID]
    /// Where a label stands among them, by its number in a search by words.
    let positions: [Int32: Int]
    let plan: ScanPlan

    /// - Parameters:
    ///   - permitted: Ascending.
    ///   - partitions: Of one generation.
    init(of permitted: [LabelID], _ partitions: [LabelID: LabelPartition]) throws {
        let found = permitted.compactMap { id in partitions[id].map { (id: id, partition: $0) } }
            .filter { $0.partition.rows.count > 0 }.sorted { $0.partition.digest < $1.partition.digest }
        labels = found.map(\.id)
        positions = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1.partition, $0) })
        plan = try ScanPlan(found.map(\.partition.rows))
    }
}
