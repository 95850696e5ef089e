import AccessControl
import Cedar
import Foundation
import IndexStore
import QueryService
import Retrieval
import VectorSearch

/// A filtered query: the scan by itself, the whole line in process, and the whole line over HTTP.
struct QueryMeasurement: Sendable {
    private static let resultCount = 10
    private let enclave: SyntheticEnclave
    private let rounds: Int
    private let calls: Int

    init(workspace: URL, isQuick: Bool) {
        enclave = SyntheticEnclave(workspace: workspace, isQuick: isQuick)
        rounds = isQuick ? 4 : 60
        calls = isQuick ? 8 : 24
    }

    /// One person of one share: his rows outside of the index, his request, his token.
    private struct Reader: Sendable {
        let plan: ScanPlan
        let request: AccessRequest
        let token: String
    }

    func sections() async throws -> [Section] {
        let opening = try await openings()
        let engine = try await enclave.engine()
        // As a process that serves does.
        try await engine.index.readVectors()
        let memory = ResidentMemory.now
        let all = try await readers(engine)
        Subject.query.note("comparing the answers of all three ways")
        try await check(engine, all)
        var measured: [Samples] = []
        try await ServedEngine.with(engine) { port in
            measured = try await samples(engine, LoopbackConnection(port: port), all)
        }
        return [table(measured), openingTable(opening, memory: memory)]
    }

    // MARK: - Opening

    private func openings() async throws -> Samples {
        var samples = Samples()
        for round in 0..<(rounds < 10 ? 2 : 7) {
            samples.beginRound()
            samples.add(try await Stopwatch.milliseconds { _ = try await enclave.engine() })
            Subject.query.note("opened the index, round \(round + 1)")
        }
        return samples
    }

    private func openingTable(_ opening: Samples, memory: Double) -> Section {
        Section(
            title: "Opening an index of \(enclave.rows) rows",
            explanation: [
                "Time from the folder to an engine that answers: rules and policies read, SQLite opened, every vector "
                    + "read and laid out by label as codes. The file is in the system's cache.",
                "Memory is VmRSS after the last opening, when vectors are in memory too; these alone take "
                    + "\(enclave.rows * SyntheticEnclave.dimension * 4 / 1_000_000) MB.",
            ],
            columns: ["", "median"],
            rows: [
                .init(name: "open, ms", cells: [opening.median(decimals: 0)]),
                .init(name: "resident memory, MB", cells: [Figure(memory, decimals: 0)]),
            ], targets: [])
    }

    // MARK: - What is asked

    private func readers(_ engine: Engine) async throws -> [[Reader]] {
        let partitions = try enclave.partitions()
        guard let network = IPAddress(parsing: "127.0.0.1") else { throw UnexpectedAnswer(what: "127.0.0.1") }
        let current = engine.current.enclave
        let issuer = try DevelopmentIssuer(enclave: current)
        var all: [[Reader]] = []
        for share in SyntheticEnclave.shares {
            var readers: [Reader] = []
            for holder in 0..<SyntheticEnclave.holders {
                let person = enclave.person(share: share, holder: holder)
                let caller = try Caller(developmentIdentity: person, enclave: current)
                readers.append(
                    Reader(
                        plan: try ScanPlan(enclave.labels(share: share, holder: holder).map { partitions[$0] }),
                        request: try caller.accessRequest(
                            purpose: "work", network: network, now: Int64(Date().timeIntervalSince1970 * 1000)),
                        token: try await issuer.token(for: person)))
            }
            all.append(readers)
        }
        return all
    }

    /// All three ways find the same rows.
    private func check(_ engine: Engine, _ all: [[Reader]]) async throws {
        let scan = ExactScan()
        let embedder = PreparedEmbedder()
        for (share, readers) in zip(SyntheticEnclave.shares, all) {
            for (number, reader) in readers.enumerated() {
                let query = try QueryVector(embedder.vector(number))
                let rows = try scan.topK(ScanQuery(query, count: Self.resultCount, in: reader.plan))
                let answer = try await engine.current.retriever.retrieve(try self.query(number), for: reader.request)
                guard answer.results.map(\.score) == rows.map(\.score), rows.count == Self.resultCount else {
                    throw UnexpectedAnswer(what: "scan and retriever differ at \(share) % permitted")
                }
            }
        }
    }

    private func query(_ number: Int) throws -> Query {
        try Query(
            text: PreparedEmbedder.question(number), count: Self.resultCount, options: SearchOptions(mode: .vector),
            limits: Query.Limits(queryBytes: 1_000, results: Self.resultCount))
    }

    // MARK: - Measuring

    /// Four series for each share: stream, scan, in process, HTTP.
    private func samples(_ engine: Engine, _ server: LoopbackConnection, _ all: [[Reader]]) async throws -> [Samples] {
        let scan = ExactScan()
        let embedder = PreparedEmbedder()
        let retriever = engine.current.retriever
        var items: [Stopwatch.Item] = []
        for readers in all {
            let questions = try readers.map { reader in
                try (0..<PreparedEmbedder.questions).map { number in
                    let text = PreparedEmbedder.question(number)
                    return (
                        LoopbackConnection.request(
                            path: "/v1/retrieve",
                            body:
                                #"{"query": "\#(text)", "k": \#(Self.resultCount), "purpose": "work", "mode": "vector"}"#,
                            token: reader.token),
                        try QueryVector(embedder.vector(number)), try query(number)
                    )
                }
            }
            func turn(_ number: Int) -> (Reader, ([UInt8], QueryVector, Query)) {
                let holder = number % readers.count
                return (readers[holder], questions[holder][number % PreparedEmbedder.questions])
            }
            items.append(Stopwatch.Item { number in _ = turn(number).0.plan.stream() })
            items.append(
                Stopwatch.Item { number in
                    let (reader, question) = turn(number)
                    _ = try scan.topK(ScanQuery(question.1, count: Self.resultCount, in: reader.plan))
                })
            items.append(
                Stopwatch.Item(alternating: [
                    { number in
                        let (reader, question) = turn(number)
                        _ = try await retriever.retrieve(question.2, for: reader.request)
                    },
                    { number in _ = try server.exchange(turn(number).1.0) },
                ]))
            guard try ServedEngine.resultCount(server.exchange(turn(0).1.0)) == Self.resultCount else {
                throw UnexpectedAnswer(what: "HTTP gives another number of results")
            }
        }
        var random = RandomNumbers(seed: 3)
        return try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) { round in
            if round % 10 == 0 { Subject.query.note("\(round) of \(rounds) rounds") }
        }
    }

    // MARK: - The table

    private func table(_ samples: [Samples]) -> Section {
        var rows: [Section.Row] = []
        var targets: [Section.Target] = []
        for (number, share) in SyntheticEnclave.shares.enumerated() {
            let (stream, scan) = (samples[4 * number], samples[4 * number + 1])
            let (process, http) = (samples[4 * number + 2], samples[4 * number + 3])
            func row(_ name: String, _ samples: Samples, against: Figure?) -> Section.Row {
                Section.Row(
                    name: "\(share.formatted()) %: \(name)",
                    cells: [
                        samples.median(decimals: 3), Figure(samples.percentile(0.95), decimals: 3),
                        Figure(samples.percentile(0.99), decimals: 3), against,
                    ])
            }
            let added = http.difference(from: process, decimals: 3)
            rows += [
                row("streaming read", stream, against: nil),
                row("scan", scan, against: scan.ratio(to: stream, decimals: 2)),
                row("in process", process, against: process.difference(from: scan, decimals: 3)),
                row("HTTP", http, against: added),
            ]
            targets.append(.init("HTTP adds at p50, \(share.formatted()) % permitted, ms", added, atMost: 0.5))
        }
        return Section(
            title: "A filtered query: \(enclave.rows) × \(SyntheticEnclave.dimension), \(SyntheticEnclave.labelCount) "
                + "labels, k = \(Self.resultCount)",
            explanation: explanation, columns: ["permitted", "p50 ms", "p95 ms", "p99 ms", "compared"], rows: rows,
            targets: targets)
    }

    private var explanation: [String] {
        let shares = SyntheticEnclave.shares.map { share in
            let holders = 0..<SyntheticEnclave.holders
            let rows = holders.map { enclave.rows(share: share, holder: $0) }.reduce(0, +) / holders.count
            let labels = holders.map { enclave.labels(share: share, holder: $0).count }.reduce(0, +) / holders.count
            return "\(share.formatted()) %: \(rows) rows under \(labels) labels"
        }
        return [
            "Permitted is the share of rows that the caller may read (\(shares.joined(separator: "; "))). "
                + "\(SyntheticEnclave.holders) callers of each share, who read different labels, take turns, and so do "
                + "\(PreparedEmbedder.questions) questions; \(rounds) rounds of \(calls) calls.",
            ScanMeasurement.streaming + " Compared: nothing.",
            "Scan: the exact scan on one thread, the partitions at hand. Compared: how many times the streaming read.",
            "In process: `Retriever.retrieve`: policy decisions, scan, texts from SQLite, answer; one request at a time. "
                + "The question's vector is ready. Compared: what it adds to the scan, ms.",
            "HTTP: `POST /v1/retrieve` on loopback over a connection kept open, with an ES256 bearer token, until the "
                + "answer's last byte; the client is a plain blocking socket. Each call follows the same one in process. "
                + "Compared: what it adds to the line before, ms.",
        ]
    }
}
