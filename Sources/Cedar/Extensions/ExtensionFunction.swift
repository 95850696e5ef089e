/// The functions and methods on extension types.
///
/// The four constructors are written as calls, `ip("10.0.0.1")`; all others as methods, `a.isInRange(b)`.
public enum ExtensionFunction: String, Hashable, Sendable, CaseIterable {
    case decimal, ip, datetime, duration
    case lessThan, lessThanOrEqual, greaterThan, greaterThanOrEqual
    case isIpv4, isIpv6, isLoopback, isMulticast, isInRange
    case offset, durationSince, toDate, toTime
    case toMilliseconds, toSeconds, toMinutes, toHours, toDays

    private static let byName: [CedarString: ExtensionFunction] = Dictionary(
        uniqueKeysWithValues: allCases.map { (CedarString($0.rawValue), $0) })

    init?(name: CedarString) {
        guard let found = Self.byName[name] else { return nil }
        self = found
    }

    /// Whether it makes a value from a string and is written as a call.
    public var isConstructor: Bool {
        switch self {
        case .decimal, .ip, .datetime, .duration: true
        default: false
        }
    }

    /// The number of arguments, the receiver of a method included.
    public var arity: Int {
        switch self {
        case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual, .isInRange, .offset, .durationSince: 2
        default: 1
        }
    }

    /// The result for arguments that were already evaluated.
    func apply(_ arguments: [Value]) throws(EvaluationFault) -> Value {
        guard arguments.count == arity else {
            throw .wrongNumberOfArguments(function: rawValue, expected: arity, actual: arguments.count)
        }
        if isConstructor { return try construct(arguments[0]) }
        switch arguments[0] {
        case .decimal(let receiver):
            if let result = try apply(to: receiver, arguments) { return result }
        case .ip(let receiver):
            if let result = try apply(to: receiver, arguments) { return result }
        case .datetime(let receiver):
            if let result = try apply(to: receiver, arguments) { return result }
        case .duration(let receiver):
            if let result = apply(to: receiver) { return result }
        default: break
        }
        throw .typeMismatch(operation: rawValue, expected: receiverType, actual: arguments[0].kind)
    }

    /// The type of the first argument, as messages name it.
    private var receiverType: String {
        switch self {
        case .decimal, .ip, .datetime, .duration: "String"
        case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual: "decimal"
        case .isIpv4, .isIpv6, .isLoopback, .isMulticast, .isInRange: "ipaddr"
        case .offset, .durationSince, .toDate, .toTime: "datetime"
        case .toMilliseconds, .toSeconds, .toMinutes, .toHours, .toDays: "duration"
        }
    }

    private func construct(_ argument: Value) throws(EvaluationFault) -> Value {
        guard case .string(let text) = argument else {
            throw .typeMismatch(operation: rawValue, expected: "String", actual: argument.kind)
        }
        let value: Value?
        switch self {
        case .decimal: value = Decimal(parsing: text.utf8).map(Value.decimal)
        case .ip: value = IPAddress(parsing: text.utf8).map(Value.ip)
        case .datetime: value = Datetime(parsing: text.utf8).map(Value.datetime)
        default: value = Duration(parsing: text.utf8).map(Value.duration)
        }
        guard let value else { throw .malformedExtensionValue(function: rawValue) }
        return value
    }

    private func apply(to receiver: Decimal, _ arguments: [Value]) throws(EvaluationFault) -> Value? {
        switch self {
        case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual: break
        default: return nil
        }
        guard case .decimal(let other) = arguments[1] else {
            throw .typeMismatch(operation: rawValue, expected: "decimal", actual: arguments[1].kind)
        }
        switch self {
        case .lessThan: return .bool(receiver < other)
        case .lessThanOrEqual: return .bool(receiver <= other)
        case .greaterThan: return .bool(receiver > other)
        default: return .bool(receiver >= other)
        }
    }

    private func apply(to receiver: IPAddress, _ arguments: [Value]) throws(EvaluationFault) -> Value? {
        switch self {
        case .isIpv4: return .bool(receiver.family == .v4)
        case .isIpv6: return .bool(receiver.family == .v6)
        case .isLoopback: return .bool(receiver.isLoopback)
        case .isMulticast: return .bool(receiver.isMulticast)
        case .isInRange:
            guard case .ip(let range) = arguments[1] else {
                throw .typeMismatch(operation: rawValue, expected: "ipaddr", actual: arguments[1].kind)
            }
            return .bool(receiver.isInRange(range))
        default: return nil
        }
    }

    private func apply(to receiver: Datetime, _ arguments: [Value]) throws(EvaluationFault) -> Value? {
        switch self {
        case .toDate:
            guard let date = receiver.date else { throw .overflow(operation: rawValue) }
            return .datetime(date)
        case .toTime: return .duration(receiver.time)
        case .offset:
            guard case .duration(let duration) = arguments[1] else {
                throw .typeMismatch(operation: rawValue, expected: "duration", actual: arguments[1].kind)
            }
            guard let moved = receiver.offset(by: duration) else { throw .overflow(operation: rawValue) }
            return .datetime(moved)
        case .durationSince:
            guard case .datetime(let other) = arguments[1] else {
                throw .typeMismatch(operation: rawValue, expected: "datetime", actual: arguments[1].kind)
            }
            guard let duration = receiver.durationSince(other) else { throw .overflow(operation: rawValue) }
            return .duration(duration)
        default: return nil
        }
    }

    private func apply(to receiver: Duration) -> Value? {
        switch self {
        case .toMilliseconds: .long(receiver.milliseconds)
        case .toSeconds: .long(receiver.seconds)
        case .toMinutes: .long(receiver.minutes)
        case .toHours: .long(receiver.hours)
        case .toDays: .long(receiver.days)
        default: nil
        }
    }
}
