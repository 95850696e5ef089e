import Foundation

extension CommandRunner {
    /// Compares what the service answers with what it should.
    func verify(
        _ arguments: ControlCommand.VerifyArguments, _ emit: @escaping @Sendable (ControlEvent) -> Void
    ) async throws -> ExitStatus {
        let prover = Prover(
            engine: engine, identity: arguments.identity, purpose: arguments.purpose,
            queries: try arguments.queries.map { try QueryFile(path: $0) }, seed: arguments.seed)
        let report = try await prover.run(principal: arguments.principal) { done, total, name in
            emit(.progress(done: done, total: total, path: name))
        }
        emit(.output(arguments.json ? try Self.json(report) : report.text(arguments.page)))
        return report.status
    }
}
