import Synchronization

/// Scans of several callers, carried out together where they come at the same time: each row is read once, scored for all
/// who may read it and for nobody else.
///
/// Nobody waits for company: whoever finds a thread free is scanned for at once, and those who come meanwhile are taken
/// together when it is free again. What a caller finds does not depend on the others; how long it takes does.
package final class SharedScan: Sendable {
    /// Stretches of different plans that are cut to each other's measure, at most: beyond, the cutting would cost more
    /// than it spares.
    private static let stretchLimit = 20_000

    package let scan: ExactScan
    package let pool: WorkPool
    private let shared: Atomic<Bool>
    private let waiting = Mutex<[Ticket]>([])

    package init(_ scan: ExactScan, on pool: WorkPool, isShared: Bool) {
        self.scan = scan
        self.pool = pool
        shared = Atomic(isShared)
    }

    /// False where one caller's load is to show less in another's time: one query at a time then.
    package var isShared: Bool {
        get { shared.load(ordering: .relaxed) }
        set { shared.store(newValue, ordering: .relaxed) }
    }

    /// A query on its way.
    private final class Ticket: Sendable {
        private enum State {
            case pending
            case awaited(CheckedContinuation<[ScoredRow], any Error>)
            case finished(Result<[ScoredRow], VectorSearchError>)
        }

        let query: ScanQuery
        private let state = Mutex(State.pending)

        init(_ query: ScanQuery) { self.query = query }

        func finish(_ result: Result<[ScoredRow], VectorSearchError>) {
            let waiter = state.withLock { state -> CheckedContinuation<[ScoredRow], any Error>? in
                defer { state = .finished(result) }
                if case .awaited(let waiter) = state { return waiter }
                return nil
            }
            waiter?.resume(with: result.mapError { $0 as any Error })
        }

        func rows() async throws -> [ScoredRow] {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<[ScoredRow], VectorSearchError>? in
                    if case .finished(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result.mapError { $0 as any Error }) }
            }
        }
    }

    /// The best rows of a query.
    ///
    /// - Throws: `tooManyWaiting`, `scoreBoundViolated`; `CancellationError` where the task is cancelled while it waits.
    package func topK(_ query: ScanQuery) async throws -> [ScoredRow] {
        let ticket = Ticket(query)
        waiting.withLock { $0.append(ticket) }
        do {
            // One job for each query. It may find nothing left to do: then another one has taken the query along.
            try await pool.run { [self] in scanWaiting() }
        } catch {
            waiting.withLock { $0.removeAll { $0 === ticket } }
            throw error
        }
        return try await ticket.rows()
    }

    private func scanWaiting() {
        let tickets = waiting.withLock { take(from: &$0) }
        guard !tickets.isEmpty else { return }
        for (ticket, result) in zip(tickets, scan.topK(tickets.map(\.query))) { ticket.finish(result) }
    }

    /// The first, and those behind it that can be scanned along.
    private func take(from waiting: inout [Ticket]) -> [Ticket] {
        let together = isShared ? ExactScan.queryLimit : 1
        var taken: [Ticket] = []
        var plans: Set<ObjectIdentifier> = []
        var stretches = 0
        waiting.removeAll { ticket in
            let plan = ticket.query.plan
            let isKnown = plans.contains(ObjectIdentifier(plan))
            guard taken.count < together,
                taken.first.map({ $0.query.vector.dimension == ticket.query.vector.dimension }) ?? true,
                isKnown || taken.isEmpty || stretches + plan.stretches.count <= Self.stretchLimit
            else { return false }
            if !isKnown {
                plans.insert(ObjectIdentifier(plan))
                stretches += plan.stretches.count
            }
            taken.append(ticket)
            return true
        }
        return taken
    }
}
