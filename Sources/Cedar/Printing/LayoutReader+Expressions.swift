extension LayoutReader {
    mutating func expression() -> Layout {
        guard at(word: "if") else { return disjunction() }
        return group { reader in
            var parts: [Layout] = []
            for word: StaticString in ["if", "then", "else"] where reader.at(word: word) {
                if !parts.isEmpty { parts.append(.line) }
                parts.append(
                    reader.group { branch in [branch.take(), branch.indented([.line, branch.expression()])] })
            }
            return parts
        }
    }

    private mutating func disjunction() -> Layout {
        let start = position
        var operands: [(layout: Layout, isChain: Bool)] = []
        var operators: [Layout] = []
        while true {
            operands.append(chain([.and], columns: 0) { $0.relation() })
            guard at(.or) else { break }
            operators.append(take())
        }
        guard operands.count > 1 else { return operands[0].layout }
        var parts: [Layout] = []
        for (index, operand) in operands.enumerated() {
            if index > 0 { parts += [.space, operators[index - 1], .line] }
            // Among the operands of `||` a broken conjunction must be seen to be one operand.
            parts.append(operand.isChain ? indented([operand.layout]) : operand.layout)
        }
        return .group(start..<position, .sequence(parts))
    }

    private mutating func sum() -> Layout {
        chain([.plus, .minus], columns: PolicyFormatter.indentation) { $0.product() }.layout
    }

    private mutating func product() -> Layout {
        chain([.star], columns: PolicyFormatter.indentation) { $0.unary() }.layout
    }

    /// Operands with one of the operators between two, which ends its line where the chain is broken; later lines are
    /// moved to the right by `columns`.
    private mutating func chain(
        _ operators: [Token.Kind], columns: Int, _ operand: (inout LayoutReader) -> Layout
    ) -> (layout: Layout, isChain: Bool) {
        let start = position
        var parts = [operand(&self)]
        while operators.contains(kind) { parts += [.space, take(), .line, operand(&self)] }
        guard parts.count > 1 else { return (parts[0], false) }
        return (.group(start..<position, .indented(columns, .sequence(parts))), true)
    }

    private mutating func relation() -> Layout {
        let start = position
        var parts = [sum()]
        while isRelational {
            parts += [.space, take()]
            parts.append(indented([.line, sum()]))
        }
        return parts.count == 1 ? parts[0] : .group(start..<position, .sequence(parts))
    }

    private var isRelational: Bool {
        switch kind {
        case .equalEqual, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
        case .identifier: at(word: "in") || at(word: "has") || at(word: "like") || at(word: "is")
        default: false
        }
    }

    private mutating func unary() -> Layout {
        var parts: [Layout] = []
        while at(.not) || at(.minus) { parts.append(take()) }
        return .sequence(parts + [member()])
    }

    /// A primary with its accesses, without blanks.
    private mutating func member() -> Layout {
        var parts = [primary()]
        while true {
            if at(.dot) {
                parts += [take(), take()]
            } else if at(.leftBracket) || at(.leftParenthesis) {
                parts.append(list())
            } else {
                return .sequence(parts)
            }
        }
    }

    mutating func primary() -> Layout {
        switch kind {
        case .leftParenthesis:
            let open = take()
            let inner = expression()
            return .sequence([open, .indented(1, .sequence([inner, .comments(before: position)])), take()])
        case .leftBracket, .leftBrace: return list()
        case .identifier:
            var parts = [take()]
            while at(.doubleColon) { parts += [take(), take()] }
            return .sequence(parts)
        default: return take()
        }
    }

    /// What stands in brackets, braces or the parentheses of a call: elements separated by commas, those of a record
    /// with their names.
    private mutating func list() -> Layout {
        group { reader in
            let isRecord = reader.at(.leftBrace)
            let open = reader.take()
            var elements: [Layout] = []
            while !reader.isClosing {
                if isRecord { elements += [reader.take(), reader.take(), .space] }
                elements.append(reader.expression())
                guard reader.at(.comma) else { break }
                elements.append(reader.take())
                if !reader.isClosing { elements.append(.line) }
            }
            let edge = elements.isEmpty || !isRecord ? Layout.softLine : .line
            return [open, reader.enclosed([edge] + elements), edge, reader.take()]
        }
    }

    private var isClosing: Bool {
        switch kind {
        case .rightParenthesis, .rightBracket, .rightBrace, .endOfText: true
        default: false
        }
    }
}
