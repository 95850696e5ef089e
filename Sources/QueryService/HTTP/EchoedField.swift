/// The name of an unknown field of a request's body, fit to stand in an answer: a name that a caller made up can be long,
/// and can hold a card number.
struct EchoedField: CustomStringConvertible {
    /// Characters that are shown.
    private static let length = 64
    /// Digits from which on none is repeated: the shortest card number has as many.
    private static let digitLimit = 12

    let description: String

    init(_ name: String) {
        let scalars = name.unicodeScalars
        let isHidingDigits = scalars.count(where: \.isNumeric) >= Self.digitLimit
        let shown = scalars.prefix(Self.length).map { isHidingDigits && $0.isNumeric ? "#" : $0 }
        description = String(String.UnicodeScalarView(shown)) + (scalars.count > Self.length ? "…" : "")
    }
}

extension Unicode.Scalar {
    fileprivate var isNumeric: Bool { properties.numericType != nil }
}
