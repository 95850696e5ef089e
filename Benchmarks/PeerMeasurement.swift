import Foundation
import VectorSearch

/// The exact scan beside FAISS and sqlite-vec: the same vectors, the same permitted labels, in the same rounds.
struct PeerMeasurement: Sendable {
    private static let resultCount = 10
    /// Scores of one row, computed in float32 by different libraries, may differ by this much.
    private static let scoreTolerance = 1e-6

    private let enclave: SyntheticEnclave
    private let workspace: URL
    private let environment: String
    private let rounds: Int
    private let calls: Int

    init(workspace: URL, environment: String, isQuick: Bool) {
        enclave = SyntheticEnclave(workspace: workspace, isQuick: isQuick)
        self.workspace = workspace
        self.environment = environment
        rounds = isQuick ? 4 : 40
        calls = isQuick ? 8 : 16
    }

    func section() async throws -> Section {
        guard PeerProcess.isThere(environment) else { return leftOut }
        Subject.peers.note("building the indexes of the peers")
        let partitions = try enclave.partitions()
        let peers = try PeerProcess(environment: environment)
        let facts = try load(partitions, into: peers)
        Subject.peers.note("comparing the answers of all three")
        try check(partitions, peers)
        let samples = try await samples(partitions, peers)
        return table(samples, facts: facts)
    }

    private var title: String {
        "The scan beside its peers: \(enclave.rows) × \(SyntheticEnclave.dimension), "
            + "\(SyntheticEnclave.labelCount) labels, k = \(Self.resultCount)"
    }

    /// What stands in the report where the peers are not installed.
    private var leftOut: Section {
        let reason =
            "LEFT OUT: FAISS and sqlite-vec are not in \(environment). `.ci/setup peers` installs them; `make bench` does so."
        Subject.peers.note(reason)
        return Section(title: title, explanation: [reason], columns: [], rows: [], targets: [])
    }

    // MARK: - What is asked

    /// All readers in one list, share by share: the labels of each.
    private var readers: [[Int]] {
        SyntheticEnclave.shares.flatMap { share in
            (0..<SyntheticEnclave.holders).map { enclave.labels(share: share, holder: $0) }
        }
    }

    /// The number of a share's reader whose turn it is in a call.
    private static func reader(share: Int, call: Int) -> Int {
        share * SyntheticEnclave.holders + call % SyntheticEnclave.holders
    }

    /// Hands over the bytes that our own scan reads, in the order in which it has them.
    private func load(_ partitions: [Partition], into peers: PeerProcess) throws -> [String] {
        let (vectors, questions) = (workspace.appending(path: "vectors"), workspace.appending(path: "questions"))
        defer {
            for file in [vectors, questions] { try? FileManager.default.removeItem(at: file) }
        }
        try Data().write(to: vectors)
        let file = try FileHandle(forWritingTo: vectors)
        for chunk in partitions.flatMap(\.chunks) {
            try file.write(contentsOf: chunk.withRows { Data(buffer: $0) })
        }
        try file.close()
        let embedder = PreparedEmbedder()
        let components = (0..<PreparedEmbedder.questions).flatMap { embedder.vector($0) }
        try components.withUnsafeBufferPointer { Data(buffer: $0) }.write(to: questions)
        return try peers.load(
            PeerProcess.Rows(
                vectors: vectors.path, questions: questions.path, dimension: SyntheticEnclave.dimension,
                labelRows: enclave.labelRows, readers: readers, count: Self.resultCount))
    }

    /// The peers find the rows that the scan finds, but for rows whose scores cannot be told apart in float32.
    private func check(_ partitions: [Partition], _ peers: PeerProcess) throws {
        let scan = ExactScan()
        let embedder = PreparedEmbedder()
        for (reader, labels) in readers.enumerated() {
            for question in 0..<4 {
                let vector = embedder.vector(question)
                let query = try QueryVector(vector)
                let own = try scan.topK(query: query, k: Self.resultCount, partitions: labels.map { partitions[$0] })
                for peer in [Peer.faiss, .sqliteVec] {
                    let positions = try peers.answer(peer, reader: reader, question: question)
                    let scores = positions.compactMap { position -> Double? in
                        guard let key = enclave.key(at: position), labels.contains(Int(key.high)),
                            let row = partitions[Int(key.high)].vector(of: key)
                        else { return nil }
                        return FixedOrderKernel.dot(vector, row)
                    }
                    let isSame =
                        scores.count == Self.resultCount && Set(positions).count == Self.resultCount
                        && zip(scores, own).allSatisfy { abs($0 - $1.score) <= Self.scoreTolerance }
                    guard isSame else {
                        let place = "reader \(reader), question \(question)"
                        throw UnexpectedAnswer(what: "\(peer.rawValue) finds other rows than the scan (\(place))")
                    }
                }
            }
        }
    }

    // MARK: - Measuring

    /// Three series for each share and three without rows: ours, FAISS, sqlite-vec.
    private func samples(_ partitions: [Partition], _ peers: PeerProcess) async throws -> [Samples] {
        let scan = ExactScan()
        let embedder = PreparedEmbedder()
        let queries = try (0..<PreparedEmbedder.questions).map { try QueryVector(embedder.vector($0)) }
        func item(of peer: Peer, share: Int) -> Stopwatch.Item {
            .timedElsewhere { numbers in
                try peers.time(
                    peer,
                    numbers.map { number in
                        PeerProcess.Search(
                            reader: Self.reader(share: share, call: number),
                            question: number % PreparedEmbedder.questions)
                    })
            }
        }
        func item(of readers: [[Partition]]) throws -> Stopwatch.Item {
            let plans = try readers.map { try ScanPlan($0) }
            return Stopwatch.Item { number in
                _ = try scan.topK(
                    ScanQuery(
                        queries[number % queries.count], count: Self.resultCount, in: plans[number % plans.count]))
            }
        }
        var items: [Stopwatch.Item] = []
        for (number, share) in SyntheticEnclave.shares.enumerated() {
            let permitted = (0..<SyntheticEnclave.holders).map { holder in
                enclave.labels(share: share, holder: holder).map { partitions[$0] }
            }
            items += [
                try item(of: permitted), item(of: .faiss, share: number), item(of: .sqliteVec, share: number),
            ]
        }
        let empty = try Partition(dimension: SyntheticEnclave.dimension)
        let permitted = (0..<SyntheticEnclave.holders).map { holder in
            enclave.labels(share: SyntheticEnclave.shares[Self.shareWithoutRows], holder: holder).map { _ in empty }
        }
        items += [
            try item(of: permitted), item(of: .faissWithoutRows, share: Self.shareWithoutRows),
            item(of: .sqliteVecWithoutRows, share: Self.shareWithoutRows),
        ]
        var random = RandomNumbers(seed: 19)
        return try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) { round in
            if round % 10 == 0 { Subject.peers.note("\(round) of \(rounds) rounds") }
        }
    }

    /// The share whose filters are used where there are no rows: 10 %.
    private static let shareWithoutRows = 2

    // MARK: - The table

    private func table(_ samples: [Samples], facts: [String]) -> Section {
        var rows: [Section.Row] = []
        var targets: [Section.Target] = []
        func add(_ name: String, _ samples: Samples, against: Figure?) {
            rows.append(
                Section.Row(
                    name: name,
                    cells: [
                        samples.median(decimals: 3), Figure(samples.percentile(0.95), decimals: 3),
                        Figure(samples.percentile(0.99), decimals: 3), against,
                    ]))
        }
        let names = SyntheticEnclave.shares.map { "\($0.formatted()) %" } + ["no rows"]
        for (number, name) in names.enumerated() {
            let (own, faiss, sqliteVec) = (samples[3 * number], samples[3 * number + 1], samples[3 * number + 2])
            add("\(name): scan", own, against: nil)
            guard number < SyntheticEnclave.shares.count else {
                add("\(name): FAISS flat, bitmap", faiss, against: nil)
                add("\(name): sqlite-vec, partition key", sqliteVec, against: nil)
                continue
            }
            let ratio = faiss.ratio(to: own, decimals: 2)
            add("\(name): FAISS flat, bitmap", faiss, against: ratio)
            add("\(name): sqlite-vec, partition key", sqliteVec, against: sqliteVec.ratio(to: own, decimals: 2))
            if SyntheticEnclave.shares[number] <= 10 {
                let goal = "FAISS with the bitmap takes, times the scan, \(name) permitted"
                targets.append(.init(goal, ratio, atLeast: 1))
            }
        }
        return Section(
            title: title, explanation: explanation(facts),
            columns: ["permitted", "p50 ms", "p95 ms", "p99 ms", "times the scan"], rows: rows, targets: targets)
    }

    private func explanation(_ facts: [String]) -> [String] {
        [
            "The vectors, questions and permitted labels of the table of filtered queries, one thread each, all three in the "
                + "same rounds: \(rounds) rounds of \(calls) calls. Before them the answers of all three were compared: the "
                + "same rows, but for scores that float32 cannot tell apart.",
            "\(facts.joined(separator: "; ")).",
            "Scan: `ExactScan.topK` in this process over the partitions of the permitted labels. No policy, no text, no HTTP: "
                + "a search of vectors against searches of vectors.",
            "FAISS: `IndexFlatIP.search` with an `IDSelectorBitmap` that was made before, over rows that lie label by label, "
                + "which suits it: it meets permitted rows in long runs. At 100 % too the bitmap is passed.",
            "sqlite-vec: `vec0` in memory with the label as partition key and a prepared statement `label in (…)`, which "
                + "SQLite carries out as one search a label. Euclidean distance (faster than its cosine, the same order for "
                + "vectors of length 1), small chunks and large pages, the fastest setting found.",
            "The peers are called from Python, which takes the time around the search call alone; pipes and JSON are not "
                + "counted, but Python's own part of the call is.",
            "No rows: the same call on an index without rows, with the filters of the 10 % readers. It is what a call costs "
                + "before it searches, and it is part of the times above it.",
        ]
    }
}
