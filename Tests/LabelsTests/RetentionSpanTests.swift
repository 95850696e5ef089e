import Foundation
import Labels
import TestSupport
import Testing

@Suite("Spans of retention")
struct RetentionSpanTests {
    private func instant(_ text: String) throws -> Int64 {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        let whole = text.contains("T") ? text : text + "T00:00:00Z"
        return Int64((try style.parse(whole).timeIntervalSince1970 * 1000).rounded())
    }

    @Test(
        "What is written is what is meant",
        arguments: [
            ("6y", "6y"), ("18mo", "1y6mo"), ("30d", "30d"), ("1y6mo", "1y6mo"), ("1y6mo3d", "1y6mo3d"),
            ("2y1d", "2y1d"),
            ("0y1d", "1d"), ("006y", "6y"), ("1000y", "1000y"), ("12000mo", "1000y"), ("365242d", "365242d"),
            ("400d", "400d"),
        ])
    func parsing(_ text: String, _ description: String) throws {
        let span = try RetentionSpan(parsing: text)
        #expect("\(span)" == description)
        #expect(try RetentionSpan(parsing: description) == span)
    }

    @Test(
        "What could mean something else is refused",
        arguments: [
            ("", .malformed), ("6", .malformed), ("y", .malformed), ("6Y", .malformed), ("6m", .malformed),
            ("6 y", .malformed), ("6mo1y", .malformed), ("1d1d", .malformed), ("1y1y", .malformed), ("-1y", .malformed),
            ("1.5y", .malformed), ("1e3d", .malformed), ("6years", .malformed), ("٦y", .malformed), ("y6", .malformed),
            ("4w", .malformed), ("forever", .malformed), ("0d", .empty), ("0y0mo0d", .empty), ("1001y", .tooLong),
            ("12001mo", .tooLong), ("365243d", .tooLong), ("1000y1d", .tooLong), ("1000000d", .tooLong),
            ("99999999999999999999y", .tooLong),
        ] as [(String, RetentionSpanError)])
    func malformed(_ text: String, _ error: RetentionSpanError) {
        #expect(throws: error) { try RetentionSpan(parsing: text) }
    }

    @Test(
        "Months are those of the calendar, and a day that a month lacks is its last",
        arguments: [
            ("2024-02-29", "1y", "2025-02-28"), ("2024-02-29", "4y", "2028-02-29"), ("2096-02-29", "4y", "2100-02-28"),
            ("2025-01-31", "1mo", "2025-02-28"), ("2023-12-31", "2mo", "2024-02-29"),
            ("2025-10-31", "18mo", "2027-04-30"),
            ("2025-01-31", "1mo1d", "2025-03-01"), ("2025-12-31", "1d", "2026-01-01"),
            ("2024-02-29", "1y1mo", "2025-03-29"),
            ("1969-12-31", "1y", "1970-12-31"), ("2025-03-09T10:11:12Z", "6y", "2031-03-09T10:11:12Z"),
            ("1968-02-29T23:59:59.999Z", "1y", "1969-02-28T23:59:59.999Z"),
        ])
    func adding(_ start: String, _ span: String, _ end: String) throws {
        #expect(try RetentionSpan(parsing: span).added(to: instant(start)) == instant(end))
    }

    @Test("Instants later agree with Foundation's calendar")
    func calendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        // From 1600 on: before 1582 Foundation's calendar is the Julian one.
        let starts = try instant("1600-01-01")...instant("2500-01-01")
        for _ in 0..<2000 {
            var start = Int64.random(in: starts, using: &random)
            // Ends of months are where calendars differ.
            if Bool.random(using: &random) {
                let month = try #require(calendar.dateInterval(of: .month, for: date(start)))
                start =
                    Int64(month.end.timeIntervalSince1970) * 1000 - Int64.random(in: 1...3 * 86_400_000, using: &random)
            }
            let (years, months, days) = (
                Int.random(in: 0...300, using: &random), Int.random(in: 0...30, using: &random),
                Int.random(in: 1...800, using: &random)
            )
            let span = try RetentionSpan(parsing: "\(years)y\(months)mo\(days)d")
            // Whole seconds: a `Date` is not exact beyond.
            start = start / 1000 * 1000
            let later = try #require(calendar.date(byAdding: .month, value: years * 12 + months, to: date(start)))
            let end = try #require(calendar.date(byAdding: .day, value: days, to: later))
            #expect(
                span.added(to: start) == Int64(end.timeIntervalSince1970) * 1000, "seed \(seed): \(start) \(span)")
        }
    }

    private func date(_ milliseconds: Int64) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    @Test("Longer spans end later, and later starts do not end earlier")
    func order() throws {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let start = Int64.random(in: -100_000_000_000_000...300_000_000_000_000, using: &random)
            let (months, days) = (Int.random(in: 1...9000, using: &random), Int.random(in: 0...9000, using: &random))
            let end = try RetentionSpan(parsing: "\(months)mo\(days)d").added(to: start)
            #expect(end > start && (end - start) % 86_400_000 == 0, "seed \(seed)")
            #expect(try RetentionSpan(parsing: "\(months)mo\(days + 1)d").added(to: start) > end, "seed \(seed)")
            #expect(try RetentionSpan(parsing: "\(months + 1)mo\(days)d").added(to: start) > end, "seed \(seed)")
            let later = start + Int64.random(in: 0...200_000_000, using: &random)
            let laterEnd = try RetentionSpan(parsing: "\(months)mo\(days)d").added(to: later)
            #expect(laterEnd / 86_400_000 >= end / 86_400_000, "seed \(seed)")
        }
    }

    @Test("What would be past the last instant is the last instant")
    func extremes() throws {
        let span = try RetentionSpan(parsing: "1000y")
        #expect(span.added(to: .max) == .max && span.added(to: .max - 86_400_000) == .max)
        #expect(span.added(to: .min) > .min)
        #expect(try RetentionSpan(parsing: "1d").added(to: .min) == .min + 86_400_000)
        #expect(Timestamp.text(millisecondsSinceEpoch: .min).hasSuffix("T16:47:04.192Z"))
    }
}
