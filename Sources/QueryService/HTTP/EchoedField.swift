/// The place of a field in a request's body, fit to stand in an answer: names that a caller made up can be long, and
/// can hold a card number.
struct EchoedField: CustomStringConvertible {
    /// Characters of one name.
    private static let nameLength = 64
    /// Digits of all names together from which on none is repeated: the shortest card number has as many.
    private static let digitLimit = 12

    let description: String

    init(_ path: [any CodingKey]) {
        let digits = path.filter { Self.index($0) == nil }
            .reduce(0) { $0 + $1.stringValue.unicodeScalars.count { $0.isNumeric } }
        description = path.map { key in
            if let index = Self.index(key) { return "[\(index)]" }
            let name = key.stringValue.unicodeScalars
            let shown = name.prefix(Self.nameLength).map { digits >= Self.digitLimit && $0.isNumeric ? "#" : $0 }
            return String(String.UnicodeScalarView(shown)) + (name.count > Self.nameLength ? "…" : "")
        }.joined(separator: ".")
    }

    /// The place in an array. A name made of digits has an `intValue` as well, so Foundation's own form of a place
    /// decides; where that changes, a place is shown as a name.
    private static func index(_ key: any CodingKey) -> Int? {
        key.intValue.flatMap { key.stringValue == "Index \($0)" ? $0 : nil }
    }
}

extension Unicode.Scalar {
    fileprivate var isNumeric: Bool { properties.numericType != nil }
}
