import Cedar

/// Texts and numbers at the corners of the language, and how they are written.
enum Literals {
    /// Ids, strings and names of attributes. Several pairs are canonically equal without being the same scalars.
    static let texts: [String] = [
        "a", "b", "alice", "", " ", "é", "e\u{301}", "\u{212B}", "\u{C5}", "A\u{30A}", "\u{D55C}",
        "\u{1112}\u{1161}\u{11AB}", "q\u{323}\u{307}", "q\u{307}\u{323}", "\r\n", "\n", "\r",
        "\u{1F468}\u{200D}\u{1F469}",
        "\u{1F468}", "*", "a*", "\\", "\\*", "\"", "'", "\0", "\u{7F}", "\u{FB01}", "fi", "İ", "i\u{307}", "ß", "SS",
        "\u{FEFF}a", "\u{202E}x", "\u{10FFFF}", "\u{E000}", "//", "/*", "policy0", "?principal", "__entity", "a.b",
        "in",
        "\u{2028}", "\u{1D400}", "\u{FFFD}", "ab", "aab", "ba",
    ]

    /// Names of attributes that need no quotation marks, some of which read like words of the language.
    static let identifiers: [String] = [
        "a", "b", "c", "name", "owner", "principal", "action", "context", "permit", "when", "type", "id", "Set", "ip",
        "decimal", "_", "_1", "A9", "contains", "appliesTo", "entity", "tags", "enum", "namespace", "attributes",
    ]

    static let longs: [Int64] = [
        0, 1, 2, 3, -1, -2, 7, 10, 100, .max, .max - 1, .min, .min + 1, 3_037_000_499, 3_037_000_500, -3_037_000_500,
        1 << 32, 1 << 62, -(1 << 62), 4_611_686_018_427_387_904, 86_400_000, 9_007_199_254_740_993,
    ]

    static let decimals: [String] = [
        "0.0", "1.0", "1.00", "1.0000", "-1.0", "-0.0", "0.0001", "-0.0001", "922337203685477.5807", "12.34",
        "-922337203685477.5808", "00.10", "1.5",
    ]
    static let wrongDecimals: [String] = [
        "", "1", ".5", "1.", "1.00000", "922337203685477.5808", "-922337203685477.5809", "+1.0", "1.0 ", " 1.0", "1e2",
        "1.-1", "--1.0", "-.1", "\u{661}.0", "9223372036854775808.0", "1.0.0", "1,0",
    ]
    static let addresses: [String] = [
        "0.0.0.0", "127.0.0.1", "10.0.0.1", "10.0.0.0/8", "10.1.0.0/8", "10.0.0.1/32", "255.255.255.255", "224.0.0.1",
        "239.0.0.0/4", "::", "::1", "::1/128", "ff00::/8", "ff02::1", "2001:db8::1", "2001:DB8:0:0::1", "fe80::/10",
        "1:2:3:4:5:6:7:8", "::/0", "0.0.0.0/0", "127.0.0.0/7", "127.0.0.1/8", "1:2:3:4:5:6:7::",
    ]
    static let wrongAddresses: [String] = [
        "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/08", "1.2.3.4/-1",
        "::ffff:1.2.3.4", "::/129", "1::2::3", "12345::", "fe80::1%eth0", " ::1", "::1 ", "g::", ":1", "1:",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1.2.3.4/32/1", "0x1.2.3.4", "[::1]", "1.2.3.4/+8", "::/0128", "1:2:3:4:5:6:7:8::",
        "0001:0002:0003:0004:0005:0006:0007:0008/1280",
    ]
    static let datetimes: [String] = [
        "1970-01-01", "2024-02-29", "2000-02-29", "2024-12-31T23:59:59Z", "2024-01-01T00:00:00.000Z", "0000-01-01",
        "1969-12-31T23:59:59.999Z", "2024-01-01T00:00:00+0100", "2024-01-01T00:00:00.500-2359", "9999-12-31",
        "2024-01-01T00:00:00-0000", "1600-02-29T12:00:00Z", "0001-01-01T00:00:00.001+2359",
    ]
    static let wrongDatetimes: [String] = [
        "", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-01-32", "2024-04-31",
        "24-01-01",
        "2024-1-1", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00",
        "2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00+2400", "2024-01-01T00:00:00+0060",
        "2024-01-01t00:00:00z", "2024-01-01 00:00:00Z", "-2024-01-01", "10000-01-01", "2024-01-01Z",
        "2024-01-01T00:00Z",
        "2016-12-31T23:59:60Z", "2024-01-01T00:00:00.0000Z", "2024-01-01T00:00:00.000", " 2024-01-01",
        "2024-01-01T00:00:00Z ",
    ]
    static let durations: [String] = [
        "1d", "1h", "1m", "1s", "1ms", "0ms", "-1d", "1d2h3m4s5ms", "-1d2h", "90m", "1d1ms", "106751991167d",
        "9223372036854775807ms", "-9223372036854775808ms", "00001s", "25h", "-0d", "2562047788015h",
    ]
    static let wrongDurations: [String] = [
        "", "d", "1", "1x", "1h1d", "1d1d", "-", "1d-1h", "+1d", "1.5h", "9223372036854775808ms", "106751991168d",
        "-9223372036854775809ms", "1d ", " 1d", "1D", "1m1h", "1ms1s", "--1d", "1d 2h", "99999999999999999999d", "1dh",
    ]

    static let patterns: [String] = [
        "*", "", "a*", "*a", "*a*", "**", "a*b", "\\*", "a\\*", "*\\**", "?", "é*", "e*", "*\u{301}", "\\u{2a}",
        "\\x2a",
        "*\\u{301}", "a*b*c*d", "\\\\*", "*\\n", "\\r*", "\\0*", "\\\"*", "*\u{1F469}", "\\u{e9}", "\\'", "fi*",
        "*\\u{200d}*",
    ]

    /// A literal of the text, whose scalars are written one way or another.
    static func quoted(_ text: String, _ generator: inout FuzzGenerator) -> String {
        var result = "\""
        let isPlain = generator.chance(60)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\0": result += generator.one(of: ["\\0", "\\x00", "\\u{0}"])
            case "\n": result += generator.one(of: ["\\n", "\n", "\\x0A", "\\u{00000a}"])
            case "\r": result += generator.one(of: ["\\r", "\\u{d}"])
            default:
                if isPlain || generator.chance(70) {
                    result.unicodeScalars.append(scalar)
                } else if scalar.value < 0x80 {
                    let digits = String(scalar.value, radix: 16, uppercase: generator.chance(50))
                    result += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
                } else {
                    result += "\\u{" + String(scalar.value, radix: 16, uppercase: generator.chance(50)) + "}"
                }
            }
        }
        return result + "\""
    }

    static func isIdentifier(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, first == 0x5F || first | 0x20 >= 0x61 && first | 0x20 <= 0x7A else {
            return false
        }
        let reserved = ["true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"].map {
            Array($0.utf8)
        }
        return !reserved.contains(bytes)
            && bytes.allSatisfy { $0 == 0x5F || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
    }
}
