/// Who says something about a document's label.
package enum LabelSource: Hashable, Sendable {
    /// A rule of `labels.yaml`: the line where it begins, and the pattern of it that matched.
    case rule(line: Int, pattern: String)
    /// The default in the attribute's declaration.
    case defaultValue
    case frontMatter
    case sidecar
    /// The fields of a record, or the front matter of what is attached to a message.
    case record
    case portionMark

    /// Whether whoever writes the document decides what this source says.
    var liesWithDocument: Bool {
        switch self {
        case .rule, .defaultValue: false
        case .frontMatter, .sidecar, .record, .portionMark: true
        }
    }
}

extension LabelSource: CustomStringConvertible {
    package var description: String {
        switch self {
        case .rule(let line, let pattern): "labels.yaml line \(line) (\(pattern))"
        case .defaultValue: "default"
        case .frontMatter: "front matter"
        case .sidecar: "sidecar"
        case .record: "record"
        case .portionMark: "portion mark"
        }
    }
}

/// What one source contributed to one attribute of a document's label.
package struct Contribution: Hashable, Sendable {
    package enum Effect: Hashable, Sendable {
        /// The first value of the attribute.
        case set
        /// Combined with the value so far, which became stricter.
        case joined
        /// Took the place of the value so far: a `may_lower` of a matching rule allows this source to.
        case lowered
        /// The value so far is the same or covers it.
        case unchanged
        /// It would only have loosened the value so far, and no `may_lower` allows that.
        case refusedToLoosen
    }

    package let attribute: ByteText
    package let source: LabelSource
    package let offered: AttributeValue
    package let effect: Effect
    /// The value afterwards.
    package let result: AttributeValue
}

/// A parent of a document's passages, and the rule that gave it.
package struct ParentContribution: Hashable, Sendable {
    package let source: LabelSource
    package let parent: EntityReference
}
