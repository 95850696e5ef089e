import AccessControl
import Labels
import Synchronization
import VectorSearch

/// What a caller may read, found once.
struct ReadableRows: Sendable {
    /// Labels in the order of their keyed digests: the same order in an index that holds nothing else. The positions of
    /// partitions in answers are those here.
    let labels: [LabelID]
    let plan: ScanPlan
}

/// What those may read who asked last, for one generation: callers with the same clearance read the same rows.
///
/// It is a function of the labels that may be read. That it was kept shows in the time of an answer alone.
final class ScanPlanCache: Sendable {
    private static let limit = 16

    /// Those that were asked for last stand last.
    private let kept = Mutex<[(permitted: [LabelID], rows: ReadableRows)]>([])

    /// - Parameters:
    ///   - permitted: Ascending.
    ///   - partitions: Of this generation.
    ///   - pool: Finds what is not there.
    func rows(
        of permitted: [LabelID], _ partitions: [LabelID: LabelPartition], on pool: WorkPool
    ) async throws -> ReadableRows {
        let known = kept.withLock { kept -> ReadableRows? in
            guard let index = kept.lastIndex(where: { $0.permitted == permitted }) else { return nil }
            kept.append(kept.remove(at: index))
            return kept[kept.count - 1].rows
        }
        if let known { return known }
        let rows = try await pool.run {
            let found = permitted.compactMap { id in partitions[id].map { (id: id, partition: $0) } }
                .filter { $0.partition.rows.count > 0 }.sorted { $0.partition.digest < $1.partition.digest }
            return ReadableRows(labels: found.map(\.id), plan: try ScanPlan(found.map(\.partition.rows)))
        }
        kept.withLock { kept in
            kept.append((permitted, rows))
            if kept.count > Self.limit { kept.removeFirst() }
        }
        return rows
    }
}
