import Inspection

/// Valid numbers made from the tables of the networks, written down as people write them. Knows nothing of the
/// detector.
struct RandomCardNumbers {
    /// Every way in which a number of so many digits is grouped.
    static func groupings(of length: Int) -> [[Int]] {
        let plain = [length]
        let fours = Array(repeating: 4, count: length / 4) + (length % 4 == 0 ? [] : [length % 4])
        let others: [Int: [[Int]]] = [
            12: [fours], 13: [[4, 4, 5], [4, 3, 3, 3]], 14: [fours, [4, 6, 4]], 15: [fours, [4, 6, 5]], 16: [fours],
            17: [fours], 18: [fours], 19: [fours, [6, 13]],
        ]
        return [plain] + others[length, default: []]
    }

    static let separators = [" ", "-", ".", "_", "\u{A0}", "\u{2009}", "\u{2011}", " - ", "  ", "\u{200B} "]
    /// The digits 0 of ASCII, Arabic-Indic, Devanagari, Bengali, full-width and mathematical bold digits.
    static let zeros: [UInt32] = [0x30, 0x660, 0x966, 0x9E6, 0xFF10, 0x1D7CE]

    static func digits(
        _ issuers: PaymentNetwork.Issuers, length: Int, using generator: inout some RandomNumberGenerator
    ) -> [Int] {
        var digits = String(Int.random(in: issuers.prefixes, using: &generator)).compactMap(\.wholeNumberValue)
        while digits.count < length - 1 { digits.append(Int.random(in: 0...9, using: &generator)) }
        return digits + [checkDigit(of: digits)]
    }

    /// By trial, so that it shares nothing with the detector's own formula: a table of what doubling gives.
    static func checkDigit(of digits: [Int]) -> Int {
        (0...9).first { isValid(digits + [$0]) } ?? 0
    }

    static func isValid(_ digits: [Int]) -> Bool {
        let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
        let sum = digits.reversed().enumerated().reduce(0) {
            $0 + ($1.offset % 2 == 1 ? doubled[$1.element] : $1.element)
        }
        return sum % 10 == 0
    }

    /// Whether 13 digits are also a valid barcode, which a plain number of 13 digits is taken for.
    static func isBarcode(_ digits: [Int]) -> Bool {
        let sum = digits.reversed().enumerated().reduce(0) { $0 + ($1.offset % 2 == 1 ? 3 : 1) * $1.element }
        return digits.count == 13 && sum % 10 == 0
    }

    static func written(_ digits: [Int], grouping: [Int], separator: String, zero: UInt32 = 0x30) -> String {
        var text = ""
        var rest = digits[...]
        for size in grouping {
            if !text.isEmpty { text += separator }
            for digit in rest.prefix(size) { text.unicodeScalars.append(Unicode.Scalar(zero + UInt32(digit))!) }
            rest = rest.dropFirst(size)
        }
        return text
    }

    /// Words, punctuation, short numbers; it ends with a character that leaves what follows alone.
    static func prose(using generator: inout some RandomNumberGenerator) -> String {
        let pieces = [
            "paid", "the", "Überweisung", "карта", "卡号", "17 Jan 2026", "$1,204.50", "No. 7", "v1.2.3", "(a)", "AB12C",
            "5e1abe43-bc05-44fd", "12:30", "x = 0.25;", "\n\n", "\t", "+1 555 0100", "…", "DE", "E-7",
        ]
        let count = Int.random(in: 0...6, using: &generator)
        let ends = [": ", "\t", "\n\n", "(", "\"", ", ", "#", "= ", "| "]
        return (0..<count).map { _ in pieces.randomElement(using: &generator)! }.joined(separator: " ")
            + ends.randomElement(using: &generator)!
    }
}
