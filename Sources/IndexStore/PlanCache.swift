import AccessControl
import Labels
import Synchronization

/// What those may read who asked last, for one generation: callers with the same clearance read the same rows.
///
/// It is a function of the labels that may be read. That it was kept shows in the time of an answer alone.
final class PlanCache<Plan: Sendable>: Sendable {
    private let limit = 16

    /// Those that were asked for last stand last.
    private let kept = Mutex<[(permitted: [LabelID], plan: Plan)]>([])

    /// - Parameters:
    ///   - permitted: Ascending.
    ///   - make: Finds what is not there.
    func plan(of permitted: [LabelID], make: () async throws -> Plan) async throws -> Plan {
        let known = kept.withLock { kept -> Plan? in
            guard let index = kept.lastIndex(where: { $0.permitted == permitted }) else { return nil }
            kept.append(kept.remove(at: index))
            return kept[kept.count - 1].plan
        }
        if let known { return known }
        let plan = try await make()
        kept.withLock { kept in
            kept.append((permitted, plan))
            if kept.count > limit { kept.removeFirst() }
        }
        return plan
    }
}
