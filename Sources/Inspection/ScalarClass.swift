/// What a character can be between and beside the digits of a number.
enum ScalarClass: Equatable {
    /// A decimal digit of any script, by its value.
    case digit(UInt8)
    case blank
    case dash
    case dot
    case underscore
    case lineBreak
    /// Shows nothing of its own: zero-width, direction and variation characters, combining marks.
    case invisible
    case other

    init(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "0"..."9":
            self = .digit(UInt8(scalar.value) - UInt8(ascii: "0"))
            return
        case " ": self = .blank
        case "-": self = .dash
        case ".", "\u{B7}", "\u{FF0E}": self = .dot
        case "_": self = .underscore
        case "\n", "\r", "\u{0B}", "\u{85}", "\u{2028}", "\u{2029}": self = .lineBreak
        // A minus sign, and the sign that lengthens a vowel, which in Japanese text is typed for a dash.
        case "\u{2212}", "\u{30FC}": self = .dash
        case _ where scalar.isASCII: self = .other
        default:
            switch scalar.properties.generalCategory {
            case .decimalNumber: self = scalar.properties.numericValue.map { .digit(UInt8($0)) } ?? .other
            case .spaceSeparator: self = .blank
            case .dashPunctuation: self = .dash
            case .format, .nonspacingMark, .enclosingMark: self = .invisible
            default: self = .other
            }
        }
    }
}

extension Unicode.Scalar {
    /// Whether a digit right beside it belongs to the same word: a letter of a script that puts blanks between words.
    ///
    /// Chinese, Japanese, Thai, Arabic and others set numbers right beside letters.
    var joinsDigits: Bool {
        if isASCII { return properties.isAlphabetic }
        switch value {
        // The signs of ordinals: `Nº4000…`.
        case 0xAA, 0xBA: return false
        case ..<0x0590, 0x1E00...0x1FFF, 0xFF21...0xFF5A: return properties.isAlphabetic
        default: return false
        }
    }
}
