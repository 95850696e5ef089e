import ArgumentParser
import Enclaves
import Foundation
import IndexStore
import Logging
import QueryService

/// What every command that works on an enclave takes.
struct EnclaveArguments: ParsableArguments {
    @Argument(help: "The enclave's folder.", completion: .directory)
    var enclave: String

    var folder: URL { URL(fileURLWithPath: enclave, isDirectory: true) }

    /// Carries a command out: by the process that owns the enclave if there is one, otherwise here.
    ///
    /// - Parameter create: Whether to make a new index where there is none.
    func run(_ command: ControlCommand, create: Bool = false) async throws {
        let console = Console()
        let status: ExitStatus
        do {
            let socket = try ControlSocket(enclave: Enclave(folder: folder))
            if socket.isAnswered {
                status = try await ControlClient(socket: socket).run(command, console.receive)
            } else {
                let logger = Logger(label: "portcullis") { StreamLogHandler.standardError(label: $0) }
                let engine = try await Engine(folder: folder, create: create, logger: logger)
                status = await Self.run(command, on: engine, console)
            }
        } catch {
            console.receive(.diagnostic("portcullis: \(error)\n"))
            throw ExitCode(ExitStatus.failure.rawValue)
        }
        console.finish()
        if status != .success { throw ExitCode(status.rawValue) }
    }

    private static func run(_ command: ControlCommand, on engine: Engine, _ console: Console) async -> ExitStatus {
        for await event in CommandRunner(engine: engine).events(of: command) {
            if case .exit(let status) = event { return status }
            console.receive(event)
        }
        return .failure
    }
}
