package import Labels
package import StrictJSON

/// Reads a filter in the OpenAI form:
/// `{"type": "eq", "key": "classification", "value": "public"}`, `{"type": "and", "filters": [ … ]}`.
package struct LabelFilterParser: Sendable {
    private let scheme: LabelScheme
    private let value: @Sendable (String, ByteText) -> AttributeValue?

    /// - Parameter value: Reads a value of the named attribute as the enclave's own files would have it read.
    package init(scheme: LabelScheme, value: @escaping @Sendable (String, ByteText) -> AttributeValue?) {
        self.scheme = scheme
        self.value = value
    }

    package func parse(_ json: JSONValue) throws(QueryError) -> LabelFilter {
        var comparisons = 0
        return try parse(json, field: "filter", depth: 1, comparisons: &comparisons)
    }

    private func parse(
        _ json: JSONValue, field: String, depth: Int, comparisons: inout Int
    ) throws(QueryError) -> LabelFilter {
        guard depth <= QueryLimits.filterDepth else {
            throw QueryError(field: field, reason: "is nested deeper than \(QueryLimits.filterDepth) levels")
        }
        guard case .object(let object) = json, let type = object["type"]?.text else {
            throw QueryError(field: field, reason: "must be an object with a type, such as {\"type\": \"eq\", …}")
        }
        if type == "and" || type == "or" {
            guard case .array(let members)? = object["filters"], !members.isEmpty, object.fields.count == 2 else {
                throw QueryError(
                    field: field, reason: "of type \(type) needs `filters`, a list of filters, and nothing else")
            }
            var filters: [LabelFilter] = []
            for (index, member) in members.enumerated() {
                filters.append(
                    try parse(member, field: "\(field).filters[\(index)]", depth: depth + 1, comparisons: &comparisons))
            }
            return type == "and" ? .all(filters) : .any(filters)
        }
        guard let comparison = LabelFilter.Operator(rawValue: type) else {
            let known = LabelFilter.Operator.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryError(field: "\(field).type", reason: "must be one of \(known), and, or")
        }
        comparisons += 1
        guard comparisons <= QueryLimits.filterComparisons else {
            throw QueryError(field: "filter", reason: "has more than \(QueryLimits.filterComparisons) comparisons")
        }
        return try self.comparison(object, comparison, field: field)
    }

    private func comparison(
        _ object: JSONObject, _ comparison: LabelFilter.Operator, field: String
    ) throws(QueryError) -> LabelFilter {
        guard let key = object["key"]?.text, let operand = object["value"], object.fields.count == 3 else {
            throw QueryError(field: field, reason: "needs `key`, the name of an attribute, `value`, and nothing else")
        }
        // An attribute that is hidden and one that does not exist are refused in the same words.
        guard let declaration = scheme.attributes[ByteText(key)], declaration.isVisible else {
            throw QueryError(field: "\(field).key", reason: "names no attribute that can be filtered by")
        }
        let literals: [JSONValue]
        if comparison == .in || comparison == .nin {
            guard case .array(let values) = operand, 1...QueryLimits.filterValues ~= values.count else {
                throw QueryError(
                    field: "\(field).value", reason: "must be a list of 1 to \(QueryLimits.filterValues) values")
            }
            literals = values
        } else {
            literals = [operand]
        }
        var values: [AttributeValue] = []
        for literal in literals {
            values.append(try attributeValue(literal, declaration, field: "\(field).value"))
        }
        return .comparison(attribute: declaration.name, comparison, values)
    }

    private func attributeValue(
        _ literal: JSONValue, _ declaration: AttributeDeclaration, field: String
    ) throws(QueryError) -> AttributeValue {
        let text: String
        switch literal {
        case .string(let bytes): text = String(decoding: bytes, as: UTF8.self)
        case .bool(let bool): text = bool ? "true" : "false"
        case .number(let number):
            guard let integer = Int64(number) ?? Double(number).flatMap({ Int64(exactly: $0) }) else {
                throw QueryError(field: field, reason: "must be a whole number")
            }
            text = String(integer)
        case .null, .array, .object:
            throw QueryError(field: field, reason: "must be a single string, number or true or false")
        }
        guard let value = value(text, declaration.name) else {
            throw QueryError(field: field, reason: "is no value that this attribute can have")
        }
        return value
    }
}
