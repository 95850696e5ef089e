package import Labels

/// A condition on visible attributes of labels. It only narrows what a caller may read.
///
/// Because attributes belong to labels, a filter is evaluated once for each permitted label and never for a row.
package indirect enum LabelFilter: Sendable {
    case comparison(attribute: ByteText, Operator, [AttributeValue])
    case all([LabelFilter])
    case any([LabelFilter])

    /// The operators of the OpenAI attribute filter, with their meaning for sets: `eq` holds when the value is a member,
    /// `in` when any of the values is.
    package enum Operator: String, Sendable, CaseIterable {
        case eq, ne, gt, gte, lt, lte
        case `in`, nin
    }
}

/// Evaluates filters by the attribute declarations of an enclave.
package struct LabelFilterEvaluator: Sendable {
    private let scheme: LabelScheme

    package init(scheme: LabelScheme) {
        self.scheme = scheme
    }

    package func matches(_ label: Label, _ filter: LabelFilter) -> Bool {
        switch filter {
        case .all(let filters): filters.allSatisfy { matches(label, $0) }
        case .any(let filters): filters.contains { matches(label, $0) }
        case .comparison(let attribute, let comparison, let values):
            matches(label.attributes[attribute], comparison, values, declaration: scheme.attributes[attribute])
        }
    }

    private func matches(
        _ value: AttributeValue?, _ comparison: LabelFilter.Operator, _ operands: [AttributeValue],
        declaration: AttributeDeclaration?
    ) -> Bool {
        switch comparison {
        case .eq, .in: return contains(value, operands)
        case .ne, .nin: return !contains(value, operands)
        case .gt, .gte, .lt, .lte:
            guard let declaration, let value, let operand = operands.first,
                let left = rank(value, declaration), let right = rank(operand, declaration)
            else { return false }
            return switch comparison {
            case .gt: left > right
            case .gte: left >= right
            case .lt: left < right
            default: left <= right
            }
        }
    }

    private func contains(_ value: AttributeValue?, _ operands: [AttributeValue]) -> Bool {
        switch value {
        case nil: false
        case .set(let members): operands.contains { members.contains($0) }
        case .some(let value): operands.contains(value)
        }
    }

    /// The place of a value in its attribute's order; nil where the attribute has none.
    private func rank(_ value: AttributeValue, _ declaration: AttributeDeclaration) -> Int64? {
        switch (value, declaration.join) {
        case (.string(let name), .maximum(let order)): order.firstIndex(of: name).map { Int64($0) }
        case (.long(let number), _): number
        case (.datetime(let instant), _): instant
        default: nil
        }
    }
}
