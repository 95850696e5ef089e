import Foundation
import Passages
import TestSupport
import Testing

@Suite("Dates of documents")
struct StatedDateTests {
    @Test(
        "A day is its first instant in UTC, a time has an offset",
        arguments: [
            ("1970-01-01", 0), ("2025-03-09", 1_741_478_400_000), (" 2025-03-09\r\n", 1_741_478_400_000),
            ("2025-03-09T10:00:00Z", 1_741_514_400_000), ("2025-03-09T10:00Z", 1_741_514_400_000),
            ("2025-03-09T12:00:00+02:00", 1_741_514_400_000), ("2025-03-09T12:00:00+0200", 1_741_514_400_000),
            ("2025-03-09T12:00+02", 1_741_514_400_000), ("2025-03-09T05:30:00-04:30", 1_741_514_400_000),
            ("2025-03-09T10:00:00.5Z", 1_741_514_400_500), ("2025-03-09T10:00:00.1239Z", 1_741_514_400_123),
            ("2025-03-09T09:59:60Z", 1_741_514_400_000), ("0000-01-01", -62_167_219_200_000),
            ("9999-12-31", 253_402_214_400_000), ("1969-12-31T23:59:59.999Z", -1),
        ] as [(String, Int64)])
    func good(_ text: String, _ instant: Int64) {
        #expect(StatedDate(iso8601: text) == StatedDate(instant: instant))
    }

    @Test(
        "Anything else is no date, and yet something was said",
        arguments: [
            "March 2025", "2025-02-29", "2025-13-01", "2025-00-01", "2025-3-9", "20250309", "2025-03", "09.03.2025",
            "2025-03-09T10:00:00", "2025-03-09 10:00:00Z", "2025-03-09T10Z", "2025-03-09T24:00:00Z",
            "2025-03-09T10:60Z",
            "2025-03-09T10:00:61Z", "2025-03-09T10:00:00.Z", "2025-03-09T10:00:00+24:00", "2025-03-09T10:00:00+02:60",
            "2025-03-09T10:00:00+2:00", "2025-03-09T10:00:00+02:", "2025-03-09T10:00:00ZZ", "2025-03-09T",
            "2025-03-09Z",
            "2025-03-09 and later", "-2025-03-09", "+12025-03-09", "٢٠٢٥-03-09", "2025‑03‑09", "~",
        ])
    func bad(_ text: String) {
        #expect(StatedDate(iso8601: text) == StatedDate(instant: nil))
    }

    @Test("Blanks say nothing", arguments: ["", " ", "\t\n"])
    func blank(_ text: String) {
        #expect(StatedDate(iso8601: text) == nil)
    }

    @Test("Instants agree with Foundation's")
    func foundation() throws {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            // From 1583 on: before that Foundation's calendar is the Julian one.
            let seconds = Int64.random(in: -12_200_000_000...250_000_000_000, using: &random)
            let zone = try #require(
                TimeZone(secondsFromGMT: Int.random(in: -840...840, using: &random) * 60))
            let style = Date.ISO8601FormatStyle(
                timeZoneSeparator: Bool.random(using: &random) ? .colon : .omitted, timeZone: zone)
            let text = Date(timeIntervalSince1970: Double(seconds)).formatted(style)
            #expect(StatedDate(iso8601: text)?.instant == seconds * 1000, "seed \(seed): \(text)")
        }
    }

    @Test("No text brings the reader down")
    func damaged() {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        let signs = Array("0129-:+TZ. é")
        for _ in 0..<20_000 {
            var text = Array("2025-03-09T10:00:00.5+02:00")
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                text[place] = signs.randomElement(using: &random)!
            }
            _ = StatedDate(iso8601: String(text.prefix(Int.random(in: 0...text.count, using: &random))))
        }
    }
}
