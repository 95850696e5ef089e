import Foundation
import Synchronization
import Testing

@testable import TextEmbedding

@Suite struct EncoderQueueTests {
    private final class Gauge: Sendable {
        private let state = Mutex((now: 0, most: 0))
        var most: Int { state.withLock { $0.most } }

        func during<Result>(_ body: () -> Result) -> Result {
            state.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            defer { state.withLock { $0.now -= 1 } }
            return body()
        }
    }

    @Test func everyJobRunsAndNoMoreThanTheWidthAtOnce() async {
        for width in 1...3 {
            let (queue, gauge) = (EncoderQueue(width: width), Gauge())
            let results = await withTaskGroup(of: Int.self) { group in
                for index in 0..<300 {
                    group.addTask {
                        await queue.run {
                            gauge.during {
                                usleep(100)
                                return index
                            }
                        }
                    }
                }
                return await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(results == Set(0..<300))
            #expect(gauge.most <= width)
        }
    }

    /// Jobs that block for long leave Swift's own threads to others.
    @Test(.timeLimit(.minutes(10))) func blockedJobsDoNotHoldTheCooperativePool() async {
        let queue = EncoderQueue(width: 8)
        let gate = DispatchSemaphore(value: 0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { await queue.run { gate.wait() } } }
            // Would never be reached if the eight jobs sat on the pool's threads.
            let task = Task { for _ in 0..<8 { gate.signal() } }
            await task.value
            await group.waitForAll()
        }
    }
}
