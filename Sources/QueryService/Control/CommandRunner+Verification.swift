import Foundation

extension CommandRunner {
    /// Compares what the service answers with what it should.
    func verify(
        _ arguments: ControlCommand.VerifyArguments, _ emit: @escaping @Sendable (ControlEvent) -> Void
    ) async throws -> ExitStatus {
        var prover = Prover(
            engine: engine, identity: arguments.identity, purpose: arguments.purpose, queries: nil,
            seed: arguments.seed)
        if let path = arguments.queries {
            // This process may read files that who asks may not: it looks at none for somebody who may not verify.
            try await prover.requireAuthorization()
            prover.queries = try QueryFile(path: path)
        }
        let report = try await prover.run(principal: arguments.principal) { done, total, name in
            emit(.progress(done: done, total: total, path: name))
        }
        emit(.output(arguments.json ? try Self.json(report) : report.text(arguments.page)))
        return report.status
    }
}
