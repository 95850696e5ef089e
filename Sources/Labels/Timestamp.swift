/// Instants in labels, in milliseconds since 1970-01-01T00:00:00Z.
package enum Timestamp {
    package static let dayLength: Int64 = 86_400_000

    /// In the form of RFC 3339 in UTC: `2026-11-21` at midnight, otherwise `2026-11-21T08:30:00Z`, with milliseconds
    /// only where there are any.
    package static func text(millisecondsSinceEpoch milliseconds: Int64) -> String {
        let (days, rest) = milliseconds.floored(dividingBy: dayLength)
        let civil = CivilDate(daysSinceEpoch: days)
        let date = "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
        guard rest != 0 else { return date }
        let (seconds, fraction) = (rest / 1000, rest % 1000)
        let time = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return fraction == 0 ? "\(date)T\(time)Z" : "\(date)T\(time).\(padded(fraction, 3))Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
