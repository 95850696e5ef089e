import Foundation
import Glibc
import Subprocess
import SystemPackage

/// A program run over untrusted bytes: in a session of its own, with limits on time, memory, output and files, and
/// without a descriptor or variable of ours but the bytes on its standard input.
struct ConfinedProgram {
    /// A name in `searchPath`, or an absolute path.
    let program: String
    let arguments: [String]
    let seconds: Int
    let memoryBytes: Int
    let outputBytes: Int

    /// Where programs are looked for; the caller's own `PATH` has no say.
    static let searchPath = "/usr/local/bin:/usr/bin:/bin"
    private static let limiter = "prlimit"
    private static let openFiles = 64
    /// Between the signal at the end of the processor time and the kill.
    private static let graceSeconds = 5
    /// `prlimit` could not execute, or not find, the program.
    private static let notExecutable: ClosedRange<Int32> = 126...127

    enum Ending: Hashable {
        case exited(Int32)
        case signaled(Int32)
    }

    private enum Event: Sendable {
        case output([UInt8])
        case tooMuchOutput
        case timeout
    }

    /// Waits on the run's own threads, never on one of the cooperative pool.
    func run(input: [UInt8]) async throws(ExtractionError) -> (ending: Ending, output: [UInt8]) {
        // Subprocess ends the process where it cannot open what stands for no stream.
        guard access("/dev/null", R_OK | W_OK) == 0 else {
            throw .programFailed(program: name, status: "/dev/null cannot be read and written")
        }
        let file = try AnonymousFile(input)
        do {
            return try await spawn(input: file)
        } catch let error as ExtractionError {
            throw error
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw .programMissing(program: Self.limiter)
        } catch {
            throw .programFailed(program: name, status: "an error of the system")
        }
    }

    private var name: String { program.split(separator: "/").last.map(String.init) ?? program }

    private func spawn(input: borrowing AnonymousFile) async throws -> (ending: Ending, output: [UInt8]) {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))]
        let limits = [
            "--cpu=\(seconds):\(seconds + Self.graceSeconds)", "--as=\(memoryBytes)", "--fsize=0", "--core=0",
            "--nofile=\(Self.openFiles)", "--",
        ]
        let result = try await Subprocess.run(
            .name(Self.limiter), arguments: Arguments(limits + [program] + arguments),
            environment: .custom(["PATH": Self.searchPath, "LC_ALL": "C.UTF-8"]), workingDirectory: "/",
            platformOptions: options,
            input: .fileDescriptor(input.descriptor, closeAfterSpawningProcess: false), output: .sequence,
            error: .discarded
        ) { execution in
            let event = await withTaskGroup(of: Event.self) { group in
                group.addTask { await collect(execution.standardOutput) }
                group.addTask {
                    try? await Task.sleep(for: .seconds(seconds))
                    return .timeout
                }
                let first = await group.next()!
                if case .output = first {} else { try? execution.send(signal: .kill, toProcessGroup: true) }
                group.cancelAll()
                return first
            }
            // Whoever is left of the session ends with it. Signal 0 asks nothing of a program that is about to exit.
            await execution.teardown(using: [
                .send(
                    signal: Signal(rawValue: 0), toProcessGroup: true,
                    allowedDurationToNextStep: .seconds(Self.graceSeconds))
            ])
            try? execution.send(signal: .kill, toProcessGroup: true)
            return event
        }
        switch result.closureResult {
        case .timeout: throw ExtractionError.timedOut(program: name, seconds: seconds)
        case .tooMuchOutput: throw ExtractionError.tooMuchOutput(program: name, limit: outputBytes)
        case .output(let bytes): return (try ending(result.terminationStatus), bytes)
        }
    }

    private func collect(_ output: SubprocessOutputSequence) async -> Event {
        var bytes: [UInt8] = []
        do {
            for try await buffer in output {
                guard bytes.count + buffer.count <= outputBytes else { return .tooMuchOutput }
                buffer.withUnsafeBytes { bytes += $0 }
            }
        } catch {
            // The pipe broke: the exit status tells more.
        }
        return .output(bytes)
    }

    private func ending(_ status: TerminationStatus) throws(ExtractionError) -> Ending {
        switch status {
        case .exited(let code) where Self.notExecutable.contains(code): throw .programMissing(program: name)
        case .exited(let code): return .exited(code)
        case .signaled(SIGXCPU): throw .timedOut(program: name, seconds: seconds)
        case .signaled(let signal): return .signaled(signal)
        }
    }
}

/// Bytes behind a descriptor that can be sought in but has no name on any disk (rule 6, nothing in the clear on disk).
private struct AnonymousFile: ~Copyable {
    let descriptor: FileDescriptor

    /// `MFD_CLOEXEC` of memfd_create(2), which Swift's view of the C library leaves out.
    private static let closeOnExec: UInt32 = 1
    private typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32

    init(_ bytes: [UInt8]) throws(ExtractionError) {
        descriptor = try Self.filled(with: bytes)
    }

    private static func filled(with bytes: [UInt8]) throws(ExtractionError) -> FileDescriptor {
        guard let symbol = dlsym(nil, "memfd_create") else { throw .of(errno: ENOSYS) }
        let raw = unsafeBitCast(symbol, to: Create.self)("portcullis", closeOnExec)
        guard raw >= 0 else { throw .of(errno: errno) }
        let descriptor = FileDescriptor(rawValue: raw)
        do {
            _ = try descriptor.writeAll(bytes)
            try descriptor.seek(offset: 0, from: .start)
            return descriptor
        } catch {
            try? descriptor.close()
            throw .unreadable(reason: "no memory for a copy")
        }
    }

    deinit {
        try? descriptor.close()
    }
}
