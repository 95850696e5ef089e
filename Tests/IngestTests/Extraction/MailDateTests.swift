import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite("Dates of messages")
struct MailDateTests {
    @Test(
        "A date of RFC 5322 is an instant, in its older forms too",
        arguments: [
            "Sun, 09 Mar 2025 06:00:00 -0400", "Sun, 9 Mar 2025 10:00:00 +0000", "9 Mar 2025 10:00 +0000",
            "Sun,9 Mar 2025 10:00:00 GMT", "Sun, 09 Mar 2025 06:00:00 -0400 (EDT)", "sun, 09 MAR 2025 06:00:00 EDT",
            "Sun, 9 Mar 2025 15:30:00 +0530 (a (nested \\) one) comment)", "Sun, 9 Mar 25 10:00:00 UT",
            "Sun, 9 Mar 125 10:00:00 Z", "(x) Sun (y), 9 (z) Mar 2025 10:00:00 -0000", "Sun, 9 Mar 2025 09:59:60 +0000",
        ])
    func good(_ text: String) {
        #expect(MailDate.instant(Array(text.utf8)) == 1_741_514_400_000)
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", "yesterday", "2025-03-09T10:00:00Z", "Mon, 09 Mar 2025 10:00:00 +0000", "Sun, 09 Mar 2025 10:00:00",
            "Sun, 09 Mar 2025", "Sun, 30 Feb 2025 10:00:00 +0000", "9 Mrz 2025 10:00:00 +0000", "9 Mar 2025 10 +0000",
            "9 Mar 2025 25:00:00 +0000", "9 Mar 2025 1:00:00 +0000", "9 Mar 2025 10:00:00 +000",
            "9 Mar 2025 10:00:00 CET",
            "9 Mar 2025 10:00:00 +0060", "9 Mar 2025 10:00:00 +2400", "9 Mar 2025 10:00:00 +0000 extra",
            "9 Mar 2025 10:00:00 +0000 (open", "9 Mar 20250 10:00:00 +0000", "٩ Mar 2025 10:00:00 +0000",
        ])
    func bad(_ text: String) {
        #expect(MailDate.instant(Array(text.utf8)) == nil)
    }

    @Test("Years of two digits begin with 1950, those of three with 1900")
    func years() {
        func year(_ text: String) -> Int? {
            MailDate.instant(Array("1 Jan \(text) 00:00 +0000".utf8)).map {
                Calendar(identifier: .gregorian).component(
                    .year, from: Date(timeIntervalSince1970: Double($0) / 1000 + 43_200))
            }
        }
        #expect(["49", "50", "99", "00", "101", "2025"].map(year) == [2049, 1950, 1999, 2000, 2001, 2025])
    }

    @Test("Dates as Foundation writes them")
    func foundation() throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let seconds = Int64.random(in: -12_000_000_000...250_000_000_000, using: &random)
            formatter.timeZone = TimeZone(secondsFromGMT: Int.random(in: -840...840, using: &random) * 60)
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(MailDate.instant(Array(text.utf8)) == seconds * 1000, "seed \(seed): \(text)")
        }
    }
}
