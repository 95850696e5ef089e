import ArgumentParser
import Enclaves
import Foundation
import IndexStore
import Logging
import QueryService
import Sealing

/// What every command that works on an enclave takes.
struct EnclaveArguments: ParsableArguments {
    @Argument(help: "The enclave's folder.", completion: .directory)
    var enclave: String

    var folder: URL { URL(fileURLWithPath: enclave, isDirectory: true) }

    /// Carries a command out: by the process that owns the enclave if there is one, otherwise here.
    ///
    /// - Parameter create: Whether to make a new index where there is none.
    func run(_ command: ControlCommand, create: Bool = false, beginsAnew: Bool = false) async throws {
        let console = Console()
        let status: ExitStatus
        do {
            status = try await perform(command, create: create, beginsAnew: beginsAnew, console)
        } catch {
            console.receive(.diagnostic("portcullis: \(error)\n"))
            throw ExitCode(ExitStatus.failure.rawValue)
        }
        if status != .success { throw ExitCode(status.rawValue) }
    }

    /// Carries a command out and says what comes of it. Throws where it cannot be begun.
    func perform(
        _ command: ControlCommand, create: Bool = false, beginsAnew: Bool = false, _ console: Console
    ) async throws -> ExitStatus {
        defer { console.finish() }
        let socket = try ControlSocket(enclave: Enclave(folder: folder))
        if socket.isAnswered { return try await ControlClient(socket: socket).run(command, console.receive) }
        try ProcessHardening.forbidDumps()
        let logger = Logger(label: "portcullis") { ConsoleLog(label: $0, console: console) }
        let engine = try await Engine(folder: folder, create: create, beginsAnew: beginsAnew, logger: logger)
        defer { engine.close() }
        return await Self.run(command, on: engine, console)
    }

    private static func run(_ command: ControlCommand, on engine: Engine, _ console: Console) async -> ExitStatus {
        for await event in CommandRunner(engine: engine).events(of: command) {
            if case .exit(let status) = event { return status }
            console.receive(event)
        }
        return .failure
    }
}
