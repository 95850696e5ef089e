import Labels

/// What a source says is the date of its document.
///
/// A text that is no date counts as said. What a source says goes before what the next one says, and is not passed over
/// for a slip in it: a document could be kept for less than it should be.
package struct StatedDate: Hashable, Sendable {
    /// In milliseconds since 1970, a day as its first instant in UTC; nil where the text is no date.
    package let instant: Int64?

    package init(instant: Int64?) {
        self.instant = instant
    }

    /// A date of ISO 8601, `2025-03-09`, alone or with a time and its offset: `T10:00Z`, `T10:00:00.5+02:00`. A time
    /// without an offset is none of an instant, so it is no date here. Nil where there is nothing but blanks.
    package init?(iso8601 text: some StringProtocol) {
        let bytes = text.utf8.drop { TextCuts.isBlank($0) }.reversed().drop { TextCuts.isBlank($0) }.reversed()
        guard !bytes.isEmpty else { return nil }
        var reader = DateReader(Array(bytes))
        instant = reader.instant()
    }
}

private struct DateReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func instant() -> Int64? {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2),
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        if rest.isEmpty { return date.instant(hour: 0, minute: 0, second: 0, offset: 0) }
        guard take("T"), let hour = digits(2), take(":"), let minute = digits(2) else { return nil }
        var (second, millisecond): (Int64, Int64) = (0, 0)
        if take(":") {
            guard let seconds = digits(2) else { return nil }
            second = seconds
            if take(".") {
                guard let fraction = fraction() else { return nil }
                millisecond = fraction
            }
        }
        guard let offset = offset(), rest.isEmpty else { return nil }
        return date.instant(hour: hour, minute: minute, second: second, millisecond: millisecond, offset: offset)
    }

    /// `Z`, `+02`, `+02:00` or `+0200`, in minutes.
    private mutating func offset() -> Int64? {
        if take("Z") { return 0 }
        let isEast = take("+")
        guard isEast || take("-"), let hours = digits(2) else { return nil }
        var minutes: Int64 = 0
        if take(":") || !rest.isEmpty {
            guard let count = digits(2), count < 60 else { return nil }
            minutes = count
        }
        return (isEast ? 1 : -1) * (hours * 60 + minutes)
    }

    /// Of a second, in milliseconds; what is less is dropped.
    private mutating func fraction() -> Int64? {
        let all = rest.prefix { Self.digit($0) != nil }
        guard !all.isEmpty else { return nil }
        rest = rest[all.endIndex...]
        return (all.prefix(3) + [UInt8(ascii: "0"), UInt8(ascii: "0")]).prefix(3)
            .reduce(0) { $0 * 10 + (Self.digit($1) ?? 0) }
    }

    private mutating func digits(_ count: Int) -> Int64? {
        guard rest.count >= count else { return nil }
        var number: Int64 = 0
        for byte in rest.prefix(count) {
            guard let digit = Self.digit(byte) else { return nil }
            number = number * 10 + digit
        }
        rest = rest.dropFirst(count)
        return number
    }

    private mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: sign) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int64(byte - UInt8(ascii: "0")) : nil
    }
}
