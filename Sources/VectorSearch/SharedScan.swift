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
    private let line = Mutex(Line())

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

    /// Who waits, how many queries threads are at, and how many jobs are in line that will take some: at least one where
    /// anybody waits, and no more than there are threads.
    private struct Line {
        var waiting: [Ticket] = []
        var scanned = 0
        var jobs = 0
    }

    /// A query on its way.
    private final class Ticket: Sendable {
        private enum State {
            case pending
            case awaited(CheckedContinuation<ScanOutcome, any Error>)
            case finished(Result<ScanOutcome, any Error>)
        }

        let query: ScanQuery
        private let state = Mutex(State.pending)

        init(_ query: ScanQuery) { self.query = query }

        func finish(_ result: Result<ScanOutcome, any Error>) {
            let waiter = state.withLock { state -> CheckedContinuation<ScanOutcome, any Error>? in
                defer { state = .finished(result) }
                if case .awaited(let waiter) = state { return waiter }
                return nil
            }
            waiter?.resume(with: result)
        }

        func outcome() async throws -> ScanOutcome {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<ScanOutcome, any Error>? in
                    if case .finished(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
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
        try line.withLock { line throws(VectorSearchError) in
            guard line.waiting.count < pool.waitingLimit else { throw .tooManyWaiting(limit: pool.waitingLimit) }
            line.waiting.append(ticket)
            if line.jobs < pool.width { addJob(&line) }
        }
        return try await withTaskCancellationHandler {
            try await ticket.outcome()
        } onCancel: {
            // What is being scanned already is scanned to the end.
            let waited = line.withLock { line -> Bool in
                let count = line.waiting.count
                line.waiting.removeAll { $0 === ticket }
                return line.waiting.count < count
            }
            if waited { ticket.finish(.failure(CancellationError())) }
        }
    }

    /// How many wait for a thread at the moment.
    var waitingCount: Int { line.withLock { $0.waiting.count } }

    private func addJob(_ line: inout Line) {
        line.jobs += 1
        pool.start { self.scanWaiting() }
    }

    /// One pass. Whoever waits longer is the next job's, which lines up behind what others want of the threads.
    private func scanWaiting() {
        let tickets = line.withLock { line -> [Ticket] in
            line.jobs -= 1
            let chosen = Self.choice(
                among: line.waiting.lazy.map(\.query), besides: line.scanned, isShared: isShared, threads: pool.width)
            let taken = chosen.map { line.waiting[$0] }
            for position in chosen.reversed() { line.waiting.remove(at: position) }
            line.scanned += taken.count
            if !line.waiting.isEmpty, line.jobs == 0 { addJob(&line) }
            return taken
        }
        guard !tickets.isEmpty else { return }
        let queries = tickets.map(\.query)
        let candidates =
            switch queries[0].mode {
            case .exact: scan.candidates(queries)
            case .approximate: approximate.candidates(queries)
            }
        line.withLock { $0.scanned -= tickets.count }
        for (ticket, candidates) in zip(tickets, candidates) {
            ticket.finish(
                Result {
                    ticket.query.plan.keepsVectors ? .answer(try candidates.answer()) : .candidates(candidates)
                })
        }
    }

    /// The positions of the queries that one thread takes next, ascending: the first one, and those behind it that can
    /// be scanned along. One thread leaves the others their part of all, which they can be at already, in whole passes of
    /// the kernel and no less than one.
    ///
    /// - Parameter scanned: How many queries the other threads are at.
    static func choice(
        among waiting: some Collection<ScanQuery>, besides scanned: Int = 0, isShared: Bool, threads: Int
    ) -> [Int] {
        guard let first = waiting.first else { return [] }
        let passes = max(1, (waiting.count + scanned) / (threads * passLimit))
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
