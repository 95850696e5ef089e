import AccessControl
import Labels
import Synchronization
import VectorSearch

/// The plans of those who asked last, for one generation: callers with the same clearance read the same rows.
///
/// A plan is a function of the labels that may be read. That one was kept shows in the time of an answer alone.
final class ScanPlanCache: Sendable {
    private static let limit = 16

    /// Those that were asked for last stand last.
    private let kept = Mutex<[(labels: [LabelID], plan: ScanPlan)]>([])

    /// - Parameters:
    ///   - labels: Permitted ones, ascending.
    ///   - pool: Makes a plan that is not there.
    ///   - rows: Of a label, where it has any.
    func plan(
        of labels: [LabelID], on pool: WorkPool, rows: @escaping @Sendable (LabelID) -> Partition?
    ) async throws -> ScanPlan {
        let known = kept.withLock { kept -> ScanPlan? in
            guard let index = kept.lastIndex(where: { $0.labels == labels }) else { return nil }
            kept.append(kept.remove(at: index))
            return kept[kept.count - 1].plan
        }
        if let known { return known }
        let plan = try await pool.run {
            let partitions = labels.enumerated().compactMap { position, label in
                rows(label).map { (position: position, partition: $0) }
            }
            return try ScanPlan(partitions)
        }
        kept.withLock { kept in
            kept.append((labels, plan))
            if kept.count > Self.limit { kept.removeFirst() }
        }
        return plan
    }
}
