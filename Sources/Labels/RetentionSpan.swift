/// How long something is kept: years and months by the calendar, then days.
package struct RetentionSpan: Hashable, Sendable {
    package static let yearLimit = 1000

    private let months: Int64
    private let days: Int64

    /// `6y`, `18mo`, `30d`, `1y6mo`: years, months and days in this order, each at most once.
    package init(parsing text: some StringProtocol) throws(RetentionSpanError) {
        var rest = Array(text.utf8)[...]
        var counts: [Int64] = []
        for unit in ["y", "mo", "d"] {
            // What does not fit its unit is left for the next one.
            var digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !digits.isEmpty, rest[digits.endIndex...].starts(with: unit.utf8) else {
                counts.append(0)
                continue
            }
            rest = rest[(digits.endIndex + unit.utf8.count)...]
            digits = digits.drop { $0 == UInt8(ascii: "0") }
            guard digits.count <= 6 else { throw .tooLong }
            counts.append(digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) })
        }
        guard rest.isEmpty, !text.isEmpty else { throw .malformed }
        months = counts[0] * 12 + counts[1]
        days = counts[2]
        guard months > 0 || days > 0 else { throw .empty }
        // 400 years are 4800 months or 146,097 days.
        guard months * 146_097 + days * 4800 <= Int64(Self.yearLimit) * 12 * 146_097 else { throw .tooLong }
    }

    /// The instant so much later, at the same time of the day in UTC; the day is the month's last where the month is
    /// too short for it. The latest instant there is, where it would be past that.
    ///
    /// - Parameter instant: In milliseconds since 1970, as is the result.
    package func added(to instant: Int64) -> Int64 {
        let (day, time) = instant.floored(dividingBy: Timestamp.dayLength)
        let last = CivilDate(daysSinceEpoch: day).adding(months: months).daysSinceEpoch + days
        let (midnight, isPast) = last.multipliedReportingOverflow(by: Timestamp.dayLength)
        let (result, isJustPast) = midnight.addingReportingOverflow(time)
        return isPast || isJustPast ? .max : result
    }

    /// The instant so much earlier: days first, then months, with the day as in `added`. Both in milliseconds since 1970.
    package func subtracted(from instant: Int64) -> Int64 {
        let (day, time) = instant.floored(dividingBy: Timestamp.dayLength)
        let first = CivilDate(daysSinceEpoch: day - days).adding(months: -months).daysSinceEpoch
        return first * Timestamp.dayLength + time
    }
}

extension RetentionSpan: CustomStringConvertible {
    /// As it is written, with as many months as possible made years.
    package var description: String {
        [(months / 12, "y"), (months % 12, "mo"), (days, "d")]
            .filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}

/// Why a text is no span; reads on from it: "`6 years` is no span …".
package enum RetentionSpanError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed
    case empty
    case tooLong

    package var description: String {
        switch self {
        case .malformed: "is no span; write years, months and days without blanks: 6y, 18mo, 30d or 1y6mo"
        case .empty: "is no time at all; the shortest span is 1d"
        case .tooLong: "is longer than \(RetentionSpan.yearLimit) years, which is the limit; write forever"
        }
    }
}
