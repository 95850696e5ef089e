/// Combining values so that the result is at least as strict as either. Each join is idempotent, commutative and
/// associative, so the order of sources does not matter.
extension Join {
    package func join(_ left: AttributeValue, _ right: AttributeValue) throws(LabelingError) -> AttributeValue {
        switch (self, left, right) {
        case (.maximum(let order), .string(let first), .string(let second)):
            guard let a = order.firstIndex(of: first), let b = order.firstIndex(of: second) else {
                throw LabelingError(.notInOrder(order))
            }
            return .string(order[max(a, b)])
        case (.largest, .long(let first), .long(let second)):
            return .long(max(first, second))
        case (.union, .set(let first), .set(let second)):
            return .set(first.union(second))
        case (.intersection, .set(let first), .set(let second)):
            return .set(first.intersection(second))
        case (.earliest, .datetime(let first), .datetime(let second)):
            return .datetime(min(first, second))
        case (.either, .bool(let first), .bool(let second)):
            return .bool(first || second)
        case (.same, _, _):
            guard left == right else { throw LabelingError(.disagreement) }
            return left
        default:
            throw LabelingError(.joinMismatch)
        }
    }

    /// Whether attributes of this type can be combined so.
    package func accepts(_ type: AttributeType) -> Bool {
        switch (self, type) {
        case (.maximum, .string), (.largest, .long), (.union, .set), (.intersection, .set), (.earliest, .datetime),
            (.either, .bool), (.same, _):
            true
        default: false
        }
    }
}

extension AttributeDeclaration {
    /// Throws unless `value` can stand in a label: of the right type, and in the declared order if there is one.
    package func check(_ value: AttributeValue) throws(LabelingError) {
        guard type.accepts(value) else { throw LabelingError(.wrongType(expected: type), attribute: name) }
        if case .maximum(let order) = join, case .string(let text) = value, !order.contains(text) {
            throw LabelingError(.notInOrder(order), attribute: name)
        }
    }

    func joined(_ left: AttributeValue, _ right: AttributeValue) throws(LabelingError) -> AttributeValue {
        do { return try join.join(left, right) } catch { throw error.about(name) }
    }
}

extension LabelScheme {
    /// The join of labels, for the marking of an answer made of them; no decision is made about it.
    ///
    /// Attributes whose values cannot be joined (`same` with values that differ) are left out. A level that the order
    /// does not know, left from an older `labels.yaml`, counts as stricter than all that it knows.
    package func join(_ labels: some Sequence<Label>) -> Label {
        var values: [ByteText: AttributeValue] = [:]
        var parents: Set<EntityReference> = []
        var left: Set<ByteText> = []
        for label in labels {
            parents.formUnion(label.parents)
            for (name, value) in label.attributes where !left.contains(name) {
                guard let previous = values[name] else {
                    values[name] = value
                    continue
                }
                if let joined = joinForMarking(name, previous, value) {
                    values[name] = joined
                } else {
                    values[name] = nil
                    left.insert(name)
                }
            }
        }
        return Label(attributes: values, parents: parents)
    }

    private func joinForMarking(_ name: ByteText, _ left: AttributeValue, _ right: AttributeValue) -> AttributeValue? {
        guard let declaration = attributes[name] else { return left == right ? left : nil }
        if case .maximum(let order) = declaration.join {
            let unknown = [left, right].filter { value in
                if case .string(let text) = value { !order.contains(text) } else { true }
            }
            if !unknown.isEmpty { return unknown.max() }
        }
        return try? declaration.join.join(left, right)
    }
}
