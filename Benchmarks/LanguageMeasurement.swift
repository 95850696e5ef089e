import CedarFuzzing
import Foundation

/// Our engine and the official one on random cases: not how fast, but whether they say the same.
struct LanguageMeasurement: Sendable {
    private let requests: Int
    private let environment: String
    private let seed = UInt64.random(in: 1..<1 << 32)

    init(environment: String, isQuick: Bool) {
        requests = isQuick ? 5_000 : 200_000
        self.environment = environment
    }

    func section() async throws -> Section {
        let title = "The policy language beside the official engine, seed \(seed)"
        guard PeerProcess.isThere(environment), let official = OfficialEngine.installed else {
            let reason = "LEFT OUT: the official engine is not in \(environment); `.ci/setup cedarpy` installs it."
            Subject.language.note(reason)
            return Section(title: title, explanation: [reason], columns: [], rows: [], targets: [])
        }
        let clock = ContinuousClock()
        let start = clock.now
        let result = try await FuzzRun(seed: seed, official: official).run(requests: requests) { tally in
            if tally.cases % 2_000 == 0 { Subject.language.note("\(tally.requests) of \(requests) requests") }
        }
        let seconds = Stopwatch.milliseconds(start.duration(to: clock.now)) / 1000
        for disagreement in result.disagreements { Subject.language.note("\(disagreement)") }
        func figure(_ count: Int) -> [Figure?] { [Figure(Double(count), decimals: 0)] }
        let tally = result.tally
        return Section(
            title: title,
            explanation: [
                "Random schemas, policy sets with templates and links, entities, requests and malformed text, put to both "
                    + "engines (`Tests/CedarFuzzing`). They agree where both read a case or both refuse it, and then give the "
                    + "same validation verdict, decision, determining policies and presence of errors. Seconds include "
                    + "making the cases and the official engine's share."
            ],
            columns: ["", ""],
            rows: [
                .init(name: "cases", cells: figure(tally.cases)),
                .init(name: "requests", cells: figure(tally.requests)),
                .init(name: "cases that must not be read", cells: figure(tally.unreadable)),
                .init(name: "cases that are strictly valid", cells: figure(tally.valid)),
                .init(name: "requests decided", cells: figure(tally.decided)),
                .init(name: "… allowed", cells: figure(tally.allowed)),
                .init(name: "… with a policy that fails", cells: figure(tally.withErrors)),
                .init(name: "… decided by a link of a template", cells: figure(tally.byLink)),
                .init(name: "disagreements", cells: figure(result.disagreements.count)),
                .init(name: "seconds", cells: [Figure(seconds, decimals: 0)]),
            ],
            targets: [
                .init("disagreements", Figure(Double(result.disagreements.count), decimals: 0), atMost: 0),
                .init("requests compared", Figure(Double(tally.requests), decimals: 0), atLeast: Double(requests)),
            ])
    }
}
