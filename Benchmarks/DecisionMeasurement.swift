import AccessControl
import Cedar
import Foundation
import Labels

/// Policy decisions by themselves, and beside the official engine on the same policies and labels.
struct DecisionMeasurement: Sendable {
    private let workspace: URL
    private let environment: String
    private let rounds: Int
    private let mixedCount: Int
    private let patientCount: Int

    init(workspace: URL, environment: String, isQuick: Bool) {
        self.workspace = workspace
        self.environment = environment
        rounds = isQuick ? 3 : 25
        mixedCount = isQuick ? 1_000 : 10_000
        patientCount = isQuick ? 10_000 : 100_000
    }

    func section() async throws -> Section {
        let mixed = DecisionWorld.mixed(mixedCount)
        let patients = DecisionWorld.patients(patientCount)
        Subject.policy.note("checking the labels of \(mixedCount) and of \(patientCount)")
        let (mixedWorld, patientWorld) = (try Prepared(mixed), try Prepared(patients))
        var random = RandomNumbers(seed: 5)
        let json = mixed.labelEntitiesJSON()
        let schema = try Schema(parsing: DecisionWorld.schema)
        // Requests never come back, so that none finds the decisions of another.
        let serial = Counter()
        let samples = try await Stopwatch.interleave(
            [
                Stopwatch.Item { _ in try mixedWorld.decide(DecisionWorld.request(serial.next())) },
                Stopwatch.Item { _ in try patientWorld.decide(DecisionWorld.request(serial.next())) },
                Stopwatch.Item { _ in try patientWorld.decide(DecisionWorld.request(0)) },
                Stopwatch.Item.timedElsewhere { numbers in
                    try numbers.map { _ in try patientWorld.millisecondsOfOneMore(isPrepared: true) }
                },
                Stopwatch.Item.timedElsewhere { numbers in
                    try numbers.map { _ in try patientWorld.millisecondsOfOneMore(isPrepared: false) }
                },
                Stopwatch.Item { _ in
                    guard try Entities(json: json, schema: schema).count > mixed.labels.count else {
                        throw UnexpectedAnswer(what: "entities are missing")
                    }
                },
            ], rounds: rounds, calls: 3, random: &random)
        return table(samples, peer: try peer(mixed, allowed: mixedWorld.permitted))
    }

    private final class Counter {
        private var value = 0

        func next() -> Int {
            value += 1
            return value
        }
    }

    /// Labels that have been checked, and what decides them.
    private final class Prepared {
        private let authorizer: LabelAuthorizer
        private let table: LabelTable
        private var grown: LabelTable
        /// What `grown` is decided for, each time that it grows.
        private let growing: AccessRequest
        /// How many labels the reader may read.
        let permitted: Int
        init(_ world: DecisionWorld) throws {
            authorizer = try world.authorizer()
            table = world.table
            grown = table
            growing = try DecisionWorld.request(-1)
            _ = authorizer.permittedLabels(among: grown, for: growing)
            let found = try authorizer.permittedLabels(among: table, for: DecisionWorld.request(0))
            guard found.report.nonconforming == 0, found.report.decided == table.count, found.report.failures.isEmpty
            else { throw UnexpectedAnswer(what: "labels that the schema does not allow") }
            permitted = found.count
        }

        func decide(_ request: AccessRequest) throws {
            guard authorizer.permittedLabels(among: table, for: request).count == permitted else {
                throw UnexpectedAnswer(what: "another number of labels is permitted")
            }
        }

        /// The decision for one label more.
        ///
        /// - Parameter isPrepared: Whether the label was prepared when it was added, as an index does it.
        func millisecondsOfOneMore(isPrepared: Bool) throws -> Double {
            let number = grown.count
            grown.append(DecisionWorld.label(number, patients: .max), id: LabelID(Int64(number)))
            if isPrepared { authorizer.prepare(grown) }
            let clock = ContinuousClock()
            let start = clock.now
            let found = authorizer.permittedLabels(among: grown, for: growing)
            let time = Stopwatch.milliseconds(start.duration(to: clock.now))
            guard found.report.decided == grown.count else { throw UnexpectedAnswer(what: "a label is not decided") }
            return time
        }
    }

    // MARK: - The official engine

    /// What the official engine took for the same: seconds of the processor a batch of all labels, and seconds of reading.
    private struct Peer: Decodable {
        let allowed: Int
        let batchSeconds: [Double]
        let readingSeconds: [Double]
    }

    /// Nil where it is not installed.
    private func peer(_ world: DecisionWorld, allowed: Int) throws -> Peer? {
        guard PeerProcess.isThere(environment) else {
            Subject.policy.note("the official engine is not in \(environment); `.ci/setup cedarpy` installs it")
            return nil
        }
        Subject.policy.note("the official engine on the same")
        let file = workspace.appending(path: "decisions.json")
        try JSONEncoder().encode(world.peerInput(DecisionWorld.request(0))).write(to: file)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "\(environment)/bin/python3")
        process.arguments = ["Benchmarks/peers/time_cedarpy.py", file.path, "5"]
        process.standardOutput = output
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let peer = try decoder.decode(Peer.self, from: answer)
        guard peer.allowed == allowed else {
            throw UnexpectedAnswer(what: "the official engine allows \(peer.allowed) labels, we \(allowed)")
        }
        return peer
    }

    // MARK: - The table

    private func table(_ samples: [Samples], peer: Peer?) -> Section {
        let (mixed, patients, cached, added) = (samples[0], samples[1], samples[2], samples[3])
        let (unprepared, reading) = (samples[4], samples[5])
        func each(_ samples: Samples, of count: Int) -> Figure {
            Figure(
                samples.percentile(0.5) * 1000 / Double(count),
                spreadOf: samples.roundMedians.map { $0 * 1000 / Double(count) }, decimals: 3)
        }
        func microseconds(_ samples: Samples) -> Figure {
            Figure(
                samples.percentile(0.5) * 1000, spreadOf: samples.roundMedians.map { $0 * 1000 }, decimals: 1)
        }
        var rows: [Section.Row] = [
            .init(
                name: "\(mixedCount) labels, new request",
                cells: [mixed.median(decimals: 3), each(mixed, of: mixedCount)]),
            .init(
                name: "\(patientCount) patients, new request",
                cells: [patients.median(decimals: 2), each(patients, of: patientCount)]),
            .init(
                name: "\(patientCount) patients, one label added",
                cells: [added.median(decimals: 4), microseconds(added)]),
            .init(
                name: "\(patientCount) patients, one label added, not prepared",
                cells: [unprepared.median(decimals: 4), microseconds(unprepared)]),
            .init(
                name: "\(patientCount) patients, request seen before",
                cells: [cached.median(decimals: 4), nil]),
            .init(name: "reading \(mixedCount) entities by the schema", cells: [reading.median(decimals: 1), nil]),
        ]
        var targets: [Section.Target] = [
            .init("a label, new request, µs", each(mixed, of: mixedCount), atMost: 2),
            .init("\(patientCount) patients, new request, ms", patients.median(decimals: 1), atMost: 100),
            .init("one label added, µs", microseconds(added), atMost: 50),
            .init("request seen before, all labels, µs", microseconds(cached), atMost: 50),
        ]
        if let peer {
            let batches = peer.batchSeconds.map { $0 * 1000 }
            let decision = Figure(
                medianOf: peer.batchSeconds.map { $0 * 1e6 / Double(mixedCount) }, decimals: 1)
            let read = Figure(medianOf: peer.readingSeconds.map { $0 * 1000 }, decimals: 1)
            rows += [
                .init(
                    name: "official engine, \(mixedCount) requests, processor time",
                    cells: [Figure(medianOf: batches, decimals: 0), decision]),
                .init(name: "official engine, reading \(mixedCount) entities", cells: [read, nil]),
            ]
            targets.append(
                .init(
                    "reading entities, official engine / ours",
                    Figure(read.value / reading.percentile(0.5), decimals: 2), atLeast: 1))
        }
        return Section(
            title: "Policy decisions: \(DecisionWorld.policies.count) policies",
            explanation: [
                "`LabelAuthorizer.permittedLabels` on one thread, the policies specialised for the request in the same time. "
                    + "New request: no decision is kept for it. The labels have been checked by the schema and their values "
                    + "numbered before, once for all requests. Patients: one label for each.",
                "One label added: the next request after it. An index prepares a label, that is checks it by the schema and "
                    + "numbers its values, before the commit that adds it is in force; not prepared: the request does it.",
                "Seen before: the policies cannot tell the request from an earlier one.",
                "Official engine: cedarpy 4.12, `is_authorized_batch` with the same policies, each label an entity; the "
                    + "same labels are permitted. Its reading is one `is_authorized` without policies, by the schema.",
            ],
            columns: ["", "ms", "µs a label"], rows: rows, targets: targets)
    }
}
