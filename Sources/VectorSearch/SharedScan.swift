import CVectorKernels
import Synchronization

/// Scans of several callers, carried out together where they come at the same time: each row is read once, scored for all
/// who may read it and for nobody else.
///
/// Nobody waits for company: whoever finds a thread free is scanned for at once, and those who come meanwhile are taken
/// together when it is free again. What a caller finds does not depend on the others; how long it takes does.
///
/// Each query is answered as its mode has it; those of one mode are scanned together.
package final class SharedScan: Sendable {
    /// Stretches of different plans that are cut to each other's measure, at most: beyond, the cutting would cost more
    /// than it spares.
    static let stretchLimit = 20_000
    /// Queries of one pass of the kernel, which reads rows from memory once for all of them.
    static let passLimit = Int(CODE_QUERY_LIMIT)

    package let scan: ExactScan
    private let approximate: ApproximateScan
    package let pool: WorkPool
    private let shared: Atomic<Bool>
    private let waiting = Mutex<[Ticket]>([])

    package convenience init(_ scan: ExactScan, on pool: WorkPool, isShared: Bool) {
        self.init(scan, ApproximateScan(scan), on: pool, isShared: isShared)
    }

    init(_ scan: ExactScan, _ approximate: ApproximateScan, on pool: WorkPool, isShared: Bool) {
        self.scan = scan
        self.approximate = approximate
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
            case awaited(CheckedContinuation<ScanOutcome, any Error>)
            case finished(Result<ScanOutcome, VectorSearchError>)
        }

        let query: ScanQuery
        private let state = Mutex(State.pending)

        init(_ query: ScanQuery) { self.query = query }

        func finish(_ result: Result<ScanOutcome, VectorSearchError>) {
            let waiter = state.withLock { state -> CheckedContinuation<ScanOutcome, any Error>? in
                defer { state = .finished(result) }
                if case .awaited(let waiter) = state { return waiter }
                return nil
            }
            waiter?.resume(with: result.mapError { $0 as any Error })
        }

        func outcome() async throws -> ScanOutcome {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<ScanOutcome, VectorSearchError>? in
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
    package func topK(_ query: ScanQuery) async throws -> [ScoredRow] { try await answer(to: query).rows }

    /// The best rows of a query, as its mode has it.
    ///
    /// - Precondition: The rows are in memory.
    /// - Throws: as `topK`.
    package func answer(to query: ScanQuery) async throws -> ScanAnswer {
        guard case .answer(let answer) = try await outcome(of: query) else {
            preconditionFailure("rows that are not in memory are scored by whoever has them")
        }
        return answer
    }

    /// The best rows of a query, or where their vectors are not in memory those that must be scored to know which they are.
    ///
    /// - Throws: as `topK`.
    package func outcome(of query: ScanQuery) async throws -> ScanOutcome {
        let ticket = Ticket(query)
        waiting.withLock { $0.append(ticket) }
        do {
            // One job for each query. It may find nothing left to do: then another one has taken the query along.
            try await pool.run { [self] in scanWaiting() }
        } catch {
            waiting.withLock { $0.removeAll { $0 === ticket } }
            throw error
        }
        return try await ticket.outcome()
    }

    private func scanWaiting() {
        let tickets = waiting.withLock { waiting -> [Ticket] in
            let chosen = Self.choice(
                among: waiting.lazy.map(\.query), isShared: isShared, threads: pool.width)
            let taken = chosen.map { waiting[$0] }
            for position in chosen.reversed() { waiting.remove(at: position) }
            return taken
        }
        guard !tickets.isEmpty else { return }
        let queries = tickets.map(\.query)
        let candidates =
            switch queries[0].mode {
            case .exact: scan.candidates(queries)
            case .approximate: approximate.candidates(queries)
            }
        for (ticket, candidates) in zip(tickets, candidates) {
            ticket.finish(
                Result { () throws(VectorSearchError) in
                    ticket.query.plan.keepsVectors ? .answer(try candidates.answer()) : .candidates(candidates)
                })
        }
    }

    /// The positions of the queries that one thread takes next, ascending: the first one, and those behind it that can
    /// be scanned along. One thread leaves the others their part, in whole passes of the kernel and no less than one.
    static func choice(
        among waiting: some Collection<ScanQuery>, isShared: Bool, threads: Int
    ) -> [Int] {
        guard let first = waiting.first else { return [] }
        let passes = max(1, waiting.count / (threads * passLimit))
        let limit = isShared ? min(ExactScan.queryLimit, passes * passLimit) : 1
        var taken: [Int] = []
        var plans: Set<ObjectIdentifier> = []
        var stretches = 0
        for (position, query) in waiting.enumerated()
        where query.vector.dimension == first.vector.dimension && query.mode == first.mode {
            if taken.count == limit { break }
            if !plans.contains(ObjectIdentifier(query.plan)) {
                let more = query.plan.stretches.count
                guard taken.isEmpty || stretches + more <= stretchLimit else { continue }
                plans.insert(ObjectIdentifier(query.plan))
                stretches += more
            }
            taken.append(position)
        }
        return taken
    }
}
