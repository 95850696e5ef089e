/// A number with four digits after the point, held as a multiple of 10⁻⁴ in 64 bits.
public struct Decimal: Hashable, Sendable {
    /// The number times 10,000.
    public let tenThousandths: Int64

    public init(tenThousandths: Int64) {
        self.tenThousandths = tenThousandths
    }

    /// Takes `-?[0-9]+\.[0-9]{1,4}` when it is in range.
    public init?(parsing text: String) {
        self.init(parsing: Array(text.utf8))
    }

    init?(parsing bytes: [UInt8]) {
        var reader = DigitReader(bytes)
        let isNegative = reader.take("-")
        guard let whole = reader.number(isNegative: isNegative), reader.take(".") else { return nil }
        let start = reader.index
        guard var fraction = reader.number(isNegative: isNegative), reader.isAtEnd else { return nil }
        let digits = reader.index - start
        guard digits <= 4 else { return nil }
        for _ in digits..<4 { fraction *= 10 }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: 10_000)
        guard !overflow else { return nil }
        let (sum, carry) = scaled.addingReportingOverflow(fraction)
        guard !carry else { return nil }
        tenThousandths = sum
    }
}

extension Decimal: Comparable, CustomStringConvertible {
    public static func < (left: Decimal, right: Decimal) -> Bool { left.tenThousandths < right.tenThousandths }

    /// With one to four digits after the point; parses back to the same number.
    public var description: String {
        let magnitude = tenThousandths.magnitude
        var fraction = String(magnitude % 10_000)
        fraction = String(repeating: "0", count: 4 - fraction.utf8.count) + fraction
        while fraction.utf8.count > 1, fraction.utf8.last == 0x30 { fraction.removeLast() }
        return (tenThousandths < 0 ? "-" : "") + String(magnitude / 10_000) + "." + fraction
    }
}

/// Reads the small formats of the extension types from ASCII bytes.
struct DigitReader {
    private let bytes: [UInt8]
    private(set) var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { index == bytes.count }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard index < bytes.count, UInt32(bytes[index]) == scalar.value else { return false }
        index += 1
        return true
    }

    /// Takes the text when it comes next, else nothing.
    mutating func take(word: StaticString) -> Bool {
        let wanted = Array(word.description.utf8)
        guard index + wanted.count <= bytes.count, bytes[index..<(index + wanted.count)].elementsEqual(wanted)
        else { return false }
        index += wanted.count
        return true
    }

    /// One or more digits; `nil` for none or when the number, negative if asked for, does not fit.
    mutating func number(isNegative: Bool = false) -> Int64? {
        let start = index
        var value: Int64 = 0
        while index < bytes.count, case 0x30...0x39 = bytes[index] {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(bytes[index] - 0x30)
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
            index += 1
        }
        return index > start ? value : nil
    }

    /// Exactly `count` digits.
    mutating func digits(_ count: Int) -> Int64? {
        guard index + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[index..<(index + count)] {
            guard case 0x30...0x39 = byte else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        index += count
        return value
    }
}
