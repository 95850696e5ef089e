import AccessControl
import Cedar
import Enclaves
import Foundation
import IndexStore
import Ingest
import Labels
import Retrieval
import StrictJSON

/// Carries commands out on an open enclave and says what comes of them.
package struct CommandRunner: Sendable {
    let engine: Engine

    package init(engine: Engine) {
        self.engine = engine
    }

    package func events(of command: ControlCommand) -> AsyncStream<ControlEvent> {
        AsyncStream { continuation in
            let task = Task {
                do {
                    continuation.yield(.exit(try await run(command) { continuation.yield($0) }))
                } catch {
                    continuation.yield(.diagnostic("portcullis: \(error)\n"))
                    continuation.yield(.exit(.failure))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in
                // Nobody listens any more. A rotation goes on: half of one would wait for the next day.
                if case .rotateKeys = command { return }
                task.cancel()
            }
        }
    }

    private func run(
        _ command: ControlCommand, _ emit: @escaping @Sendable (ControlEvent) -> Void
    ) async throws -> ExitStatus {
        switch command {
        case .ingest(let arguments):
            let summary = try await engine.ingest(
                arguments.labelsOnly ? .labels : .everything, isDryRun: arguments.isDryRun, takes: arguments.takes
            ) { progress in
                emit(.progress(done: progress.done, total: progress.total, path: progress.path))
            }
            for warning in engine.current.enclave.warnings { emit(.diagnostic("warning: \(warning)\n")) }
            emit(.output(arguments.json ? try Self.json(summary) : IngestReport.text(summary)))
            return summary.setAside.isEmpty ? .success : .incomplete
        case .reload:
            try await engine.reload()
            let enclave = engine.current.enclave
            for warning in enclave.warnings { emit(.diagnostic("warning: \(warning)\n")) }
            emit(.output("in force: policy version \(enclave.policyVersion), label version \(enclave.labelVersion)\n"))
            return .success
        case .retrieve(let arguments):
            return try await retrieve(arguments, emit)
        case .labels(let json):
            let report = LabelReport(snapshot: engine.index.snapshot(), scheme: engine.current.enclave.labelScheme)
            emit(.output(json ? try Self.json(report) : report.text))
            return .success
        case .explain(let path, let json):
            let enclave = engine.current.enclave
            let explanation = try await Ingestor(enclave: enclave, index: engine.index, embedder: engine.embedder)
                .explanation(of: path)
            emit(.output(json ? try Self.json(explanation) : ExplanationPage.text(explanation)))
            return .success
        case .check(let json):
            let problems = try await engine.index.integrityProblems()
            let count = engine.index.snapshot().passageCount
            if json {
                emit(.output(try Self.json(["problems": problems])))
            } else if problems.isEmpty {
                emit(.output("the index is sound: \(count) passages\n"))
            } else {
                emit(.output(problems.map { $0 + "\n" }.joined()))
            }
            return problems.isEmpty ? .success : .incomplete
        case .explainDecision(let person, let path, let purpose, let json):
            let enclave = engine.current.enclave
            let caller = try Caller(developmentIdentity: person, enclave: enclave)
            let request = try caller.accessRequest(purpose: purpose, network: .loopback, now: Clock.now)
            let labels = try await Ingestor(enclave: enclave, index: engine.index, embedder: engine.embedder)
                .labels(of: path)
            let explanation = DecisionExplanation(
                path: path, person: person, request: request, labels: labels, enclave: enclave)
            emit(.output(json ? try Self.json(explanation) : explanation.text))
            return explanation.parts.allSatisfy(\.isPermitted) ? .success : .incomplete
        case .comparePolicies(let folder, let json):
            let new = try Enclave(folder: URL(filePath: folder, directoryHint: .isDirectory))
            // What the policies in force do not name, they take no notice of.
            let difference = ClearanceDifference(
                old: engine.current.enclave, new: new,
                index: try await engine.index.snapshot(distinguishing: new.authorizer.names), network: .loopback,
                now: Clock.now)
            emit(.output(json ? try Self.json(difference) : difference.text))
            return difference.rows.isEmpty ? .success : .incomplete
        case .keyStatus, .rotateKeys, .backUp:
            return try await keys(command, emit)
        case .erase, .confirm, .erasures, .certificate, .hold, .release, .holds, .sweep:
            return try await records(command, emit)
        case .verify(let arguments):
            return try await verify(arguments, emit)
        }
    }

    private func retrieve(
        _ arguments: ControlCommand.RetrieveArguments, _ emit: (ControlEvent) -> Void
    ) async throws -> ExitStatus {
        let access = engine.current
        let caller = try Caller(developmentIdentity: arguments.person, enclave: access.enclave)
        let filter = try arguments.filter.map { text in
            guard let json = try? JSONReader.read(Array(text.utf8)[...], limits: RetrieveBody.limits) else {
                throw QueryError(field: "filter", reason: "is not JSON")
            }
            return try access.enclave.filterParser.parse(json)
        }
        let query = try Query(
            text: arguments.question, count: arguments.count, minimumScore: arguments.minimumScore ?? -1,
            filter: filter, options: arguments.options,
            limits: access.enclave.queryLimits)
        let request = try caller.accessRequest(purpose: arguments.purpose, network: .loopback, now: Clock.now)
        let answer = try await access.retriever.retrieve(query, for: request)
        emit(
            .output(
                arguments.json
                    ? String(decoding: answer.json, as: UTF8.self) + "\n"
                    : AnswerPage(style: arguments.page).text(
                        answer, question: arguments.question, person: arguments.person,
                        purpose: request.purpose.string)))
        return .success
    }

    static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder.canonical.encode(value), as: UTF8.self) + "\n"
    }
}

extension IPAddress {
    /// Where commands on this machine come from.
    static var loopback: IPAddress {
        guard let address = IPAddress(parsing: "127.0.0.1") else { preconditionFailure("127.0.0.1 is an address") }
        return address
    }
}
