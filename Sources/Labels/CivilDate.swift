/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Hashable, Sendable {
    package let year: Int64
    package let month: Int64
    package let day: Int64

    /// Nil where the calendar has no such day. Years run from 0 to 9999, as texts of dates have them.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard (0...9999).contains(year), (1...12).contains(month),
            (1...Self.days(inMonth: month, of: year)).contains(day)
        else { return nil }
        self.init(unchecked: year, month, day)
    }

    /// (H. Hinnant, *chrono-compatible low-level date algorithms*, `civil_from_days`.)
    ///
    /// - Parameter days: From 1970-01-01.
    init(daysSinceEpoch days: Int64) {
        let shifted = days + 719_468
        let era = shifted.floored(dividingBy: 146_097).quotient
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            unchecked: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    private init(unchecked year: Int64, _ month: Int64, _ day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// From 1970-01-01 (`days_from_civil` there).
    package var daysSinceEpoch: Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear.floored(dividingBy: 400).quotient
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The same day so many months later, or the last of that month where it is shorter.
    func adding(months: Int64) -> CivilDate {
        let (years, month) = (self.month - 1 + months).floored(dividingBy: 12)
        let year = year + years
        return CivilDate(unchecked: year, month + 1, min(day, Self.days(inMonth: month + 1, of: year)))
    }

    /// The instant of a time of this day, in milliseconds since 1970; nil where no clock shows such a time. A leap
    /// second is the first of the next minute.
    ///
    /// - Parameter offset: Of the clock from UTC, in minutes.
    package func instant(hour: Int64, minute: Int64, second: Int64, millisecond: Int64 = 0, offset: Int64) -> Int64? {
        guard (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second),
            (0..<1000).contains(millisecond), abs(offset) < 24 * 60
        else { return nil }
        return daysSinceEpoch * Timestamp.dayLength + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millisecond
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    /// The remainder has the sign of the divisor, which is positive.
    func floored(dividingBy divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
