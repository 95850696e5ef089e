/// A name such as `AC-2(3)`, `164.312(a)(2)(ii)` or `CVE-2021-44228`.
///
///     identifier = piece (link piece)+          at least one piece holds a digit
///     piece      = one or more ASCII letters and digits
///     link       = "-" | "." | "/" | ":" | "(" | ")(" | ")" ("-" | "." | "/" | ":") | "_"
///
/// Beside a link, and at both ends, any number of `_` may stand, for UAX #29 makes them part of words. An identifier is as
/// long as it can be, and starts and ends with words that are ASCII letters, digits, `.`, `:` and `_` alone. A bracket
/// that closes at its end is no part of it. Besides the words in it, these are its terms, case folded:
///
/// - the whole, as it is written: `164.312(a)(2)(ii`
/// - what leads to it, from two pieces on: `164.312`, `164.312(a`, `164.312(a)(2`
/// - each piece that is no word by itself: `164`, `312`
///
/// Only the first `mostPieces` pieces give terms, and no term is longer than `LexicalAnalyzer.longestTerm` bytes.
struct Identifier {
    static let mostPieces = 8

    /// The pieces as byte ranges of the text, `mostPieces` at most, in their order.
    private(set) var pieces: [Range<Int>] = []
    /// The number of the word in which each piece lies.
    private(set) var words: [Int] = []
    /// The end of the last piece, those beyond the limit included.
    private(set) var end = 0
    private var count = 0
    private var holdsDigit = false

    var isComplete: Bool { count > 1 && holdsDigit }

    /// All pieces gave terms.
    var isWithinLimit: Bool { count <= Self.mostPieces }

    /// Takes up the pieces of a word.
    mutating func append(_ word: Range<Int>, number: Int, of text: UnsafeBufferPointer<UInt8>) {
        var position = word.lowerBound
        while position < word.upperBound {
            let start = position
            while position < word.upperBound, text[position].isASCIIAlphanumeric {
                if text[position].isASCIIDigit { holdsDigit = true }
                position += 1
            }
            if position > start {
                count += 1
                end = position
                if count <= Self.mostPieces {
                    pieces.append(start..<position)
                    words.append(number)
                }
            }
            position += 1
        }
    }

    mutating func removeAll() {
        pieces.removeAll(keepingCapacity: true)
        words.removeAll(keepingCapacity: true)
        (end, count, holdsDigit) = (0, 0, false)
    }

    /// Whether a word can be a part of an identifier.
    static func mayHold(_ word: Range<Int>, of text: UnsafeBufferPointer<UInt8>) -> Bool {
        text[word].allSatisfy { $0.isASCIIAlphanumeric || isSign($0) }
    }

    /// Whether what stands between two words links them.
    static func isLink(_ gap: Range<Int>, of text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch gap.count {
        case 1: isSign(text[gap.lowerBound]) || text[gap.lowerBound] == UInt8(ascii: "(")
        case 2:
            text[gap.lowerBound] == UInt8(ascii: ")")
                && (isSign(text[gap.lowerBound + 1]) || text[gap.lowerBound + 1] == UInt8(ascii: "("))
        default: false
        }
    }

    private static func isSign(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: ":"): true
        default: false
        }
    }
}
