/// A label as it is written on an answer: `U`, `CUI//SP-EXPT//NOFORN`.
package struct Marking: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package var description: String { text }
}

extension MarkingScheme {
    /// The marking of a label. A label without a level (the join of no labels) is written as the least strict one.
    package func marking(of label: Label) -> Marking {
        var parts = [levelText(of: label)]
        for part in [categories, dissemination] {
            guard let part, case .set(let members)? = label.attributes[part.name], !members.isEmpty else { continue }
            parts.append(Self.inOrder(members).map(\.string).joined(separator: "/"))
        }
        return Marking(text: parts.joined(separator: "//"))
    }

    private func levelText(of label: Label) -> String {
        switch label.attributes[levelAttribute] {
        case .string(let value)?: (levels.first { $0.value == value }?.text ?? value).string
        case let other?: other.description
        case nil: levels[0].text.string
        }
    }

    /// Specified categories (`SP-`) stand before basic ones, as the CUI marking handbook has it; then by bytes.
    private static func inOrder(_ members: Set<AttributeValue>) -> [ByteText] {
        members.map { member in
            switch member {
            case .entity(let reference): reference.id
            case .string(let text): text
            default: ByteText(member.description)
            }
        }
        .sorted { left, right in
            let specified = Array("SP-".utf8)
            let (first, second) = (left.bytes.starts(with: specified), right.bytes.starts(with: specified))
            return first == second ? left < right : first
        }
    }
}
