import Foundation
import TestSupport
import Testing

/// Rule 6, no egress: watched from outside, on the program as it is run.
@Suite("Outgoing connections")
struct EgressTests {
    private func outcome(of program: TracedProgram, status: Int32 = 0) async throws -> NetworkUse {
        let outcome = try await program.running.outcome(within: 300)
        #expect(outcome.status == status, "\(outcome.errors)")
        let use = try program.networkUse()
        #expect(!use.isHidden && use.unclear.isEmpty, "\(use.unclear)")
        return use
    }

    /// What `ingest`, `serve` with a question over HTTP, and `retrieve` by itself and through the server do.
    private func everyCommand(
        on enclave: SampleEnclave, question: String, expecting phrase: String,
        _ check: (String, NetworkUse) throws -> Void
    ) async throws {
        let path = enclave.url.path
        let retrieval = ["retrieve", path, "--as", "carol", "-k", "1", question]
        try check("ingest", try await outcome(of: TracedProgram(["ingest", path])))
        try check("retrieve", try await outcome(of: TracedProgram(retrieval)))

        let server = try await TracedProgram(["serve", path])
        let service: String
        do {
            service = try await server.running.wait(for: "listening on http://")
        } catch {
            server.running.process.terminate()
            throw error
        }
        let token = try await Program.run("token", path, "--as", "carol").output.filter { !$0.isNewline }
        let answer = try await Question(service: service, token: token).ask(question)
        #expect(answer.status == 200 && answer.body.contains(phrase), "\(answer.body)")
        let client = try await TracedProgram(retrieval)
        let clientUse = try await outcome(of: client)
        #expect(clientUse.outgoing.isEmpty && clientUse.bound.isEmpty, "\(clientUse)")
        try server.terminate()
        let use = try await outcome(of: server)
        // Port 0 of the settings: the system chose the one that was announced.
        #expect(use.bound == ["127.0.0.1:0"] && service.hasPrefix("127.0.0.1:"))
        try check("serve", use)
    }

    @Test("With the model in the process there are none")
    func inProcess() async throws {
        let enclave = try Program.enclave()
        try await everyCommand(on: enclave, question: "standard bolt of the wing", expecting: "moderate torque") {
            command, use in
            #expect(use.outgoing.isEmpty, "\(command) connects to \(use.outgoing)")
        }
    }

    @Test("With an endpoint there are those to the endpoint and no others")
    func endpoint() async throws {
        let server = try await EmbeddingServerProcess()
        let enclave = try EndpointEnclave.make(server)
        try await everyCommand(on: enclave, question: "standard bolt", expecting: "moderate torque") { command, use in
            // Not empty: the watch sees what there is to be seen.
            #expect(Set(use.outgoing) == ["127.0.0.1:\(server.port)"], "\(command) connects to \(use.outgoing)")
        }
    }

    @Test("A host that the allow-list lacks is not connected to, nor one that the endpoint sends on to")
    func elsewhere() async throws {
        let server = try await EmbeddingServerProcess()
        let destination = "127.0.0.1:\(server.port)"
        let unlisted = try SampleEnclave(files: [
            "portcullis.yaml": EndpointEnclave.settings(url: "http://\(destination)/v1", allowed: [])
        ])
        let refused = try await outcome(of: TracedProgram(["ingest", unlisted.url.path]), status: 1)
        #expect(refused.outgoing.isEmpty)
        let moved = try SampleEnclave(files: [
            "portcullis.yaml": EndpointEnclave.settings(
                url: "http://\(destination)/v1", allowed: [destination], model: "moved")
        ])
        let redirected = try await outcome(of: TracedProgram(["ingest", moved.url.path]), status: 1)
        #expect(redirected.outgoing == [destination])
        #expect(try server.requests().map(\.path) == ["/v1/embeddings"])
    }

    @Test("The watch sees connections and datagrams of children, over IPv4 and IPv6")
    func watch() async throws {
        let script = """
            import os, socket
            if os.fork() == 0:
                for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                    try:
                        socket.socket(family, socket.SOCK_STREAM).connect((host, 9))
                    except OSError:
                        pass
                try:
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 53))
                except OSError:
                    pass
                os._exit(0)
            os.wait()
            """
        let use = try await outcome(
            of: TracedProgram(["python3", "-c", script], executable: URL(fileURLWithPath: "/usr/bin/env")))
        // A machine without IPv6 makes no such socket.
        #expect(use.outgoing.filter { !$0.hasPrefix("[") } == ["127.0.0.1:9", "127.0.0.1:53"])
        let lines = """
            12 connect(5, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \
            "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = -1 EINPROGRESS (Operation now in progress)
            12 sendto(5, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), \
            sin_addr=inet_addr("10.0.0.1")}, 16 <unfinished ...>
            13 <... accept4 resumed>{sa_family=AF_INET, sin_port=htons(4), sin_addr=inet_addr("10.0.0.2")}, [16], 0) = 7
            13 connect(5, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0
            13 connect(5, {sa_family=AF_INET, 0x7ffc}, 16) = 0
            """
        let parsed = NetworkUse(trace: lines)
        #expect(parsed.outgoing == ["[2001:db8::1]:443", "10.0.0.1:53"] && parsed.unclear.count == 1)
    }
}
