/// An instant, in milliseconds since 1970-01-01T00:00:00Z, in 64 bits.
public struct Datetime: Hashable, Sendable {
    public let millisecondsSinceEpoch: Int64

    public init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    static let millisecondsPerDay: Int64 = 86_400_000

    /// Takes `YYYY-MM-DD`, alone or with `Thh:mm:ss`, an optional `.SSS`, and `Z` or `+hhmm` or `-hhmm`.
    public init?(parsing text: String) {
        self.init(parsing: Array(text.utf8))
    }

    init?(parsing bytes: [UInt8]) {
        var reader = DigitReader(bytes)
        guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2), reader.take("-"),
            let day = reader.digits(2), (1...12).contains(month),
            (1...CivilCalendar.days(inMonth: month, of: year)).contains(day)
        else { return nil }
        var total = CivilCalendar.day(year: year, month: month, day: day) * Self.millisecondsPerDay
        if !reader.isAtEnd {
            guard reader.take("T"), let hour = reader.digits(2), hour < 24, reader.take(":"),
                let minute = reader.digits(2), minute < 60, reader.take(":"),
                let second = reader.digits(2), second < 60
            else { return nil }
            total += ((hour * 60 + minute) * 60 + second) * 1000
            if reader.take(".") {
                guard let milliseconds = reader.digits(3) else { return nil }
                total += milliseconds
            }
            if !reader.take("Z") {
                let isEast = reader.take("+")
                guard isEast || reader.take("-"), let hours = reader.digits(2), hours < 24,
                    let minutes = reader.digits(2), minutes < 60
                else { return nil }
                let offset = (hours * 60 + minutes) * 60_000
                total += isEast ? -offset : offset
            }
            guard reader.isAtEnd else { return nil }
        }
        millisecondsSinceEpoch = total
    }
}

extension Datetime: Comparable {
    public static func < (left: Datetime, right: Datetime) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }

    /// The instant later by a duration; `nil` when that is out of range.
    public func offset(by duration: Duration) -> Datetime? {
        let (sum, overflow) = millisecondsSinceEpoch.addingReportingOverflow(duration.milliseconds)
        return overflow ? nil : Datetime(millisecondsSinceEpoch: sum)
    }

    /// The time from another instant to this one; `nil` when that is out of range.
    public func durationSince(_ other: Datetime) -> Duration? {
        let (difference, overflow) = millisecondsSinceEpoch.subtractingReportingOverflow(other.millisecondsSinceEpoch)
        return overflow ? nil : Duration(milliseconds: difference)
    }

    /// Midnight (UTC) at or before the instant; `nil` when that is out of range.
    public var date: Datetime? {
        let (midnight, overflow) = millisecondsSinceEpoch.subtractingReportingOverflow(time.milliseconds)
        return overflow ? nil : Datetime(millisecondsSinceEpoch: midnight)
    }

    /// The time since midnight (UTC).
    public var time: Duration {
        let remainder = millisecondsSinceEpoch % Self.millisecondsPerDay
        return Duration(milliseconds: remainder < 0 ? remainder + Self.millisecondsPerDay : remainder)
    }
}

extension Datetime: CustomStringConvertible {
    /// `YYYY-MM-DDThh:mm:ss.SSSZ`. A year of more than four digits or below zero is shown but does not parse back.
    public var description: String {
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number.magnitude)
            return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let time = time.milliseconds
        var days = millisecondsSinceEpoch / Self.millisecondsPerDay
        if millisecondsSinceEpoch % Self.millisecondsPerDay < 0 { days -= 1 }
        let (year, month, day) = CivilCalendar.date(ofDay: days)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(time / 3_600_000, 2)):"
            + "\(padded(time / 60_000 % 60, 2)):\(padded(time / 1000 % 60, 2)).\(padded(time % 1000, 3))Z"
    }
}

/// The proleptic Gregorian calendar, as day numbers from 1970-01-01.
///
/// Years are counted from March, so that the leap day is the last of its year, in eras of 400 years.
enum CivilCalendar {
    static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func date(ofDay number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
