/// The instants at which a result would be the same: from `from` on and before `until`, in milliseconds since 1970.
///
/// Made from the comparisons of the request's instant with other instants that the result rests on. Between two
/// neighbours among those, none of the comparisons turns out differently.
public struct ValidityInterval: Hashable, Sendable {
    public private(set) var from: Int64 = .min
    /// Nil where there is no end.
    public private(set) var until: Int64?

    /// All of time.
    public init() {}

    /// Whether the result holds at `instant`.
    public func contains(_ instant: Int64) -> Bool {
        from <= instant && until.map { instant < $0 } ?? true
    }

    /// Takes notice that `now` was compared with `other`.
    mutating func narrow(_ operation: Expr.BinaryOperator, now: Int64, other: Int64, isNowFirst: Bool) {
        switch operation {
        case .equal, .notEqual:
            cut(at: other, now: now)
            cut(after: other, now: now)
        // now < other and other <= now differ at `other`; now <= other and other < now right after it.
        case .less: isNowFirst ? cut(at: other, now: now) : cut(after: other, now: now)
        case .lessOrEqual: isNowFirst ? cut(after: other, now: now) : cut(at: other, now: now)
        case .greater: isNowFirst ? cut(after: other, now: now) : cut(at: other, now: now)
        case .greaterOrEqual: isNowFirst ? cut(at: other, now: now) : cut(after: other, now: now)
        default: break
        }
    }

    public mutating func formIntersection(_ other: ValidityInterval) {
        from = max(from, other.from)
        if let end = other.until { until = min(until ?? end, end) }
    }

    private mutating func cut(after instant: Int64, now: Int64) {
        // After the last instant there is nothing to tell apart.
        guard instant < .max else { return }
        cut(at: instant + 1, now: now)
    }

    /// Something differs between the instants before `edge` and those from it on.
    private mutating func cut(at edge: Int64, now: Int64) {
        if edge <= now { from = max(from, edge) } else { until = min(until ?? edge, edge) }
    }
}
