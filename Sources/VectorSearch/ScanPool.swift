import Dispatch
import Synchronization

/// A few threads on which scans run, one thread for each scan.
///
/// A scan computes for milliseconds without a pause. On Swift's cooperative threads, of which there are as many as
/// cores, two of them would stop every other task of the process. Here they wait in line instead, first come first
/// served, and the line has an end (Rule 7, every number has a limit).
package final class ScanPool: Sendable {
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

    /// The largest number of scans at one time.
    package let width: Int
    /// The largest number of scans that wait.
    package let waitingLimit: Int

    private let queue = DispatchQueue(label: "portcullis.scan", qos: .userInitiated, attributes: .concurrent)
    private let line = Mutex(Line())

    /// A pool of `width` threads at most; they start when needed.
    package init(width: Int, waitingLimit: Int = 1_024) {
        precondition(width >= 1 && waitingLimit >= 0)
        self.width = width
        self.waitingLimit = waitingLimit
    }

    /// The number of scans that wait for a thread at the moment.
    package var waitingCount: Int { line.withLock { $0.count } }

    /// Runs `scan` on a thread of the pool and returns what it returns.
    ///
    /// A task that is cancelled while it waits in line throws `CancellationError` when its turn comes, and its scan
    /// does not run. A scan that has begun runs to its end.
    ///
    /// - Throws: `VectorSearchError.tooManyScansWaiting`; `CancellationError`; what `scan` throws.
    package func run<Result: Sendable>(_ scan: @escaping @Sendable () throws -> Result) async throws -> Result {
        let cancelled = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let accepted = submit {
                    if cancelled.isSet {
                        continuation.resume(throwing: CancellationError())
                    } else {
                        continuation.resume(with: Swift.Result { try scan() })
                    }
                }
                if !accepted {
                    continuation.resume(throwing: VectorSearchError.tooManyScansWaiting(limit: waitingLimit))
                }
            }
        } onCancel: {
            cancelled.set()
        }
    }

    /// Puts a job in line, and starts a thread for it where fewer than `width` run. False where the line is full.
    private func submit(_ job: @escaping Job) -> Bool {
        enum Outcome { case refused, queued, started }
        let outcome = line.withLock { line -> Outcome in
            if line.running < width {
                line.running += 1
                line.waiting.append(job)
                return .started
            }
            guard line.count < waitingLimit else { return .refused }
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
