import Foundation
import VectorSearch

/// The exact scan beside other libraries: the same vectors, the same permitted labels, in the same rounds.
struct PeerMeasurement: Sendable {
    private static let resultCount = 10
    /// Scores of one row, computed in float32 by different libraries, may differ by this much.
    private static let scoreTolerance = 1e-6

    private let workspace: URL
    private let dataset: URL
    private let environment: String
    private let scale: Scale
    private let rounds: Int
    private let calls: Int
    private let recallQuestions: Int

    /// What the size of a data set lets be measured in minutes.
    enum Scale {
        /// A hundred thousand rows: every peer, all questions.
        case all
        /// A million: those that hold as many in little memory and are built in little time.
        case largest
    }

    /// Peers of a million rows.
    private static let largest: Set = [
        "FAISS flat, bitmap", "FAISS flat, range", "FAISS SQ8, bitmap", "sqlite-vec, partition key",
    ]

    init(workspace: URL, dataset: String, environment: String, scale: Scale, isQuick: Bool) {
        self.workspace = workspace
        self.dataset = URL(filePath: dataset)
        self.environment = environment
        self.scale = scale
        switch scale {
        case .all: (rounds, calls, recallQuestions) = isQuick ? (2, 4, 64) : (30, 12, 64)
        case .largest: (rounds, calls, recallQuestions) = isQuick ? (2, 2, 4) : (20, 10, 64)
        }
    }

    func section() async throws -> Section {
        guard PeerProcess.isThere(environment) else {
            return leftOut(
                "the peers are not in \(environment). `.ci/setup peers` installs them; `make bench` does so.")
        }
        guard AccessDataset.isThere(dataset) else {
            return leftOut(
                "there is no data set in \(dataset.path). `.ci/setup \(scale == .all ? "dataset" : "million")` makes it; "
                    + "`make bench` does so.")
        }
        let world = try AccessDataset(folder: dataset)
        let partitions = try world.partitions()
        try check(partitions, world)
        let (peers, absent) = try load(world)
        let (samples, failed) = try await samples(partitions, world, peers)
        return table(samples, world, peers, absent: absent + failed)
    }

    /// What stands in the report where something is missing.
    private func leftOut(_ reason: String) -> Section {
        Subject.peers.note("LEFT OUT: \(reason)")
        return Section(
            title: "The scan beside its peers", explanation: ["LEFT OUT: \(reason)"], columns: [], rows: [], targets: []
        )
    }

    // MARK: - Answers

    /// A peer that answered every question, with what it says about itself and what of the true best it found by share.
    private struct Peer {
        let process: PeerProcess
        let facts: [String]
        let recalls: [Double]
    }

    /// The scan finds the closest rows of the data set, but for rows whose scores cannot be told apart in float32.
    private func check(_ partitions: [Partition], _ world: AccessDataset) throws {
        let scan = ExactScan()
        for share in world.shares.indices {
            for (question, vector) in world.questions.enumerated() {
                let labels = world.readers[AccessDataset.reader(share: share, question: question)]
                let found = try scan.topK(
                    query: QueryVector(vector), k: Self.resultCount, partitions: labels.map { partitions[$0] })
                let closest = world.closestScores[share][question].prefix(Self.resultCount)
                let isSame =
                    found.count == closest.count
                    && zip(found, closest).allSatisfy { abs($0.score - $1) <= Self.scoreTolerance }
                guard isSame else {
                    throw UnexpectedAnswer(
                        what: "the scan finds other rows than are closest (share \(share), question \(question))")
                }
            }
        }
    }

    /// Hands the vectors to each peer, one after another. One that cannot be built or asked is absent, with the reason.
    private func load(_ world: AccessDataset) throws -> (peers: [Peer], absent: [String]) {
        let (vectors, questions) = (workspace.appending(path: "vectors"), workspace.appending(path: "questions"))
        defer {
            for file in [vectors, questions] { try? FileManager.default.removeItem(at: file) }
        }
        try world.components.write(to: vectors)
        try world.questions.flatMap { $0 }.withUnsafeBufferPointer { Data(buffer: $0) }.write(to: questions)
        let rows = PeerProcess.Rows(
            vectors: vectors.path, questions: questions.path, dimension: AccessDataset.dimension,
            labelRows: world.labelRows, readers: world.readers, count: Self.resultCount)
        var peers: [Peer] = []
        var absent: [String] = []
        for name in try PeerProcess.names(environment: environment)
        where scale == .all || Self.largest.contains(name) {
            Subject.peers.note("building \(name)")
            do {
                let process = try PeerProcess(name, environment: environment)
                let facts = try process.load(rows)
                let recalls = try world.shares.indices.map { try recall(of: process, world, share: $0) }
                peers.append(Peer(process: process, facts: facts, recalls: recalls))
            } catch {
                absent.append("\(name): \(error)")
                Subject.peers.note("LEFT OUT: \(name): \(error)")
            }
        }
        return (peers, absent)
    }

    /// The share of the true best rows that a peer finds. A row that the reader may not read is an error.
    private func recall(of peer: PeerProcess, _ world: AccessDataset, share: Int) throws -> Double {
        let bounds = world.labelRows.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        var (found, wanted) = (0, 0)
        for (question, vector) in world.questions.enumerated().prefix(recallQuestions) {
            let reader = AccessDataset.reader(share: share, question: question)
            let positions = try peer.answer(reader: reader, question: question)
            let permitted = world.readers[reader].map { bounds[$0]..<bounds[$0 + 1] }
            let areGood =
                Set(positions).count == positions.count && positions.count <= Self.resultCount
                && positions.allSatisfy { position in permitted.contains { $0.contains(position) } }
            guard areGood else {
                throw UnexpectedAnswer(what: "rows that reader \(reader) may not read, or rows twice")
            }
            let best = world.closestScores[share][question].prefix(Self.resultCount)
            let least = (best.last ?? 0) - Self.scoreTolerance
            found += positions.count { FixedOrderKernel.dot(vector, world.vector($0)) >= least }
            wanted += best.count
        }
        return Double(found) / Double(wanted)
    }

    // MARK: - Measuring

    /// For each share the series of ours and of each peer; names of those that failed meanwhile, with the reason.
    private func samples(
        _ partitions: [Partition], _ world: AccessDataset, _ peers: [Peer]
    ) async throws -> (samples: [Samples], failed: [String]) {
        let scan = ExactScan()
        let queries = try world.questions.map { try QueryVector($0) }
        var failed: [String] = []
        var items: [Stopwatch.Item] = []
        for share in world.shares.indices {
            let plans = try (0..<AccessDataset.holders).map { holder in
                let labels = world.readers[AccessDataset.reader(share: share, question: holder)]
                return try ScanPlan(labels.map { partitions[$0] })
            }
            items.append(
                Stopwatch.Item { number in
                    _ = try scan.topK(
                        ScanQuery(
                            queries[number % queries.count], count: Self.resultCount, in: plans[number % plans.count]))
                })
            for peer in peers {
                items.append(
                    .timedElsewhere { numbers in
                        let searches = numbers.map { number in
                            PeerProcess.Search(
                                reader: AccessDataset.reader(share: share, question: number),
                                question: number % world.questions.count)
                        }
                        do {
                            return try peer.process.time(searches)
                        } catch {
                            if !failed.contains(where: { $0.hasPrefix("\(peer.process.name): ") }) {
                                failed.append("\(peer.process.name): \(error)")
                            }
                            return searches.map { _ in 0 }
                        }
                    })
            }
        }
        var random = RandomNumbers(seed: 19)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) { round in
            if round % 10 == 0 { Subject.peers.note("\(round) of \(rounds) rounds") }
        }
        return (samples, failed)
    }

    // MARK: - The table

    private func table(_ samples: [Samples], _ world: AccessDataset, _ peers: [Peer], absent: [String]) -> Section {
        var rows: [Section.Row] = []
        var targets: [Section.Target] = []
        for (number, share) in world.shares.enumerated() {
            let first = number * (peers.count + 1)
            let own = samples[first]
            let name = "\(share.formatted()) %"
            rows.append(row("\(name): scan", own, against: nil, recall: 1))
            for (place, peer) in peers.enumerated() where !isAbsent(peer, absent) {
                let times = samples[first + 1 + place]
                let ratio = times.ratio(to: own, decimals: 2)
                rows.append(
                    row("\(name): \(peer.process.name)", times, against: ratio, recall: peer.recalls[number]))
                if let goal = Self.goal(peer.process.name, share) {
                    targets.append(.init("\(peer.process.name) takes, times the scan, \(name)", ratio, atLeast: goal))
                }
            }
        }
        return Section(
            title: "The scan beside its peers: \(world.rows) × \(AccessDataset.dimension), "
                + "\(world.labelRows.count) labels, k = \(Self.resultCount)",
            explanation: explanation(peers.filter { !isAbsent($0, absent) }, absent: absent),
            columns: ["permitted", "p50 ms", "p95 ms", "p99 ms", "times the scan", "recall"], rows: rows,
            targets: targets)
    }

    private func isAbsent(_ peer: Peer, _ absent: [String]) -> Bool {
        absent.contains { $0.hasPrefix("\(peer.process.name): ") }
    }

    /// How many times the scan's time a peer is to take at least.
    private static func goal(_ name: String, _ share: Double) -> Double? {
        switch (name, share) {
        case ("FAISS flat, bitmap", 0.1): 15
        case ("FAISS flat, bitmap", 1): 5
        case ("FAISS flat, bitmap", 10...): 3
        case ("FAISS SQ8, bitmap", 100): 2
        case ("sqlite-vec, partition key", 10): 10
        default: nil
        }
    }

    private func row(_ name: String, _ samples: Samples, against: Figure?, recall: Double) -> Section.Row {
        Section.Row(
            name: name,
            cells: [
                samples.median(decimals: 3), Figure(samples.percentile(0.95), decimals: 3),
                Figure(samples.percentile(0.99), decimals: 3), against, Figure(recall, decimals: 3),
            ], latencies: LatencyHistogram(samples))
    }

    private func explanation(_ peers: [Peer], absent: [String]) -> [String] {
        [
            "Embeddings of one-line texts, and rows grown from them (`Benchmarks/peers/make_dataset.py`); four "
                + "readers of each share, who read other labels, take turns, and so do the questions. One thread "
                + "each, all in the same rounds: \(rounds) rounds of \(calls) calls. The scan's answers are the "
                + "closest rows of the data set.",
            "Recall: the share of the true best \(Self.resultCount) rows that was found, over \(recallQuestions) questions. No"
                + " peer found a row that its reader may not read. An approximate one spends for each reader the "
                + "least effort that finds 95 % for eight of the questions, or the most that its settings offer.",
            "Scan: `ExactScan.topK` in this process over the partitions of the permitted labels. No policy, no "
                + "text, no HTTP: a search of vectors against searches of vectors.",
            "The peers are called from Python, which takes the time around the search call alone; pipes and "
                + "JSON are not counted, but Python's own part of the call is, and for PostgreSQL its socket. How "
                + "each is set: `Benchmarks/peers/engines`.",
        ] + peers.map { "\($0.process.name): \($0.facts.joined(separator: "; "))." }
            + absent.map { "LEFT OUT: \($0)." }
    }
}
