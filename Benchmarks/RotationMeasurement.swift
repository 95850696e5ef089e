import Foundation
import IndexStore
import Labels
import Sealing
import Synchronization

/// Rotation of every data key of an index while it is searched.
struct RotationMeasurement: Sendable {
    /// Data keys of a step, as in `keys rotate`.
    private static let step = 500
    private static let resultCount = 10

    let series: DocumentSeries
    let rounds: Int

    func section() async throws -> Section {
        let index = try series.open()
        try await index.readVectors()
        let reader = try SeriesReader(when: "resource.project == 3")
        var (alone, rotation, during) = (Samples(), Samples(), Samples())
        var keys = 0
        for round in 1...rounds {
            rotation.beginRound()
            let finished = Mutex(false)
            async let searches = search(index, reader) { finished.withLock { $0 } }
            let time = try await Stopwatch.milliseconds { keys = try await rotate(index.keyStore) }
            finished.withLock { $0 = true }
            rotation.add(time)
            during.addRound(try await searches)
            let clock = ContinuousClock()
            let end = clock.now + .milliseconds(Int(time))
            alone.addRound(try await search(index, reader) { clock.now >= end })
            Subject.sealing.note("rotated \(keys) data keys, round \(round) of \(rounds)")
        }
        return table(keys: keys, rotation, during: during, alone: alone)
    }

    // MARK: - What is timed

    /// As `keys rotate` does it. The number of keys.
    private func rotate(_ keyStore: KeyStore) async throws -> Int {
        guard let root = try series.root.candidates().first else { throw UnexpectedAnswer(what: "no root key") }
        try keyStore.beginEpoch(root: root)
        let keys = try keyStore.status().waiting
        while try keyStore.rewrap(limit: Self.step) > 0 { try await Task.sleep(for: .milliseconds(1)) }
        try keyStore.retireEpochs()
        guard try keyStore.status().epochs.count == 1 else { throw UnexpectedAnswer(what: "an epoch is left") }
        return keys
    }

    /// Milliseconds of each search, one after another: decision, scan, texts.
    private func search(
        _ index: SQLiteIndex, _ reader: SeriesReader, until isOver: @Sendable () -> Bool
    ) async throws -> [Double] {
        let queries = (0..<64).map { number in
            var random = RandomNumbers(seed: UInt64(number) + 1_000)
            return random.unitVector(DocumentSeries.dimension)
        }
        var times: [Double] = []
        repeat {
            let query = queries[times.count % queries.count]
            times.append(
                try await Stopwatch.milliseconds {
                    let snapshot = index.snapshot()
                    let permitted = reader.permitted(among: snapshot.labels)
                    let found = try await snapshot.nearest(
                        to: query, among: permitted, limit: Self.resultCount, minimumScore: -2)
                    guard try await snapshot.passages(found, permitted: permitted).count == Self.resultCount else {
                        throw UnexpectedAnswer(what: "a search finds another number of passages")
                    }
                })
        } while !isOver()
        return times
    }

    // MARK: - The table

    private func table(keys: Int, _ rotation: Samples, during: Samples, alone: Samples) -> Section {
        func search(_ name: String, _ share: Double) -> Section.Row {
            func figure(_ samples: Samples) -> Figure {
                Figure(
                    samples.percentile(share), spreadOf: samples.rounds.map { Samples.percentile(share, of: $0) },
                    decimals: 2)
            }
            return Section.Row(name: name, cells: [figure(alone), figure(during)])
        }
        return Section(
            title: "Rotation of \(keys) data keys while searching",
            explanation: [
                "A new epoch, every data key wrapped anew under it in steps of \(Self.step), each one durable commit, and the "
                    + "old epoch removed. \(rounds) rotations.",
                "Meanwhile one search after another: decision, scan of \(series.passages / DocumentSeries.labels) rows, texts "
                    + "of \(Self.resultCount) passages of as many documents; \(during.count) searches while keys rotate and "
                    + "\(alone.count) in between.",
            ],
            columns: ["", "alone", "while keys rotate"],
            rows: [
                .init(name: "rotation, s", cells: [nil, rotation.scaled(by: 0.001).median(decimals: 2)]),
                .init(name: "keys/s", cells: [nil, rotation.rate(of: Double(keys), decimals: 0)]),
                search("search, p50 ms", 0.5), search("search, p99 ms", 0.99),
            ], targets: [])
    }
}
