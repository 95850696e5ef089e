/// What of a text a reader takes, at most.
package struct JSONLimits: Sendable {
    /// Arrays and objects within each other.
    package let depth: Int
    /// Fields of one object.
    package let fields: Int

    package init(depth: Int, fields: Int) {
        self.depth = depth
        self.fields = fields
    }
}

/// Why a text is not taken. Holds places and limits, nothing of the text.
package enum JSONError: Error, Hashable {
    /// - Parameter offset: of the byte where it stops being JSON, from the start of the text.
    case malformed(offset: Int)
    case tooDeep(limit: Int)
    case tooManyFields(limit: Int)
    /// - Parameter number: of the second field of the same name in its object, from 1.
    case repeatedField(number: Int)
}
