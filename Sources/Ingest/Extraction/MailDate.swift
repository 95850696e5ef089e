import Labels
import Passages

/// The date and time in the head of a message (RFC 5322 section 3.3), in the forms of section 4.3 too.
enum MailDate {
    /// Nil where the head has no such field, or an empty one. Of two, neither counts.
    static func stated(in header: MailHeader) -> StatedDate? {
        let values = header.fields.filter { $0.name == "date" }.map(\.value).filter { !$0.isEmpty }
        guard let value = values.first else { return nil }
        return StatedDate(instant: values.count == 1 ? instant(value) : nil)
    }

    /// In milliseconds since 1970; nil where the text is no date, or names another day of the week.
    static func instant(_ text: [UInt8]) -> Int64? {
        guard let plain = withoutComments(text) else { return nil }
        var words = plain.split { TextCuts.isBlank($0) || $0 == UInt8(ascii: ",") }
            .map { String(decoding: $0, as: UTF8.self).lowercased() }
        var weekday: Int?
        if let first = words.first, let day = weekdays.firstIndex(of: first) {
            weekday = day
            words.removeFirst()
        }
        guard words.count == 5, let day = number(words[0], 1...2), let month = months.firstIndex(of: words[1]),
            let year = year(words[2]), let time = time(words[3]), let offset = offset(words[4]),
            let date = CivilDate(year: year, month: Int64(month) + 1, day: day)
        else { return nil }
        if let weekday, date.weekday != weekday { return nil }
        return date.instant(hour: time.hour, minute: time.minute, second: time.second, offset: offset)
    }

    private static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    /// Hours from UTC.
    private static let zones: [String: Int64] = [
        "z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
        "pst": -8, "pdt": -7,
    ]

    /// Nil where a comment is not closed.
    private static func withoutComments(_ text: [UInt8]) -> [UInt8]? {
        var plain: [UInt8] = []
        var depth = 0
        var isQuoted = false
        for byte in text {
            if depth > 0, !isQuoted, byte == UInt8(ascii: "\\") {
                isQuoted = true
                continue
            }
            if !isQuoted, byte == UInt8(ascii: "(") {
                depth += 1
                plain.append(0x20)
            } else if !isQuoted, depth > 0, byte == UInt8(ascii: ")") {
                depth -= 1
            } else if depth == 0 {
                plain.append(byte)
            }
            isQuoted = false
        }
        return depth == 0 ? plain : nil
    }

    private static func number(_ text: some StringProtocol, _ lengths: ClosedRange<Int>) -> Int64? {
        guard lengths.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    /// Years of two digits begin with 1950; of three they are counted from 1900.
    private static func year(_ text: String) -> Int64? {
        guard let year = number(text, 2...4) else { return nil }
        switch text.utf8.count {
        case 2: return year + (year < 50 ? 2000 : 1900)
        case 3: return year + 1900
        default: return year
        }
    }

    private static func time(_ text: String) -> (hour: Int64, minute: Int64, second: Int64)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { number($0, 2...2) }
        guard (2...3).contains(parts.count), let hour = parts[0], let minute = parts[1],
            let second = parts.count == 3 ? parts[2] : 0
        else { return nil }
        return (hour, minute, second)
    }

    /// In minutes.
    private static func offset(_ text: String) -> Int64? {
        if let hours = zones[text] { return hours * 60 }
        guard let sign = text.first, sign == "+" || sign == "-", let number = number(text.dropFirst(), 4...4),
            number % 100 < 60
        else { return nil }
        return (sign == "+" ? 1 : -1) * (number / 100 * 60 + number % 100)
    }
}

extension CivilDate {
    /// From 0 for Monday.
    fileprivate var weekday: Int { Int((daysSinceEpoch % 7 + 10) % 7) }
}
