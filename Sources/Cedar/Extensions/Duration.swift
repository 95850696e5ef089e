/// A length of time in milliseconds, of either sign, in 64 bits.
public struct Duration: Hashable, Sendable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    private static let units: [(suffix: StaticString, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Takes one or more of `1d`, `2h`, `3m`, `4s`, `5ms`, in that order, each at most once, after an optional `-`.
    public init?(parsing text: String) {
        self.init(parsing: Array(text.utf8))
    }

    init?(parsing bytes: [UInt8]) {
        var reader = DigitReader(bytes)
        let isNegative = reader.take("-")
        guard !reader.isAtEnd else { return nil }
        var total: Int64 = 0
        var next = 0
        while !reader.isAtEnd {
            guard let count = reader.number(isNegative: isNegative) else { return nil }
            // `m` begins `ms` too, so the longer suffix is tried first.
            let unit: Int
            if reader.take(word: "ms") {
                unit = 4
            } else if let found = Self.units.firstIndex(where: { reader.take(word: $0.suffix) }) {
                unit = found
            } else {
                return nil
            }
            guard unit >= next else { return nil }
            next = unit + 1
            let (scaled, overflow) = count.multipliedReportingOverflow(by: Self.units[unit].milliseconds)
            let (sum, carry) = total.addingReportingOverflow(scaled)
            guard !overflow, !carry else { return nil }
            total = sum
        }
        milliseconds = total
    }

    /// Whole units, rounded towards zero.
    public var seconds: Int64 { milliseconds / 1000 }
    public var minutes: Int64 { milliseconds / 60_000 }
    public var hours: Int64 { milliseconds / 3_600_000 }
    public var days: Int64 { milliseconds / 86_400_000 }
}

extension Duration: Comparable, CustomStringConvertible {
    public static func < (left: Duration, right: Duration) -> Bool { left.milliseconds < right.milliseconds }

    /// The shortest form that parses back: `-1d2h`, `0ms`.
    public var description: String {
        if milliseconds == 0 { return "0ms" }
        var rest = milliseconds.magnitude
        var result = milliseconds < 0 ? "-" : ""
        for unit in Self.units {
            let count = rest / unit.milliseconds.magnitude
            rest %= unit.milliseconds.magnitude
            if count > 0 { result += "\(count)\(unit.suffix)" }
        }
        return result
    }
}
