import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import VectorSearch

/// The line in front of the threads: its width, its end, its order.
@Suite struct WorkPoolTests {
    private struct Failure: Error {}

    @Test func returnsWhatTheScanReturns() async throws {
        let pool = WorkPool(width: 2)
        var random = SeededRandom(40)
        let world = try World(shape: .mixture, using: &random)
        let partitions = try world.partitions()
        let scan = ExactScan()
        let found = try await pool.run { try world.answer(by: scan, over: partitions) }
        #expect(found == world.oracle())
        await #expect(throws: Failure.self) { try await pool.run { throw Failure() } }
        await #expect(throws: VectorSearchError.queryNotFinite) { try await pool.run { try QueryVector([.nan]) } }
    }

    /// Scans at the same time share nothing: each gets the answer it would get alone.
    @Test func scansAtTheSameTimeDoNotMix() async throws {
        let pool = WorkPool(width: 4)
        let scan = ExactScan()
        var random = SeededRandom(41)
        var worlds: [World] = []
        for _ in 0..<60 { worlds.append(try World(shape: .mixture, using: &random)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for world in worlds {
                group.addTask {
                    let partitions = try world.partitions()
                    let found = try await pool.run { try world.answer(by: scan, over: partitions) }
                    #expect(found == world.oracle())
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func neverRunsMoreThanItsWidth() async throws {
        let pool = WorkPool(width: 3)
        let gauge = Gauge()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await pool.run {
                        gauge.enter()
                        spinALittle()
                        gauge.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(gauge.now == 0 && 1...3 ~= gauge.most)
        #expect(pool.waitingCount == 0)
    }

    @Test func refusesPastItsLimitAndPassesOverTheCancelled() async throws {
        let pool = WorkPool(width: 1, waitingLimit: 1)
        let (started, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let busy = Task {
            try await pool.run {
                started.signal()
                gate.wait()
            }
        }
        await Task.detached { waitForSignal(started) }.value
        let ran = Gauge()
        let waiting = Task { try await pool.run { ran.enter() } }
        while pool.waitingCount == 0 { await Task.yield() }
        await #expect(throws: VectorSearchError.tooManyWaiting(limit: 1)) { try await pool.run {} }
        waiting.cancel()
        gate.signal()
        try await busy.value
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(ran.most == 0)
        try await pool.run {}
    }
}

private func waitForSignal(_ semaphore: DispatchSemaphore) {
    semaphore.wait()
}

private func spinALittle() {
    let end = DispatchTime.now().uptimeNanoseconds + 500_000
    while DispatchTime.now().uptimeNanoseconds < end {}
}

/// How many are inside at the moment, and how many were at most.
private final class Gauge: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    var now: Int { counts.withLock { $0.now } }
    var most: Int { counts.withLock { $0.most } }

    func enter() {
        counts.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func leave() {
        counts.withLock { $0.now -= 1 }
    }
}
