import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TextEmbedding

@Suite("The bound on tokens")
struct TokenBoundTests {
    @Test("ASCII counts its bytes and one; scalars that a tokenizer may spell out count what they may become")
    func counts() {
        #expect(TokenBound.tokens(in: "") == 0)
        #expect(TokenBound.tokens(in: "bolt\n") == 6)
        #expect(TokenBound.tokens(in: "é") == 3)
        // NFKC writes this ligature as eighteen letters, and this fraction as three characters of five bytes.
        #expect(TokenBound.tokens(in: "\u{FDFA}") == 34)
        #expect(TokenBound.tokens(in: "½") == 6)
        // In small letters an i and a dot above.
        #expect(TokenBound.tokens(in: "\u{130}") == 4)
    }

    @Test("Over all scalars: never below the bytes of any form that a tokenizer reads")
    func allScalars() {
        var short: [String] = []
        for value in (0...0x10FFFF as ClosedRange<UInt32>) {
            guard let scalar = Unicode.Scalar(value), scalar.properties.generalCategory != .unassigned,
                scalar.properties.generalCategory != .privateUse
            else { continue }
            let text = String(scalar)
            let forms = [
                text, text.precomposedStringWithCanonicalMapping, text.precomposedStringWithCompatibilityMapping,
            ]
            let longest = (forms + forms.map { $0.lowercased() }).map(\.utf8.count).max() ?? 0
            if TokenBound.tokens(in: text) <= longest { short.append("U+\(String(value, radix: 16))") }
        }
        #expect(short.isEmpty)
    }

    @Test("Texts joined by a line break count what they count alone; a prefix is the longest that fits")
    func additiveAndCut() {
        var generator = TestSupport.SeededGenerator(seed: TestSupport.SeededGenerator.newSeed())
        let alphabet = Array("ab \n.éß½㌖\u{FDFA}\u{301}𝔸ñ한İ".unicodeScalars)
        func random() -> String {
            var text = ""
            for _ in 0..<Int.random(in: 1...30, using: &generator) {
                if let scalar = alphabet.randomElement(using: &generator) { text.unicodeScalars.append(scalar) }
            }
            return text
        }
        for _ in 0..<2000 {
            let (one, two) = (random(), random())
            #expect(
                TokenBound.tokens(in: one + "\n" + two) == TokenBound.tokens(in: one) + TokenBound.tokens(in: two))
            let limit = Int.random(in: 2...60, using: &generator)
            let prefix = TokenBound.prefix(of: one, tokens: limit)
            let scalars = Array(one.unicodeScalars)
            let kept = prefix.unicodeScalars.count
            #expect(Array(prefix.unicodeScalars) == Array(scalars.prefix(kept)))
            #expect(TokenBound.tokens(in: prefix) <= limit)
            if kept < scalars.count {
                var longer = prefix
                longer.unicodeScalars.append(scalars[kept])
                #expect(TokenBound.tokens(in: longer) > limit)
            }
        }
    }
}

@Suite("Pauses between attempts")
struct RetryScheduleTests {
    @Test("Pauses double within their jitter, keep within the bounds and end")
    func pauses() {
        var generator = TestSupport.SeededGenerator(seed: TestSupport.SeededGenerator.newSeed())
        for _ in 0..<200 {
            var schedule = RetrySchedule()
            for attempt in 1..<RetrySchedule.maximumAttempts {
                let ceiling = min(RetrySchedule.longestPause, RetrySchedule.firstPause * (1 << (attempt - 1)))
                let pause = schedule.pause(retryAfter: nil, using: &generator)
                #expect(pause.map { $0 >= ceiling / 2 && $0 <= ceiling } == true)
            }
            #expect(schedule.pause(retryAfter: nil, using: &generator) == nil)
            #expect(schedule.attempts == RetrySchedule.maximumAttempts)
        }
    }

    @Test("What the server asks for is waited for, within the bound")
    func retryAfter() {
        var generator = TestSupport.SeededGenerator(seed: TestSupport.SeededGenerator.newSeed())
        var schedule = RetrySchedule()
        #expect(schedule.pause(retryAfter: 7, using: &generator) == .seconds(7))
        #expect(schedule.pause(retryAfter: 60, using: &generator) == .seconds(60))
        #expect((schedule.pause(retryAfter: 0, using: &generator) ?? .zero) > .zero)
        #expect(schedule.pause(retryAfter: 61, using: &generator) == nil)
        let fields: [(String?, Int?)] = [
            ("0", 0), ("120", 120), ("999999999", 999_999_999), ("9999999999", nil), ("-1", nil), ("1.5", nil),
            ("", nil), (nil, nil), ("Fri, 31 Dec 1999 23:59:59 GMT", nil), ("１", nil),
        ]
        for (field, seconds) in fields { #expect(RetrySchedule.seconds(ofRetryAfter: field) == seconds) }
    }
}

@Suite("The gate in front of an endpoint")
struct RequestGateTests {
    /// What several tasks count together.
    private final class Tally: Sendable {
        struct Counts {
            var inside = 0
            var most = 0
            var order: [Int] = []
        }

        private let state = Mutex(Counts())
        var counts: Counts { state.withLock { $0 } }

        func enter() {
            state.withLock {
                $0.inside += 1
                $0.most = max($0.most, $0.inside)
            }
        }

        func leave(_ number: Int) {
            state.withLock {
                $0.inside -= 1
                $0.order.append(number)
            }
        }
    }

    @Test("No more than its width are inside at once, all get through, and nobody who gave up is waited for")
    func width() async throws {
        for width in 1...3 {
            let gate = RequestGate(width: width, waitingLimit: 1000)
            let tally = Tally()
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    let task = Task {
                        _ = try await gate.pass {
                            tally.enter()
                            await Task.yield()
                            tally.leave(number)
                        }
                    }
                    if number % 5 == 0 { task.cancel() }
                    group.addTask { _ = await task.result }
                }
            }
            let counts = tally.counts
            #expect(counts.inside == 0 && counts.most <= width && counts.order.count >= 160)
            // Every place is free again.
            #expect(try await gate.pass { true } == true)
        }
    }

    @Test("Beyond the limit of those who wait nobody is let in, and the first to wait is the first to enter")
    func limits() async throws {
        let gate = RequestGate(width: 1, waitingLimit: 2)
        let (opened, open) = AsyncStream<Void>.makeStream()
        let tally = Tally()
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let inside = Task {
            try await gate.pass {
                enter.finish()
                for await _ in opened {}
            }
        }
        for await _ in entered {}
        var waiting: [Task<Void?, any Error>] = []
        for number in 0..<2 {
            waiting.append(Task { try await gate.pass { tally.leave(number) } })
            while gate.waitingCount <= number { await Task.yield() }
        }
        #expect(try await gate.pass {} == nil)
        waiting.removeFirst().cancel()
        // Whoever gives up makes room at once, and not only when the turn would have come.
        while gate.waitingCount == 2 { await Task.yield() }
        waiting.append(Task { try await gate.pass { tally.leave(2) } })
        while gate.waitingCount < 2 { await Task.yield() }
        open.finish()
        for task in waiting { #expect(try await task.value != nil) }
        _ = try await inside.value
        #expect(tally.counts.order == [1, 2])
    }
}
