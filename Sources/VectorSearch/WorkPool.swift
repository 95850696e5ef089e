import Dispatch
import Synchronization

/// A few threads for work that holds its thread for milliseconds: a scan, a read from a file.
///
/// On Swift's cooperative threads, of which there are as many as cores, two pieces of such work would stop every other
/// task of the process. Here they wait in line instead, first come first served, and the line has an end (rule 7, every
/// number has a limit).
package final class WorkPool: Sendable {
    private typealias Job = @Sendable () -> Void

    private struct Line {
        var running = 0
        var waiting: [Job] = []
        /// How many at the front of `waiting` have left.
        var left = 0

        var count: Int { waiting.count - left }

        mutating func next() -> Job? {
            guard left < waiting.count else { return nil }
            let job = waiting[left]
            left += 1
            if left == waiting.count || left >= 256 {
                waiting.removeFirst(left)
                left = 0
            }
            return job
        }
    }

    /// The largest number of threads at one time.
    package let width: Int
    /// The largest number of pieces of work that wait.
    package let waitingLimit: Int

    private let queue = DispatchQueue(label: "portcullis.work", qos: .userInitiated, attributes: .concurrent)
    private let line = Mutex(Line())

    /// A pool of `width` threads at most; they start when needed.
    package init(width: Int, waitingLimit: Int = 1_024) {
        precondition(width >= 1 && waitingLimit >= 0)
        self.width = width
        self.waitingLimit = waitingLimit
    }

    /// How many wait for a thread at the moment.
    package var waitingCount: Int { line.withLock { $0.count } }

    /// Runs `work` on a thread of the pool and returns what it returns.
    ///
    /// A task that is cancelled while it waits in line throws `CancellationError` when its turn comes, and its work
    /// does not run. What has begun runs to its end.
    ///
    /// - Throws: `VectorSearchError.tooManyWaiting`; `CancellationError`; what `work` throws.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        let cancelled = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let accepted = submit(limit: waitingLimit) {
                    if cancelled.isSet {
                        continuation.resume(throwing: CancellationError())
                    } else {
                        continuation.resume(with: Swift.Result { try work() })
                    }
                }
                if !accepted {
                    continuation.resume(throwing: VectorSearchError.tooManyWaiting(limit: waitingLimit))
                }
            }
        } onCancel: {
            cancelled.set()
        }
    }

    /// Runs `work` on a thread of the pool when its turn comes, however many wait: for who lets no more than a few wait.
    func start(_ work: @escaping @Sendable () -> Void) { _ = submit(limit: .max, work) }

    /// Puts a job in line, and starts a thread for it where fewer than `width` run. False where the line is full.
    private func submit(limit: Int, _ job: @escaping Job) -> Bool {
        enum Outcome { case refused, queued, started }
        let outcome = line.withLock { line -> Outcome in
            if line.running < width {
                line.running += 1
                line.waiting.append(job)
                return .started
            }
            guard line.count < limit else { return .refused }
            line.waiting.append(job)
            return .queued
        }
        if outcome == .started { queue.async { self.drain() } }
        return outcome != .refused
    }

    /// Runs jobs until the line is empty.
    private func drain() {
        while let job = line.withLock({ line -> Job? in
            if let job = line.next() { return job }
            line.running -= 1
            return nil
        }) {
            job()
        }
    }
}

/// A flag that goes up once.
private final class Flag: Sendable {
    private let up = Atomic(false)

    var isSet: Bool { up.load(ordering: .acquiring) }

    func set() { up.store(true, ordering: .releasing) }
}
