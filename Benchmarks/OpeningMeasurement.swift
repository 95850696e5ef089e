import Foundation
import IndexStore
import Sealing
import VectorSearch

/// Filling an index by durable commits, and opening it beside a plain reading of the same records in the clear.
struct OpeningMeasurement: Sendable {
    /// Of a million passages, more than opening unsealed ones takes.
    private static let allowance = 2.0
    /// What index, plain file and their logs take on the disk, at most.
    private static let bytesPerPassage = 7_000

    let series: DocumentSeries
    let rounds: Int

    private var plain: UnsealedTable { UnsealedTable(path: series.folder.appending(path: "plain.sqlite").path) }

    // MARK: - Filling

    /// One durable commit a document.
    func fill() async throws -> Section {
        try checkDisk()
        let index = try series.open(create: true)
        var commits = Samples()
        for number in 0..<series.count {
            let document = series.document(number, keys: index.keys)
            if number % max(1, series.count / 40) == 0 { commits.beginRound() }
            commits.add(try await Stopwatch.milliseconds { try await index.commit(document) })
            if number % 10_000 == 9_999 { Subject.sealing.note("\(number + 1) of \(series.count) documents committed") }
        }
        try plain.fill(with: series, keys: index.keys)
        return Section(
            title: "Committing documents to a sealed index",
            explanation: [
                "Documents of \(DocumentSeries.passagesPerDocument) passages of about \(DocumentSeries.textBytes) bytes with "
                    + "ready vectors of \(DocumentSeries.dimension) numbers, each under one of \(DocumentSeries.labels) "
                    + "labels, one after another until the index holds \(series.passages) passages.",
                "Each is three durable commits: the key store hears what the index will be and stores the document's key, "
                    + "the index is committed, the key store hears that it is so.",
            ],
            columns: ["", "p50", "p95"],
            rows: [
                .init(
                    name: "a document, ms",
                    cells: [commits.median(decimals: 2), Figure(commits.percentile(0.95), decimals: 2)]),
                .init(name: "documents/s", cells: [commits.rate(of: 1, decimals: 0), nil]),
                .init(
                    name: "passages/s",
                    cells: [commits.rate(of: Double(DocumentSeries.passagesPerDocument), decimals: 0), nil]),
            ], targets: [])
    }

    private func checkDisk() throws {
        let needed = series.passages * Self.bytesPerPassage
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: series.folder.path)
        let free = (attributes[.systemFreeSize] as? NSNumber)?.intValue ?? 0
        guard free >= needed else {
            throw DiskTooSmall(path: series.folder.path, freeMegabytes: free / 1_000_000, needed: needed / 1_000_000)
        }
    }

    // MARK: - Opening

    func section() async throws -> Section {
        var (sealed, unsealed) = (Samples(), Samples())
        var random = RandomNumbers(seed: 23)
        // The first round is not counted: it fills the system's cache.
        for round in 0...rounds {
            for isSealed in [true, false].shuffled(using: &random) {
                let time = isSealed ? try await openSealed() : try await readPlain()
                guard round > 0 else { continue }
                if isSealed { sealed.addRound(time) } else { unsealed.addRound(time) }
            }
            if round > 0 { Subject.sealing.note("opened the index, round \(round) of \(rounds)") }
        }
        return table(sealed, unsealed)
    }

    private func openSealed() async throws -> Double {
        var index: SQLiteIndex?
        let time = try await Stopwatch.milliseconds { index = try series.open() }
        guard index?.snapshot().passageCount == series.passages else {
            throw UnexpectedAnswer(what: "the sealed index has another number of passages")
        }
        return time
    }

    private func readPlain() async throws -> Double {
        var partitions: [Partition] = []
        let time = try await Stopwatch.milliseconds { partitions = try plain.read() }
        guard partitions.reduce(0, { $0 + $1.count }) == series.passages else {
            throw UnexpectedAnswer(what: "the plain file has another number of rows")
        }
        return time
    }

    private func table(_ sealed: Samples, _ unsealed: Samples) -> Section {
        let millions = Double(series.passages) / 1e6
        let added = sealed.difference(from: unsealed, decimals: 0)
        let scaled = sealed.scaled(by: 1 / millions / 1000)
        let difference = scaled.difference(from: unsealed.scaled(by: 1 / millions / 1000), decimals: 2)
        func row(_ name: String, _ figure: Figure) -> Section.Row { Section.Row(name: name, cells: [figure]) }
        let scale = series.passages == 1_000_000 ? "a million passages" : "scaled to a million passages"
        return Section(
            title: "Opening an index of \(series.passages) sealed passages",
            explanation: [
                "\(series.count) documents, each with a data key of its own. Sealed: from the path to an index that "
                    + "answers, the key store read and compared with its digest, every key unwrapped, labels and vectors "
                    + "of every document opened, the sum of all records and the digests that content tags are made of taken, "
                    + "on two threads.",
                "Unsealed: a plain SQLite file with the same records in the clear, read by one statement and laid out by "
                    + "label in the same way, as codes, on one thread; nothing is checked.",
                "Both files are in the system's cache. Each of \(rounds) rounds opens all, in random order.",
            ],
            columns: ["", "median"],
            rows: [
                row("sealed, ms", sealed.median(decimals: 0)), row("unsealed, ms", unsealed.median(decimals: 0)),
                row("sealed adds to unsealed, ms", added),
                row("sealed adds to unsealed, \(scale), s", difference),
                row("resident memory, MB", Figure(ResidentMemory.now, decimals: 0)),
                row("index, MB", Figure(Self.megabytes(series.path), decimals: 0)),
                row("key store, MB", Figure(Self.megabytes(series.path + ".keys"), decimals: 0)),
                row("plain file, MB", Figure(Self.megabytes(plain.path), decimals: 0)),
            ], targets: [.init("sealed adds to unsealed, \(scale), s", difference, atMost: Self.allowance)])
    }

    private static func megabytes(_ path: String) -> Double {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return ((attributes?[.size] as? NSNumber)?.doubleValue ?? 0) / 1e6
    }
}

struct DiskTooSmall: Error, CustomStringConvertible {
    let path: String
    let freeMegabytes: Int
    let needed: Int

    var description: String {
        "\(path) has \(freeMegabytes) MB free, and \(needed) MB are needed: ask for fewer --passages, or set TMPDIR"
    }
}
