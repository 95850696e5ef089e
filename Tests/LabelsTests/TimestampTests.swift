import Foundation
import Labels
import TestSupport
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test("instants agree with Foundation's calendar")
    func calendar() throws {
        let formatter = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let seconds = Int64.random(in: -2_000_000_000...7_000_000_000, using: &random) / 86_400 * 86_400 + 30_600
            let date = Date(timeIntervalSince1970: Double(seconds))
            #expect(
                Timestamp.text(millisecondsSinceEpoch: seconds * 1000) == date.formatted(formatter), "seed \(seed)")
        }
    }

    @Test("midnight is a date, and milliseconds are shown only where there are any")
    func forms() {
        #expect(Timestamp.text(millisecondsSinceEpoch: 0) == "1970-01-01")
        #expect(Timestamp.text(millisecondsSinceEpoch: -1) == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp.text(millisecondsSinceEpoch: 1_795_219_200_000) == "2026-11-21")
    }
}
