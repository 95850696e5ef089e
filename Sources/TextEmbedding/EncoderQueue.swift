import Dispatch
import Synchronization

/// Runs jobs of some milliseconds beside Swift's cooperative pool: at most `width` at once, first come, first served.
///
/// The pool has as many threads as there are cores, and a job that computes would keep one from everybody else. Here a
/// caller only waits, and the jobs run on Dispatch's threads.
final class EncoderQueue: Sendable {
    let width: Int

    private struct State {
        var waiting: [@Sendable () -> Void] = []
        /// Jobs of `waiting` before this one have been started.
        var next = 0
        var running = 0
    }

    private let state = Mutex(State())
    private let threads = DispatchQueue(
        label: "portcullis.text-embedding", qos: .userInitiated, attributes: .concurrent)

    init(width: Int) {
        precondition(width > 0)
        self.width = width
    }

    /// The result of `job`, once a thread was free for it.
    func run<Result: Sendable>(_ job: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: job()) }
        }
    }

    private func submit(_ job: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            state.waiting.append(job)
            guard state.running < width else { return false }
            state.running += 1
            return true
        }
        if starts { threads.async { self.drain() } }
    }

    /// One of at most `width` threads: takes jobs until none is left.
    private func drain() {
        while let job = take() { job() }
    }

    private func take() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard state.next < state.waiting.count else {
                state.waiting.removeAll(keepingCapacity: true)
                state.next = 0
                state.running -= 1
                return nil
            }
            let job = state.waiting[state.next]
            state.next += 1
            // Started jobs are let go of now and then: O(1) a job on average.
            if state.next >= 64, state.next * 2 >= state.waiting.count {
                state.waiting.removeFirst(state.next)
                state.next = 0
            }
            return job
        }
    }
}
