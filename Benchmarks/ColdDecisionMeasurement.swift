import AccessControl
import Labels

/// The first decision after policies were read anew, for a reader beside more and more labels that he may not read: how
/// much of the number of hidden labels shows in time while nothing is decided yet.
struct ColdDecisionMeasurement: Sendable {
    /// Hidden labels for each permitted one.
    private static let hidden = [0, 1, 10]

    private let permitted: Int
    private let rounds: Int
    private let calls: Int

    init(isQuick: Bool) {
        permitted = isQuick ? 100 : 1_000
        rounds = isQuick ? 3 : 25
        calls = isQuick ? 4 : 20
    }

    private enum State: String, CaseIterable {
        case reloaded = "first after a reload"
        case prepared = "first after a reload, labels prepared"
        case warm = "seen before"
    }

    func section() async throws -> Section {
        let tables = Self.hidden.map { times in
            LabelTable((0..<permitted * (times + 1)).map { (LabelID(Int64($0)), DocumentSeries.label($0)) })
        }
        let condition = "resource.project < \(permitted)"
        // One for each table: a reader keeps the decisions about the labels that he was asked about last.
        let kept = try tables.map { table in
            let reader = try SeriesReader(when: condition)
            _ = reader.permitted(among: table)
            return reader
        }
        var samples: [[Samples]] = State.allCases.map { _ in tables.map { _ in Samples() } }
        var random = RandomNumbers(seed: 23)
        for _ in 0..<rounds {
            for (number, state) in State.allCases.enumerated().shuffled(using: &random) {
                for table in tables.indices { samples[number][table].beginRound() }
                for _ in 0..<calls {
                    // One right after the other, so that what the machine does meanwhile is the same for all.
                    for table in tables.indices.shuffled(using: &random) {
                        samples[number][table].add(try milliseconds(state, condition, kept[table], tables[table]))
                    }
                }
            }
        }
        return table(samples)
    }

    /// The decision alone; reading the policies is done before.
    private func milliseconds(
        _ state: State, _ condition: String, _ kept: SeriesReader, _ table: LabelTable
    ) throws -> Double {
        let reader = state == .warm ? kept : try SeriesReader(when: condition)
        if state == .prepared { reader.authorizer.prepare(table) }
        let clock = ContinuousClock()
        let start = clock.now
        let found = reader.permitted(among: table)
        let time = Stopwatch.milliseconds(start.duration(to: clock.now))
        guard found.count == permitted else { throw UnexpectedAnswer(what: "another number of labels is permitted") }
        return time
    }

    private func table(_ samples: [[Samples]]) -> Section {
        Section(
            title: "Hidden labels in the time of a cold decision",
            explanation: [
                "A reader of \(permitted) labels beside none, as many and ten times as many that he may not read; "
                    + "`LabelAuthorizer.permittedLabels`, one policy; \(rounds) rounds of \(calls) calls. After a reload "
                    + "nothing is decided: each label is decided once, the hidden ones too. Prepared: labels were "
                    + "checked by the schema before, as an index does it when it gets new policies.",
                "t: Welch's, of all calls beside ten times as many against those beside none. The figures of a cold decision are "
                    + "published and have no target: who asks first after a reload can see how many labels there are, to "
                    + "the precision that the difference allows.",
            ],
            columns: ["decision"] + Self.hidden.map { "beside \($0)×, p50 ms" } + ["10× less 0×, µs", "t"],
            rows: zip(State.allCases, samples).map { state, samples in
                .init(
                    name: state.rawValue,
                    cells: samples.map { $0.median(decimals: 4) } + [
                        samples[2].difference(from: samples[0], decimals: 4).scaled(by: 1_000, decimals: 1),
                        Figure(samples[2].welch(against: samples[0]), decimals: 1),
                    ], latencies: LatencyHistogram(samples[2]))
            }, targets: [])
    }
}
