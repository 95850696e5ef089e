import Synchronization

/// Lets at most `width` callers through at once, first come, first served.
final class RequestGate: Sendable {
    let width: Int
    private let waitingLimit: Int

    private struct Waiting {
        let number: Int
        let continuation: CheckedContinuation<Entry, Never>
    }

    private enum Entry {
        case entered, cancelled, full
    }

    private struct State {
        var inside = 0
        var waiting: [Waiting] = []
        var nextNumber = 0
    }

    private let state = Mutex(State())

    init(width: Int, waitingLimit: Int) {
        precondition(width > 0)
        self.width = width
        self.waitingLimit = waitingLimit
    }

    /// Callers that wait now.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// The result of `body`, once there is room; nil where `waitingLimit` callers wait already.
    ///
    /// - Throws: `CancellationError`, also while waiting, and what `body` throws.
    func pass<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result? {
        switch await enter() {
        case .cancelled: throw CancellationError()
        case .full: return nil
        case .entered:
            defer { leave() }
            return try await body()
        }
    }

    private func enter() async -> Entry {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let entry: Entry? = state.withLock { state in
                    // Asked under the lock: a cancellation after this finds the entry in `waiting`.
                    if Task.isCancelled { return .cancelled }
                    if state.inside < width {
                        state.inside += 1
                        return .entered
                    }
                    if state.waiting.count >= waitingLimit { return .full }
                    state.waiting.append(Waiting(number: number, continuation: continuation))
                    return nil
                }
                if let entry { continuation.resume(returning: entry) }
            }
        } onCancel: {
            let cancelled = state.withLock { state in
                state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
            }
            cancelled?.continuation.resume(returning: .cancelled)
        }
    }

    /// Hands the place to whoever waits longest.
    private func leave() {
        let next: Waiting? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.inside -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: .entered)
    }
}
