import Foundation
import Synchronization
import Testing

@testable import Cedar

/// Random and mutated bytes into every reader, and what is read into everything that follows.
///
/// `CEDAR_FUZZ_SEED` gives another seed, `CEDAR_FUZZ_FIRST` the number of the first input, `CEDAR_FUZZ_SECONDS` the time
/// of the long run, which is skipped without it and wants an optimised build:
///
///     CEDAR_FUZZ_SECONDS=1800 swift test -c release -Xswiftc -enable-testing --disable-xctest --filter longRun
@Suite struct FuzzTests {
    private static func variable<Number: LosslessStringConvertible>(_ name: String) -> Number? {
        ProcessInfo.processInfo.environment[name].flatMap { Number($0) }
    }

    private static let duration: Double? = variable("CEDAR_FUZZ_SECONDS")
    private static let first: Int = variable("CEDAR_FUZZ_FIRST") ?? 0

    /// Processor time that no input may take; in the short run, which is not optimised, several times as much.
    private static let secondsPerInput = 1.0
    private static let secondsPerInputUnoptimised = 5.0
    private static let bytesOfMemory = 200_000_000

    private struct Tally {
        var inputs = 0
        var bytes = 0
        var accepted: [Fuzzer.Target: Int] = [:]
        var slowest = (seconds: 0.0, number: 0)
        var slow: [String] = []

        mutating func add(_ seen: Fuzzer.Observation, _ number: Int, seed: UInt64, limit: Double) {
            inputs += 1
            bytes += seen.bytes.count
            if seen.isAccepted { accepted[seen.target, default: 0] += 1 }
            if seen.seconds > slowest.seconds { slowest = (seen.seconds, number) }
            if seen.seconds > limit, slow.count < 20 {
                slow.append(
                    "input \(number) of seed \(seed): \(seen.target), \(seen.bytes.count) bytes, \(seen.seconds) s")
            }
        }
    }

    @Test("Mutated text never traps and never takes long, in any reader or in what follows it")
    func shortRun() async throws {
        let fuzzer = Fuzzer(
            seed: Self.variable("CEDAR_FUZZ_SEED") ?? 20_260_101,
            samples: try await Fuzzer.ownSamples() + Fuzzer.officialSamples(every: 200))
        print("CEDAR_FUZZ_SEED=\(fuzzer.seed)")
        var tally = Tally()
        for number in Self.first..<(Self.first + 1500) {
            tally.add(fuzzer.run(number), number, seed: fuzzer.seed, limit: Self.secondsPerInputUnoptimised)
            await Task.yield()
        }
        #expect(tally.slow.isEmpty, "\(tally.slow.joined(separator: "\n"))")
        for target in Fuzzer.Target.allCases {
            #expect(tally.accepted[target, default: 0] > 5, "the mutations must leave some \(target) standing")
        }
    }

    @Test(
        "For as long as asked, within the bounds on time and memory",
        .enabled(if: FuzzTests.duration != nil, "skipped: CEDAR_FUZZ_SECONDS gives the duration of the long run"))
    func longRun() async throws {
        let duration = try #require(Self.duration)
        let fuzzer = Fuzzer(
            seed: Self.variable("CEDAR_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max),
            samples: try await Fuzzer.ownSamples() + Fuzzer.officialSamples(every: 10))
        print("CEDAR_FUZZ_SEED=\(fuzzer.seed), \(fuzzer.samples.count) samples, \(duration) s")
        let watchdog = Watchdog(seed: fuzzer.seed)
        var tally = Tally()
        let clock = ContinuousClock()
        let start = clock.now
        var reported = 0.0
        var number = Self.first
        while true {
            watchdog.begin(number)
            tally.add(fuzzer.run(number), number, seed: fuzzer.seed, limit: Self.secondsPerInput)
            number += 1
            guard number.isMultiple(of: 100) else { continue }
            let elapsed = Double((clock.now - start).components.seconds)
            if elapsed >= reported + 30 || elapsed >= duration {
                reported = elapsed
                print(
                    "\(Int(elapsed)) s: input \(number), \(tally.bytes / 1_000_000) MB, slowest \(tally.slowest), "
                        + "memory \(Self.memory("VmRSS:")) now, \(Self.memory("VmHWM:")) at most")
            }
            if elapsed >= duration { break }
        }
        watchdog.end()
        print("accepted: \(tally.accepted), over \(Self.secondsPerInput) s: \(tally.slow.count)")
        #expect(tally.slow.isEmpty, "\(tally.slow.joined(separator: "\n"))")
        #expect(Self.memory("VmHWM:") < Self.bytesOfMemory)
    }

    /// A line of `/proc/self/status` in bytes; 0 on systems without it.
    private static func memory(_ name: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
    }

    /// Ends the process with a word about the input when one does not come to an end.
    private final class Watchdog: Sendable {
        private struct State {
            var number = 0
            var seconds = 0
            var isOver = false
        }

        private let state = Mutex(State())

        init(seed: UInt64) {
            let thread = Thread { [self] in
                while true {
                    Thread.sleep(forTimeInterval: 1)
                    let now = state.withLock { state in
                        state.seconds += 1
                        return state
                    }
                    if now.isOver { return }
                    if now.seconds > 60 { fatalError("input \(now.number) of seed \(seed) hangs") }
                }
            }
            thread.start()
        }

        func begin(_ number: Int) {
            state.withLock { state in
                state.number = number
                state.seconds = 0
            }
        }

        func end() { state.withLock { $0.isOver = true } }
    }
}
