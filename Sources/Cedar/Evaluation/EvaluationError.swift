/// Why an expression has no value.
///
/// No case carries data from entities, requests or policies beyond names of types, attributes and operations, so that
/// an error can be logged where the data may not be.
public enum EvaluationFault: Error, Hashable, Sendable {
    case typeMismatch(operation: String, expected: String, actual: String)
    case noSuchEntity(EntityTypeName)
    case noSuchAttribute(CedarString, of: String)
    case noSuchTag(on: EntityTypeName)
    case overflow(operation: String)
    case malformedExtensionValue(function: String)
    case wrongNumberOfArguments(function: String, expected: Int, actual: Int)
    case tooDeep(height: Int, limit: Int)
    /// The value depends on a resource that is not known yet; only in specialisation, never in a response.
    case resourceUnknown
}

extension EvaluationFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .typeMismatch(let operation, let expected, let actual):
            "`\(operation)` wants \(expected), not \(actual)"
        case .noSuchEntity(let type): "an entity of type \(type) is not in the store"
        case .noSuchAttribute(let name, let owner): "\(owner) has no attribute `\(name)`"
        case .noSuchTag(let type): "the entity of type \(type) does not have the tag"
        case .overflow(let operation): "`\(operation)` goes beyond 64 bits"
        case .malformedExtensionValue(let function): "`\(function)` cannot read its argument"
        case .wrongNumberOfArguments(let function, let expected, let actual):
            "`\(function)` takes \(expected) argument(s), not \(actual)"
        case .tooDeep(let height, let limit): "the expression is \(height) levels high; the limit is \(limit)"
        case .resourceUnknown: "the value depends on a resource that is not known yet"
        }
    }
}

/// A fault and the expression that it came from.
public struct EvaluationError: Error, Sendable, CustomStringConvertible {
    public let fault: EvaluationFault
    public let span: SourceSpan

    public var description: String { fault.description }
}
