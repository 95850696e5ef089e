import Foundation
import TestSupport
import Testing

/// A program whose system calls on sockets are watched from outside, those of its children too (`strace`).
final class TracedProgram {
    let running: RunningProgram
    private let folder: TemporaryFolder
    private var trace: URL { folder.url.appending(path: "trace") }
    private var processID: URL { folder.url.appending(path: "pid") }

    struct CannotTrace: Error, CustomStringConvertible {
        let said: String

        var description: String {
            "nobody can watch for connections here, so this test cannot pass: strace must be installed (make setup) "
                + "and allowed to trace (ptrace; in a container, the capability SYS_PTRACE). It said: \(said)"
        }
    }

    init(
        _ arguments: [String], executable: URL = BuiltPrograms.folder.appending(path: "portcullis")
    ) async throws {
        folder = try TemporaryFolder()
        try await Self.requireTracing()
        let (trace, processID) = (folder.url.appending(path: "trace"), folder.url.appending(path: "pid"))
        // The shell leaves its process to the program, whose id is then known.
        running = try RunningProgram(
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            arguments: [
                "strace", "-f", "-qq", "-e", "trace=%network,io_uring_setup", "-o", trace.path,
                "sh", "-c", "echo $$ > \"$0\"; exec \"$@\"", processID.path, executable.path,
            ] + arguments)
    }

    /// - Throws: ``CannotTrace``: a test that watches nothing must not pass, and must not be passed over.
    private static func requireTracing() async throws {
        let outcome = try await RunningProgram(
            executable: URL(fileURLWithPath: "/usr/bin/env"), arguments: ["strace", "-f", "-e", "trace=execve", "true"]
        ).outcome()
        guard outcome.status == 0, outcome.errors.contains("execve(") else {
            throw CannotTrace(said: outcome.errors)
        }
    }

    /// Asks the program, and not the one that watches it, to end.
    func terminate() throws {
        let text = try String(contentsOf: processID, encoding: .utf8).filter { !$0.isNewline }
        kill(try #require(pid_t(text)), SIGTERM)
    }

    /// What the program did with the network, once it has ended.
    func networkUse() throws -> NetworkUse {
        NetworkUse(trace: try String(contentsOf: trace, encoding: .utf8))
    }
}

/// Where a trace shows data or connections to go, over IPv4 and IPv6; sockets of this machine alone are left out.
struct NetworkUse {
    /// `host:port`, in the order of the calls.
    var outgoing: [String] = []
    /// What was listened on.
    var bound: [String] = []
    /// Input and output that goes past the calls that are watched.
    var isHidden = false
    /// Lines that name an internet address and were not understood.
    var unclear: [Substring] = []

    init(trace: String) {
        for line in trace.split(separator: "\n") {
            if line.contains("io_uring_setup(") { isHidden = true }
            // What a call was given stands before its result; accept and the like are told whom they met.
            guard line.contains("sa_family=AF_INET"), let call = Self.call(of: line) else { continue }
            switch (call, Self.address(in: line)) {
            case ("connect", let address?), ("sendto", let address?), ("sendmsg", let address?),
                ("sendmmsg", let address?):
                outgoing.append(address)
            case ("bind", let address?): bound.append(address)
            case ("accept", _), ("accept4", _), ("getsockname", _), ("getpeername", _), ("recvfrom", _),
                ("recvmsg", _), ("recvmmsg", _):
                break
            default: unclear.append(line)
            }
        }
    }

    /// The name of the call: `connect(…`, or `<... accept4 resumed>…`.
    private static func call(of line: Substring) -> String? {
        let call = line.drop { $0.isNumber || $0 == " " }
        if call.hasPrefix("<... ") { return String(call.dropFirst(5).prefix { $0 != " " }) }
        return call.contains("(") ? String(call.prefix { $0 != "(" }) : nil
    }

    private static func address(in line: Substring) -> String? {
        if let match = line.firstMatch(of: /sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/) {
            return "\(match.2):\(match.1)"
        }
        if let match = line.firstMatch(of: /sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"/) {
            return "[\(match.2)]:\(match.1)"
        }
        return nil
    }
}
