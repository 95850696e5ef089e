import AccessControl
import Cedar
import Foundation
import IndexStore
import Labels
import Passages

/// Relabelling and erasing documents of a sealed index that is there.
struct ChangeMeasurement: Sendable {
    private static let perRound = 100
    private static let single = 10
    private static let together = 100

    let series: DocumentSeries
    let isQuick: Bool

    /// Documents of a relabel: 10,000 passages.
    private var relabelled: Int { (isQuick ? 2_000 : 10_000) / DocumentSeries.passagesPerDocument }
    private var rounds: Int { isQuick ? 2 : 3 }

    func section() async throws -> Section {
        let index = try series.open()
        try await index.readVectors()
        let erasures = try await (
            erase(1, times: Self.single, from: 0, index),
            erase(Self.together, times: rounds, from: Self.single, index)
        )
        let first = Self.single + Self.together * rounds
        Subject.sealing.note("erased documents")
        let relabel = try await relabel(first..<first + relabelled, index)
        Subject.sealing.note("relabelled \(relabelled) documents")
        var (named, acknowledged): ([Double], [Double]) = ([], [])
        for round in 1...rounds {
            let start = first + round * relabelled
            let (time, rest) = try await distinguish(start..<start + relabelled, index)
            named.append(time)
            acknowledged.append(rest)
        }
        Subject.sealing.note("gave \(rounds * relabelled) documents labels of their own")
        return table(relabel: relabel, named: named, acknowledged: acknowledged, erasures)
    }

    // MARK: - What is timed

    /// Milliseconds a document of each call, as an ingest relabels it: its outline is compared, its vectors are taken from
    /// the index, it is committed.
    private func relabel(_ numbers: Range<Int>, _ index: SQLiteIndex) async throws -> Samples {
        var samples = Samples()
        let before = index.snapshot().passageCount
        for number in numbers {
            let label = (DocumentSeries.label(of: number) + 1) % DocumentSeries.labels
            let document = series.document(number, label: label, keys: index.keys)
            if (number - numbers.lowerBound) % Self.perRound == 0 { samples.beginRound() }
            samples.add(
                try await Stopwatch.milliseconds {
                    guard try await index.outline(of: document.id) != document.outline else {
                        throw UnexpectedAnswer(what: "a document has the new label already")
                    }
                    let digests = document.passages.map(\.embeddingDigest)
                    let vectors = try await index.vectors(of: digests)
                    try await index.commit(document.with(vectors: digests.compactMap { vectors[$0] }))
                })
        }
        guard index.snapshot().passageCount == before else { throw UnexpectedAnswer(what: "a relabel loses passages") }
        return samples
    }

    /// Milliseconds of one call that gives each document a label of its own, and those of them after its commit was
    /// durable.
    private func distinguish(
        _ numbers: Range<Int>, _ index: SQLiteIndex
    ) async throws -> (whole: Double, afterCommit: Double) {
        let names = ResourceNames(
            Set(
                numbers.map { number in
                    let id = index.keys.documentID(path: ByteText(DocumentSeries.path(of: number)))
                    return Labels.EntityReference(
                        type: ByteText(LabelEntity.documentType.name), id: ByteText(id.description))
                }))
        let before = index.snapshot().labels.count
        let watch = try CommitWatch(path: series.path)
        let time = try await Stopwatch.milliseconds {
            // Documents are named, whose titles get the same label: nothing is embedded.
            try await index.distinguish(
                names, embeddingText: EmbeddingText(maximumTokens: 256, countTokens: \.utf8.count)
            ) {
                _ in throw UnexpectedAnswer(what: "a named document is embedded anew")
            }
        }
        let end = ContinuousClock.now
        guard index.snapshot().labels.count == before + numbers.count else {
            throw UnexpectedAnswer(what: "not every document got a label of its own")
        }
        guard let durable = watch.finish() else { throw UnexpectedAnswer(what: "no commit was seen") }
        return (time, max(0, (end - durable) / .milliseconds(1)))
    }

    private func erase(_ count: Int, times: Int, from first: Int, _ index: SQLiteIndex) async throws -> [Double] {
        var milliseconds: [Double] = []
        for turn in 0..<times {
            let start = first + turn * count
            let documents = (start..<start + count).map {
                index.keys.documentID(path: ByteText(DocumentSeries.path(of: $0)))
            }
            let now = Date().milliseconds
            milliseconds.append(
                try await Stopwatch.milliseconds {
                    let erasure = try await index.erase(
                        documents, scope: .olderThan(now), authority: .retention(rule: "benchmark"), reason: "measured",
                        subjects: "subject", now: now)
                    guard erasure.documents.count == count else { throw UnexpectedAnswer(what: "not all were erased") }
                })
        }
        return milliseconds
    }

    // MARK: - The table

    private func table(
        relabel: Samples, named: [Double], acknowledged: [Double], _ erasures: (one: [Double], many: [Double])
    ) -> Section {
        let passages = Double(relabelled * DocumentSeries.passagesPerDocument)
        let sums = relabel.rounds.map { $0.reduce(0, +) }
        let total = sums.reduce(0, +)
        func row(_ name: String, _ milliseconds: Figure, _ perPassage: Figure?) -> Section.Row {
            Section.Row(name: name, cells: [milliseconds, perPassage])
        }
        return Section(
            title: "Relabel and erasure in an index of \(series.passages) sealed passages",
            explanation: [
                "Relabel, a commit a document: \(relabelled) documents (\(Int(passages)) passages) get another of the "
                    + "\(DocumentSeries.labels) labels, as an ingest does it: each is compared with what the index has, its "
                    + "vectors are taken from the index, it is committed durably. From the first call to the last return; "
                    + "in brackets the quartiles of stretches of \(Self.perRound) documents, scaled.",
                "Relabel, one commit: `distinguish` gives as many documents each a label of its own, because policies name "
                    + "them. Labels are sealed again, texts and vectors are not. \(rounds) calls for other documents each.",
                "Acknowledged: how long after its commit was visible to another reader of the file, and so durable, that call "
                    + "returned. Every request that starts then obeys it.",
                "Erasure: until the call returns. Keys are then destroyed, rows gone from memory and from the file, and what "
                    + "was there is overwritten. \(erasures.one.count) and \(erasures.many.count) calls.",
            ],
            columns: ["", "ms", "µs a passage"],
            rows: [
                row(
                    "relabel of \(Int(passages)) passages, a commit a document",
                    Figure(total, spreadOf: sums.map { $0 * Double(sums.count) }, decimals: 0),
                    Figure(
                        total / passages * 1000, spreadOf: sums.map { $0 * Double(sums.count) / passages * 1000 },
                        decimals: 0)),
                row(
                    "relabel of \(Int(passages)) passages, one commit", Figure(medianOf: named, decimals: 0),
                    Figure(medianOf: named.map { $0 / passages * 1000 }, decimals: 0)),
                row("acknowledged after its commit", Figure(medianOf: acknowledged, decimals: 1), nil),
                row("erasure of 1 document", Figure(medianOf: erasures.one, decimals: 1), nil),
                row("erasure of \(Self.together) documents", Figure(medianOf: erasures.many, decimals: 0), nil),
            ],
            targets: [
                .init(
                    "relabel of 10,000 passages acknowledged after its commit, ms",
                    Figure(medianOf: acknowledged, decimals: 1), atMost: 50)
            ])
    }
}
