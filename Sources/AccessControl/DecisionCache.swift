import Cedar
import Synchronization

/// Decisions of requests that were made before, for one set of policies, schema and entities.
///
/// A key holds all that policies can read besides the label and the instant; the instant is held against the interval in
/// which the decisions are the same. What the key refers to in the store (the principal's attributes and ancestors) cannot
/// change: another store, schema or policy set has another authorizer, and so another cache.
final class DecisionCache: Sendable {
    struct Key: Hashable, Sendable {
        let principal: EntityUID
        let context: [CedarString: Value]
    }

    private struct Entry {
        var decisions: LabelDecisions
        var lastUse: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var clock = 0
        var hits = 0
    }

    /// The largest number of entries.
    let limit: Int
    private let state = Mutex(State())

    init(limit: Int = 1_024) {
        precondition(limit > 1)
        self.limit = limit
    }

    /// What was decided for the key and holds at `instant`.
    func decisions(for key: Key, at instant: Int64) -> LabelDecisions? {
        state.withLock { state in
            guard let place = state.entries.index(forKey: key) else { return nil }
            let decisions = state.entries.values[place].decisions
            guard decisions.validity?.contains(instant) == true else { return nil }
            state.clock += 1
            state.hits += 1
            state.entries.values[place].lastUse = state.clock
            return decisions
        }
    }

    /// Keeps decisions, unless they hold for one instant only.
    func store(_ decisions: LabelDecisions, for key: Key) {
        guard decisions.validity != nil else { return }
        state.withLock { state in
            state.clock += 1
            state.entries[key] = Entry(decisions: decisions, lastUse: state.clock)
            guard state.entries.count > limit else { return }
            // Half of them at once, those that were used last stay: so making room costs little on average.
            let uses = state.entries.values.map(\.lastUse).sorted()
            let oldest = uses[uses.count / 2]
            state.entries = state.entries.filter { $0.value.lastUse >= oldest }
        }
    }

    var count: Int { state.withLock { $0.entries.count } }
    /// How often decisions were found.
    var hits: Int { state.withLock { $0.hits } }
}
