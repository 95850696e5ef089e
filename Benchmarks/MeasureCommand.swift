import ArgumentParser
import Foundation

/// `make bench`.
@main
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Benchmarks", abstract: "Measures speed and memory, and says what was reached and what was not.")

    @Option(help: "Write the tables as Markdown to this file.")
    var write: String?

    @Option(help: "Write everything as JSON to this file.")
    var json: String?

    @Option(help: "Measure this alone (repeatable): \(Subject.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only: [Subject] = []

    @Flag(help: "Fewer rows and rounds: to see that it works, not for figures.")
    var quick = false

    @Option(help: "Passages of the sealed index; a million needs 7 GB on the disk of temporary files.")
    var passages = SealingMeasurement.passages

    @Option(help: "Rows of codes alone; ten million need 5 GB of memory.")
    var rows = 1_000_000

    @Option(help: "The folder of the embedding model.")
    var model = ".cache/models/all-MiniLM-L6-v2"

    @Option(help: "The enclave that is ingested.")
    var enclave = "corpus/aerospace"

    @Option(help: "The Python environment of the peers, which `.ci/setup peers` makes.")
    var peers = ".cache/peers"

    @Option(help: "The data set that the scan and its peers search, which `.ci/setup dataset` makes.")
    var dataset = ".cache/dataset"

    @Option(help: "The same with a million rows, which `.ci/setup million` makes.")
    var million = ".cache/dataset-1000000"

    @Option(help: "The Python environment of the official Cedar engine, which `.ci/setup cedarpy` makes.")
    var cedarpy = ".cache/cedarpy"

    @Option(help: "The Python environment of onnxruntime, which `.ci/setup onnxruntime` makes.")
    var onnxruntime = ".cache/onnxruntime"

    @Option(help: .hidden)
    var subject: Subject?

    @Option(help: .hidden)
    var workspace: String?

    @Option(help: .hidden)
    var step: String?

    func validate() throws {
        guard passages >= SealingMeasurement.leastPassages else {
            throw ValidationError(
                "--passages \(passages): at least \(SealingMeasurement.leastPassages) are needed; give a larger number."
            )
        }
    }

    func run() async throws {
        if let subject, let workspace {
            try await measure(subject, in: URL(filePath: workspace))
        } else {
            try measureAll()
        }
    }

    /// One process a subject, so that none finds memory or caches that another left.
    private func measureAll() throws {
        let machine = Machine.current
        let workspace = FileManager.default.temporaryDirectory.appending(path: "portcullis-bench-\(getpid())")
        try FileManager.default.createDirectory(at: workspace, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: workspace) }
        let subjects = Subject.allCases.filter { subject in
            only.isEmpty || only.contains(subject) || only.contains { $0.needed == subject }
        }
        var sections: [Section] = []
        for subject in subjects {
            let child = Process()
            child.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            child.arguments = arguments(subject, in: workspace)
            try child.run()
            child.waitUntilExit()
            guard child.terminationStatus == 0 else { throw ExitCode.failure }
            let data = try Data(contentsOf: workspace.appending(path: "\(subject).json"))
            sections += try JSONDecoder().decode([Section].self, from: data)
        }
        let command = (["Benchmarks"] + CommandLine.arguments.dropFirst()).joined(separator: " ")
        let report = Report(
            command: command, date: Date().formatted(.iso8601.year().month().day()), isQuick: quick, machine: machine,
            sections: sections)
        print(report.terminal)
        if let write { try Data(report.markdown.utf8).write(to: URL(filePath: write)) }
        if let json { try report.json.write(to: URL(filePath: json)) }
    }

    /// Of a process that measures a subject.
    private func arguments(_ subject: Subject, in workspace: URL) -> [String] {
        ["--subject", subject.rawValue, "--workspace", workspace.path, "--model", model, "--enclave", enclave]
            + ["--peers", peers, "--dataset", dataset, "--million", million, "--cedarpy", cedarpy]
            + ["--onnxruntime", onnxruntime, "--passages", String(passages), "--rows", String(rows)]
            + (quick ? ["--quick"] : [])
    }

    /// A step of a measurement, in a process of its own.
    private func findings(of step: MemoryMeasurement.Step, in workspace: URL) throws -> MemoryMeasurement.Findings {
        let child = Process()
        child.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = arguments(.memory, in: workspace) + ["--step", step.rawValue]
        try child.run()
        child.waitUntilExit()
        guard child.terminationStatus == 0 else { throw ExitCode.failure }
        let data = try Data(contentsOf: workspace.appending(path: "step.json"))
        return try JSONDecoder().decode(MemoryMeasurement.Findings.self, from: data)
    }

    private func measure(_ subject: Subject, in workspace: URL) async throws {
        let sections: [Section]
        switch subject {
        case .index:
            sections = [try await SyntheticEnclave(workspace: workspace, isQuick: quick).build()]
        case .query:
            sections = try await QueryMeasurement(workspace: workspace, isQuick: quick).sections()
        case .peers:
            sections = [
                try await PeerMeasurement(
                    workspace: workspace, dataset: dataset, environment: peers, scale: .all, isQuick: quick
                ).section()
            ]
        case .million:
            sections = [
                try await PeerMeasurement(
                    workspace: workspace, dataset: million, environment: peers, scale: .largest, isQuick: quick
                ).section()
            ]
        case .scan:
            sections = try await ScanMeasurement(dataset: dataset, million: million, isQuick: quick).sections()
        case .lexical:
            sections = try await LexicalMeasurement(isQuick: quick).sections()
        case .search:
            sections = try await SearchMeasurement(workspace: workspace, isQuick: quick).sections()
        case .policy:
            sections = [
                try await DecisionMeasurement(workspace: workspace, environment: cedarpy, isQuick: quick).section()
            ]
        case .language:
            sections = [try await LanguageMeasurement(environment: cedarpy, isQuick: quick).section()]
        case .sealing:
            sections = try await SealingMeasurement(workspace: workspace, passages: passages, isQuick: quick).sections()
        case .memory:
            let memory = MemoryMeasurement(workspace: workspace, passages: passages, rows: rows, isQuick: quick)
            if let step = step.flatMap(MemoryMeasurement.Step.init) {
                let findings = try await memory.carryOut(step)
                return try JSONEncoder().encode(findings).write(to: workspace.appending(path: "step.json"))
            }
            sections = try memory.sections { try findings(of: $0, in: workspace) }
        case .encoder:
            sections = try await EncoderMeasurement(
                model: model, enclave: enclave, environment: onnxruntime, isQuick: quick
            ).sections()
        case .ingest:
            sections = [
                try await IngestMeasurement(
                    workspace: workspace, enclave: enclave, model: model, isQuick: quick
                ).section()
            ]
        }
        try JSONEncoder().encode(sections).write(to: workspace.appending(path: "\(subject).json"))
    }
}

/// What is measured, each in a process of its own.
enum Subject: String, CaseIterable, ExpressibleByArgument, CustomStringConvertible {
    case index, query, scan, lexical, search, peers, million, policy, language, encoder, ingest, sealing, memory

    var description: String { rawValue }

    /// What must have run before.
    var needed: Subject? { self == .query ? .index : nil }

    /// Says on standard error how far it is.
    func note(_ text: String) {
        FileHandle.standardError.write(Data("\(rawValue): \(text)\n".utf8))
    }
}
