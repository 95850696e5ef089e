import Foundation
import IndexStore
import Synchronization
import VectorSearch

/// What an index takes in memory and how fast it answers, with its vectors in memory and in the file; and how many rows of
/// codes alone one machine holds. Each opening is a process of its own, so that none has what another left.
struct MemoryMeasurement: Sendable {
    /// What such a process does.
    enum Step: String, CaseIterable, Codable, Sendable {
        case fill, memory, memoryAgain, file, fileAgain, codes
    }

    /// What it found.
    struct Findings: Codable, Sendable {
        var openSeconds = 0.0
        /// Once more, in the memory that the process had before.
        var openAgainSeconds = 0.0
        /// Reading the vectors that memory is to have, behind the opening.
        var vectorSeconds = 0.0
        /// Milliseconds of searches by vector of who may read half, one after another while they are read.
        var searchesMeanwhile: [Double] = []
        /// Megabytes that opening and reading vectors added, and the most while they did.
        var resident = 0.0
        var peak = 0.0
        /// Milliseconds of searches by vector, for each share of labels.
        var searches: [[Double]] = []
        var wordSeconds = 0.0
        var wordMegabytes = 0.0
    }

    private static let resultCount = 10
    /// Of sixteen labels, those that a reader may read.
    private static let readable = [1, 8, 16]
    private static let codeShares = [0.1, 1, 10, 100]

    private let series: DocumentSeries
    private let rows: Int
    private let isQuick: Bool

    /// - Parameters:
    ///   - passages: Of the sealed index.
    ///   - rows: Of codes alone.
    init(workspace: URL, passages: Int, rows: Int, isQuick: Bool) {
        self.isQuick = isQuick
        self.rows = isQuick ? min(rows, 50_000) : rows
        series = DocumentSeries(
            folder: workspace.appending(path: "memory"),
            count: (isQuick ? min(passages, 20_000) : passages) / DocumentSeries.passagesPerDocument)
    }

    /// - Parameter run: Carries out a step in a process of its own.
    func sections(_ run: (Step) throws -> Findings) throws -> [Section] {
        try FileManager.default.createDirectory(at: series.folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: series.folder) }
        _ = try run(.fill)
        let rounds = isQuick ? 1 : 3
        var found: [Step: [Findings]] = [:]
        for round in 1...rounds {
            for step in [Step.memory, .memoryAgain, .file, .fileAgain] {
                found[step, default: []].append(try run(step))
            }
            Subject.memory.note("opened both ways, round \(round) of \(rounds)")
        }
        func findings(_ first: Step, _ again: Step) -> [Findings] {
            zip(found[first]!, found[again]!).map { first, again in
                var findings = first
                findings.openAgainSeconds = again.openAgainSeconds
                return findings
            }
        }
        return [
            index(findings(.memory, .memoryAgain), findings(.file, .fileAgain)), codes(try run(.codes)),
        ]
    }

    func carryOut(_ step: Step) async throws -> Findings {
        switch step {
        case .fill: try await fill()
        case .memory, .file: try await open(keepsVectors: step == .memory)
        case .memoryAgain, .fileAgain: try await openAgain(keepsVectors: step == .memoryAgain)
        case .codes: try scanCodes()
        }
    }

    // MARK: - Steps

    private func fill() async throws -> Findings {
        let index = try series.open(create: true)
        for number in 0..<series.count {
            try await index.commit(series.document(number, keys: index.keys))
            if number % 10_000 == 9_999 { Subject.memory.note("\(number + 1) of \(series.count) documents committed") }
        }
        try index.close()
        return Findings()
    }

    private func open(keepsVectors: Bool) async throws -> Findings {
        var findings = Findings()
        let before = ResidentMemory.now
        let index: SQLiteIndex
        try readFile()
        (index, findings.openSeconds) = try await opening(keepsVectors: keepsVectors)
        if keepsVectors { try await readVectors(index, &findings) }
        findings.peak = ResidentMemory.peak - before
        // As a process does that serves: holes that laying out left are closed.
        try await index.compact()
        findings.resident = ResidentMemory.now - before
        for labels in Self.readable { findings.searches.append(try await searches(index, labels: labels)) }
        let withoutWords = ResidentMemory.now
        findings.wordSeconds = try await Stopwatch.milliseconds { _ = try await index.lexicalSnapshot() } / 1000
        findings.wordMegabytes = ResidentMemory.now - withoutWords
        return findings
    }

    /// While somebody searches, as in a process that serves.
    private func readVectors(_ index: SQLiteIndex, _ findings: inout Findings) async throws {
        let reader = try SeriesReader(when: "resource.project < \(DocumentSeries.labels / 2)")
        let isRead = Mutex(false)
        async let seconds = {
            defer { isRead.withLock { $0 = true } }
            return try await Stopwatch.milliseconds { try await index.readVectors() } / 1000
        }()
        var number = 0
        while !isRead.withLock({ $0 }) {
            findings.searchesMeanwhile.append(try await search(index, reader, number))
            number += 1
        }
        findings.vectorSeconds = try await seconds
        guard index.snapshot().hasVectors else { throw UnexpectedAnswer(what: "vectors are missing") }
        Subject.memory.note("read vectors in \(Figure(findings.vectorSeconds, decimals: 2).text) s")
    }

    /// The second opening of a process, right behind the first, which finds memory that the machine still has: a virtual one
    /// gives what it does not use back to its host within seconds.
    private func openAgain(keepsVectors: Bool) async throws -> Findings {
        try readFile()
        try await opening(keepsVectors: keepsVectors).index.close()
        var findings = Findings()
        let index: SQLiteIndex
        (index, findings.openAgainSeconds) = try await opening(keepsVectors: keepsVectors)
        try index.close()
        return findings
    }

    /// Seconds.
    private func opening(keepsVectors: Bool) async throws -> (index: SQLiteIndex, seconds: Double) {
        var opened: SQLiteIndex?
        let seconds =
            try await Stopwatch.milliseconds { opened = try series.open(keepsVectors: keepsVectors) } / 1000
        guard let index = opened, index.snapshot().passageCount == series.passages else {
            throw UnexpectedAnswer(what: "the index has another number of passages")
        }
        Subject.memory.note("opened in \(Figure(seconds, decimals: 2).text) s")
        return (index, seconds)
    }

    /// What the system has let go of is in its cache again.
    private func readFile() throws {
        let file = try FileHandle(forReadingFrom: URL(filePath: series.path))
        defer { try? file.close() }
        while let part = try file.read(upToCount: 1 << 20), !part.isEmpty {}
    }

    /// Decision, scan and vectors of one search after another.
    private func searches(_ index: SQLiteIndex, labels: Int) async throws -> [Double] {
        let reader = try SeriesReader(when: "resource.project < \(labels)")
        let count = isQuick ? 20 : 200
        var times: [Double] = []
        for number in 0..<count + 5 {
            let time = try await search(index, reader, number)
            // The first ones decide, and find what may be read.
            if number >= 5 { times.append(time) }
        }
        return times
    }

    private func search(_ index: SQLiteIndex, _ reader: SeriesReader, _ number: Int) async throws -> Double {
        var random = RandomNumbers(seed: UInt64(number) + 1_000)
        let query = random.unitVector(DocumentSeries.dimension)
        return try await Stopwatch.milliseconds {
            let snapshot = index.snapshot()
            let found = try await snapshot.nearest(
                to: query, among: reader.permitted(among: snapshot.labels), limit: Self.resultCount, minimumScore: -2)
            guard found.count == Self.resultCount else {
                throw UnexpectedAnswer(what: "a search finds another number of passages")
            }
        }
    }

    /// Rows without their vectors, and scans of them up to the rows that are left to score.
    private func scanCodes() throws -> Findings {
        var findings = Findings()
        let vectors = RandomDirections(count: min(rows, 50_000))
        let before = ResidentMemory.now
        var random = RandomNumbers(seed: 6)
        let arena = try RowArena(dimension: ScanMeasurement.dimension, keepsVectors: false)
        let labels = 1_000
        let partitions = try (0..<labels).map { label in
            var builder = try PartitionBuilder(in: arena)
            for row in label * rows / labels..<(label + 1) * rows / labels {
                try builder.append(RowKey(high: random.next(), low: UInt64(row)), vectors.row(row, random: &random))
            }
            if label % 100 == 99 { Subject.memory.note("laid out \((label + 1) * rows / labels) of \(rows) rows") }
            return try builder.finish()
        }
        findings.resident = ResidentMemory.now - before
        findings.peak = ResidentMemory.peak - before
        let scan = ExactScan()
        for share in Self.codeShares {
            let plan = try ScanPlan(
                partitions.shuffled(using: &random).prefix(max(1, Int(Double(labels) * share / 100))))
            let times = try (0..<(isQuick ? 3 : 15)).map { _ in
                let query = try ScanQuery(
                    QueryVector(random.unitVector(ScanMeasurement.dimension)), count: Self.resultCount, in: plan)
                let clock = ContinuousClock()
                let start = clock.now
                _ = scan.candidates([query])
                return (clock.now - start) / .milliseconds(1)
            }
            findings.searches.append(times)
        }
        return findings
    }

    // MARK: - Tables

    private func index(_ memory: [Findings], _ file: [Findings]) -> Section {
        let millions = Double(series.passages) / 1e6
        func figure(_ findings: [Findings], _ decimals: Int, _ value: (Findings) -> Double) -> Figure {
            Figure(medianOf: findings.map(value), decimals: decimals)
        }
        func row(_ name: String, _ decimals: Int, _ value: (Findings) -> Double) -> Section.Row {
            Section.Row(name: name, cells: [figure(memory, decimals, value), figure(file, decimals, value)])
        }
        var lines = [
            row("opening, s", 2, \.openSeconds), row("opening again, s", 2, \.openAgainSeconds),
            Section.Row(
                name: "vectors, s to read behind it", cells: [figure(memory, 2, \.vectorSeconds), nil]),
        ]
        for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
            lines.append(
                Section.Row(
                    name: "search meanwhile, 50 % permitted, \(name) ms",
                    cells: [figure(memory, 2) { Samples.percentile(part, of: $0.searchesMeanwhile) }, nil]))
        }
        lines += [
            row("resident for vectors, MB", 0, \.resident), row("the most until then, MB", 0, \.peak),
        ]
        for (number, labels) in Self.readable.enumerated() {
            let share = (Double(labels) / Double(DocumentSeries.labels) * 100).formatted()
            for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
                lines.append(
                    row("search, \(share) % permitted, \(name) ms", 2) {
                        Samples.percentile(part, of: $0.searches[number])
                    })
            }
        }
        lines += [row("words, s to read", 1, \.wordSeconds), row("words, MB beside", 0, \.wordMegabytes)]
        return Section(
            title: "Memory: \(series.passages) sealed passages, vectors in memory and in the file",
            explanation: [
                "The index of the section on sealing, under \(DocumentSeries.labels) labels; each opening in a new process. "
                    + "Resident: what opening adds to the process, with its keys and caches, once the holes that laying out left "
                    + "are closed, as `serve` does at its start; the targets are for a million passages, "
                    + "and the figures are scaled to that.",
                "Opening: by a new process, the file read just before, so that it is in the system's cache. Again: the second "
                    + "opening of a process, as soon as the first index is closed. When an index is open its codes are in "
                    + "memory; float32 vectors are read behind it, while questions take what they need of them from the "
                    + "file. Both include what the system takes to give the memory: a virtual machine asks its host for "
                    + "pages that it has not used for seconds.",
                "Search: decision, scan, and in the file the vectors of the rows that the scan leaves, k = "
                    + "\(Self.resultCount), one after another, all files in the system's cache.",
            ],
            columns: ["", "in memory", "in the file"], rows: lines,
            targets: [
                .init(
                    "GB a million passages, vectors in memory",
                    figure(memory, 2) { $0.resident / 1000 / millions }, atMost: 2.2),
                .init(
                    "GB a million passages, vectors in the file",
                    figure(file, 2) { $0.resident / 1000 / millions }, atMost: 0.6),
                .init(
                    "seconds to open a million, warm, vectors in memory",
                    figure(memory, 2) { $0.openSeconds / millions }, atMost: 3),
            ])
    }

    private func codes(_ findings: Findings) -> Section {
        let lines = zip(Self.codeShares, findings.searches).map { share, times in
            Section.Row(
                name: "\(share.formatted()) % permitted",
                cells: [0.5, 0.95].map { Figure(Samples.percentile($0, of: times), decimals: 2) })
        }
        let resident = Figure(findings.resident / 1000, decimals: 2)
        return Section(
            title: "Codes alone: \(rows) × \(ScanMeasurement.dimension), one thread",
            explanation: [
                "The rows of the section on the exact scan without their vectors, under 1000 labels. A scan ends with the rows "
                    + "that are left to score. Resident: \(resident.text) GB, at most "
                    + "\((Figure(findings.peak / 1000, decimals: 2)).text) GB on the way.",
                "Ten million: `Benchmarks --only memory --rows 10000000`.",
            ],
            columns: ["permitted", "p50 ms", "p95 ms"], rows: lines,
            targets: [
                .init(
                    "GB of ten million rows" + (rows == 10_000_000 ? "" : ", scaled"),
                    Figure(findings.resident / 1000 * 1e7 / Double(rows), decimals: 2), atMost: 6)
            ])
    }
}
