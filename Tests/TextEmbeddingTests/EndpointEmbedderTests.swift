import Foundation
import TestSupport
import Testing

@testable import TextEmbedding

/// The embedder against a server in a process of its own, well behaved and not.
@Suite("Embeddings from an endpoint")
struct EndpointEmbedderTests {
    static let texts = ["the wing bolt", "a gate of iron bars", "nothing in common", "the wing spar and the bolt"]

    static func configuration(
        _ server: EmbeddingServerProcess, model: String = "hashing", base: String? = nil, dimension: Int = 48,
        maximumTokens: Int = 512, keyFile: URL? = nil, authority: URL? = nil, seconds: Int = 600, texts: Int = 1
    ) -> EndpointConfiguration {
        EndpointConfiguration(
            url: (base ?? "http://127.0.0.1:\(server.port)") + "/v1/embeddings",
            destination: "127.0.0.1:\(server.port)", model: model, dimension: dimension,
            maximumTokens: maximumTokens, keyFile: keyFile?.path, certificateAuthority: authority?.path,
            timeoutSeconds: seconds, textsPerRequest: texts, isBatchInvariant: texts > 1)
    }

    /// What the server computes, at unit length; the server's numbers are twice as long and went through decimals.
    static func expected(_ texts: [String]) async throws -> [[Float]] {
        try await HashingEmbedder(dimension: 48, maximumTokens: 512).embed(texts)
    }

    static func isNear(_ vectors: [[Float]], _ others: [[Float]]) -> Bool {
        vectors.count == others.count
            && zip(vectors, others).allSatisfy { vector, other in
                vector.count == other.count && zip(vector, other).allSatisfy { abs($0 - $1) < 1e-5 }
            }
    }

    // MARK: What is sent and what comes back

    @Test("One text a request and one request at a time, unless the endpoint is batch invariant")
    func oneAtATime() async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, model: "one-at-a-time"))
        let texts = Self.texts
        // Queries beside a batch.
        let all = try await withThrowingTaskGroup(of: [[Float]].self) { group in
            group.addTask { try await embedder.embed(texts) }
            for text in texts { group.addTask { try await embedder.embed([text]) } }
            return try await group.reduce(into: 0) { $0 += $1.count }
        }
        #expect(all == 8)
        let requests = try server.requests()
        #expect(requests.count == 8)
        #expect(requests.allSatisfy { $0.texts.count == 1 && $0.inFlight == 1 }, "\(requests.map(\.inFlight))")
        #expect(requests.allSatisfy { $0.path == "/v1/embeddings" && $0.encodingFormat == "float" })
        #expect(requests.allSatisfy { $0.authorization == nil })
        #expect(Self.isNear(try await embedder.embed(texts), try await Self.expected(texts)))
    }

    @Test("A batch invariant endpoint gets several texts a request and several requests at once")
    func batches() async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, texts: 3))
        let texts = (0..<20).map { "text number \($0) of the batch" }
        let vectors = try await embedder.embed(texts)
        #expect(Self.isNear(vectors, try await Self.expected(texts)))
        for (text, vector) in zip(texts, vectors) {
            let alone = try await embedder.embed(text)
            #expect(alone.map(\.bitPattern) == vector.map(\.bitPattern))
            let norm = vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(abs(norm - 1) < 1e-6)
        }
        // The trial of its batch invariance first: together, then each alone; and only once.
        let counts = try server.requests().map(\.texts.count)
        #expect(Array(counts.prefix(4)) == [3, 1, 1, 1])
        #expect(counts.dropFirst(4).prefix(7).sorted() == [2, 3, 3, 3, 3, 3, 3])
        #expect(counts.count == 4 + 7 + 20)
        // Would never answer a request that is alone.
    }

    @Test("A batch invariant endpoint is asked several things at once")
    func severalAtOnce() async throws {
        let server = try await EmbeddingServerProcess()
        // Answers nobody before a second request is there.
        var configuration = Self.configuration(server, model: "two-at-a-time")
        configuration.isBatchInvariant = true
        let embedder = try EndpointEmbedder(configuration)
        #expect(try await embedder.embed(["one", "two", "three", "four"]).count == 4)
        configuration.isBatchInvariant = false
        configuration.timeoutSeconds = 1
        let alone = try EndpointEmbedder(configuration)
        await #expect(throws: EndpointError.timedOut(endpoint: "127.0.0.1:\(server.port)", seconds: 1)) {
            try await alone.embed(["one", "two"])
        }
    }

    @Test("A request holds no more bytes than the limit")
    func bytesPerRequest() async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, maximumTokens: 32_768, texts: 256))
        let text = String(repeating: "word ", count: 6000)
        let vectors = try await embedder.embed(Array(repeating: text, count: 40))
        #expect(vectors.count == 40)
        let sizes = try server.requests().map { $0.texts.reduce(0) { $0 + $1.utf8.count } }
        #expect(sizes.allSatisfy { $0 <= EndpointLimits.requestTextBytes } && sizes.contains { $0 > 1_000_000 })
    }

    @Test("A text that is too long is cut where the model would stop reading, at the latest")
    func cuts() async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, maximumTokens: 64))
        _ = try await embedder.embed([String(repeating: "añb ", count: 100), "short"])
        let sent = try server.requests().map { $0.texts[0] }
        #expect(sent[0].utf8.count <= 61 && sent[0].utf8.count >= 59 && sent[0].hasPrefix("añb añb"))
        #expect(sent[1] == "short")
        #expect(embedder.countTokens(sent[0]) <= 62)
    }

    @Test("The key goes into the header and nowhere else; a key file that others can read is refused")
    func key() async throws {
        let server = try await EmbeddingServerProcess()
        let folder = try TemporaryFolder()
        let file = try folder.write("s3cret-key\n", to: "key")
        func mode(_ mode: Int) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        }
        for open in [0o644, 0o640, 0o604] {
            try mode(open)
            do {
                _ = try EndpointEmbedder(Self.configuration(server, keyFile: file))
                Issue.record("taken with mode \(open)")
            } catch {
                #expect("\(error)".contains("chmod 600") && !"\(error)".contains("s3cret"))
            }
        }
        try mode(0o600)
        let embedder = try EndpointEmbedder(Self.configuration(server, keyFile: file))
        _ = try await embedder.embed("x")
        #expect(try server.requests().map(\.authorization) == ["Bearer s3cret-key"])
        let key = try BearerKey(file: file.path)
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!"\(key) \(String(reflecting: key)) \(dumped)".contains("s3cret"))
        for bad in ["", " \n", "two words", "a\r\nX-Header: b", "schlüssel"] {
            try Data(bad.utf8).write(to: file)
            #expect(throws: EndpointError.self) { try BearerKey(file: file.path) }
        }
        try FileManager.default.createSymbolicLink(
            at: folder.url.appending(path: "link"), withDestinationURL: file)
        #expect(throws: EndpointError.self) { try BearerKey(file: folder.url.appending(path: "link").path) }
        #expect(throws: EndpointError.self) { try BearerKey(file: folder.url.path) }
    }

    @Test("Models are told apart by everything that is known of them")
    func identity() async throws {
        let server = try await EmbeddingServerProcess()
        let base = Self.configuration(server)
        var others = [base, base, base]
        others[0].model = "hashing-2"
        others[1].dimension = 47
        others[2].maximumTokens = 256
        var moved = base
        moved.url = "https://elsewhere.example/v1/embeddings"
        let model = try EndpointEmbedder(base).model
        #expect(model.name == "hashing" && model.dimension == 48 && model.maximumTokens == 512)
        for other in others { #expect(try EndpointEmbedder(other).model.digest != model.digest) }
        #expect(try EndpointEmbedder(moved).model == model)
    }

    // MARK: Misbehaviour

    /// Stands in every text that is sent, and may stand in no message.
    static let canary = "canary-7f3a"

    struct Fault: CustomTestStringConvertible {
        let model: String
        let error: @Sendable (_ endpoint: String) -> EndpointError
        var requests = 1
        var testDescription: String { model }
    }

    static let malformed = "it is not JSON with model, data, index and finite numbers"
    static let faults: [Fault] = [
        Fault(model: "other-model") { .otherModel(endpoint: $0, expected: "other-model", found: "hashing-2") },
        Fault(model: "indiscreet-model") { .otherModel(endpoint: $0, expected: "indiscreet-model", found: nil) },
        Fault(model: "short-vectors") { .otherDimension(endpoint: $0, expected: 48, found: 47) },
        Fault(model: "too-few") { .otherCount(endpoint: $0, expected: 1, found: 0) },
        Fault(model: "too-many") { .otherCount(endpoint: $0, expected: 1, found: 2) },
        Fault(model: "far-index") { .malformed(endpoint: $0, reason: "index 1 of 1 texts") },
        Fault(model: "negative-index") { .malformed(endpoint: $0, reason: "index -1 of 1 texts") },
        Fault(model: "not-a-number") { .malformed(endpoint: $0, reason: malformed) },
        Fault(model: "null") { .malformed(endpoint: $0, reason: malformed) },
        Fault(model: "not-json") { .malformed(endpoint: $0, reason: malformed) },
        Fault(model: "beyond-float32") {
            .malformed(endpoint: $0, reason: "a number is not finite or beyond float32")
        },
        Fault(model: "zero") { .malformed(endpoint: $0, reason: "a vector is zero and has no direction") },
        Fault(model: "pours") { .tooLarge(endpoint: $0, limit: 65_536 + 48 * 40) },
        Fault(model: "moved") { .redirected(endpoint: $0, status: 307) },
        Fault(model: "locked") { .refused(endpoint: $0, status: 401) },
        Fault(model: "broken") { .refused(endpoint: $0, status: 500) },
        Fault(model: "busy-for-an-hour") { .overloaded(endpoint: $0, status: 429, attempts: 1) },
        Fault(
            model: "always-down",
            error: { .overloaded(endpoint: $0, status: 503, attempts: RetrySchedule.maximumAttempts) },
            requests: RetrySchedule.maximumAttempts),
    ]

    @Test("An answer that is wrong is an error that says so, without a word of the text", arguments: faults)
    func fault(_ fault: Fault) async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, model: fault.model))
        do {
            _ = try await embedder.embed("\(Self.canary) of the mine")
            Issue.record("taken")
        } catch let error as EndpointError {
            #expect(error == fault.error("127.0.0.1:\(server.port)"))
            #expect(!"\(error)".contains(Self.canary) && "\(error)".contains("127.0.0.1:\(server.port)"))
        }
        let requests = try server.requests()
        #expect(requests.count == fault.requests)
        #expect(requests.allSatisfy { $0.path == "/v1/embeddings" && $0.texts[0].contains(Self.canary) })
    }

    @Test("An infinite number is refused, however the decoder reads it")
    func infinite() async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, model: "infinite"))
        await #expect(throws: EndpointError.self) { try await embedder.embed("x") }
    }

    @Test("Answers out of order are put in order by their index; one that stands there twice is refused")
    func order() async throws {
        let server = try await EmbeddingServerProcess()
        let reversed = try EndpointEmbedder(Self.configuration(server, model: "reversed", texts: 8))
        #expect(Self.isNear(try await reversed.embed(Self.texts), try await Self.expected(Self.texts)))
        let repeated = try EndpointEmbedder(Self.configuration(server, model: "same-index", texts: 8))
        await #expect(
            throws: EndpointError.malformed(
                endpoint: "127.0.0.1:\(server.port)", reason: "index 0 stands there twice")
        ) { try await repeated.embed(Self.texts) }
    }

    @Test("An endpoint that is said to be batch invariant and is not gets no text of ours")
    func notBatchInvariant() async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, model: "bends-in-a-batch", texts: 8))
        await #expect(throws: EndpointError.notBatchInvariant(endpoint: "127.0.0.1:\(server.port)")) {
            try await embedder.embed([Self.canary])
        }
        #expect(try server.requests().allSatisfy { !$0.texts.contains { $0.contains(Self.canary) } })
        let alone = try EndpointEmbedder(Self.configuration(server, model: "bends-in-a-batch"))
        #expect(Self.isNear(try await alone.embed(Self.texts), try await Self.expected(Self.texts)))
    }

    @Test("What may pass is tried again", arguments: [("busy-once", 2), ("down-thrice", 4), ("hangs-up-twice", 3)])
    func repetition(model: String, requests: Int) async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, model: model))
        #expect(Self.isNear(try await embedder.embed(["the bolt"]), try await Self.expected(["the bolt"])))
        #expect(try server.requests().count == requests)
    }

    @Test(
        "A connection that breaks and one that nobody takes end as unreachable", arguments: ["hangs-up", "cut-short"])
    func unreachable(model: String) async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, model: model))
        let attempts = RetrySchedule.maximumAttempts
        do {
            _ = try await embedder.embed(Self.canary)
            Issue.record("taken")
        } catch EndpointError.unreachable(_, let reason, attempts) {
            #expect(!reason.contains(Self.canary))
        }
        #expect(try server.requests().count == attempts)
        var nobody = Self.configuration(server)
        nobody.url = "http://127.0.0.1:1/v1/embeddings"
        let lonely = try EndpointEmbedder(nobody)
        do {
            _ = try await lonely.embed("x")
            Issue.record("taken")
        } catch EndpointError.unreachable(_, let reason, _) {
            #expect(reason == "Connection refused")
        }
    }

    @Test("A server that does not answer is given up, and so is a caller who gave up")
    func deadline() async throws {
        let server = try await EmbeddingServerProcess()
        let embedder = try EndpointEmbedder(Self.configuration(server, model: "silent", seconds: 1))
        await #expect(throws: EndpointError.timedOut(endpoint: "127.0.0.1:\(server.port)", seconds: 1)) {
            try await embedder.embed(Self.texts)
        }
        let patient = try EndpointEmbedder(Self.configuration(server, model: "silent", seconds: 600))
        let task = Task { try await patient.embed(["for whom the caller waits"]) }
        while try !server.requests().contains(where: { $0.texts == ["for whom the caller waits"] }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    // MARK: TLS

    @Test("Over TLS only to a certificate that is trusted and bears the name")
    func tls() async throws {
        let certificate = try TestCertificate(for: "DNS:localhost,IP:127.0.0.1")
        let server = try await EmbeddingServerProcess(certificate: (certificate.file, certificate.key))
        func embed(_ host: String, authority: URL?) async throws -> [[Float]] {
            let configuration = Self.configuration(
                server, base: "https://\(host):\(server.port)", authority: authority, seconds: 600)
            return try await EndpointEmbedder(configuration).embed(["the bolt"])
        }
        for host in ["localhost", "127.0.0.1"] {
            let vectors = try await embed(host, authority: certificate.file)
            #expect(Self.isNear(vectors, try await Self.expected(["the bolt"])))
        }
        let untrusted = EndpointError.untrusted(endpoint: "127.0.0.1:\(server.port)")
        await #expect(throws: untrusted) { try await embed("localhost", authority: nil) }
        let stranger = try TestCertificate(for: "DNS:localhost")
        await #expect(throws: untrusted) { try await embed("localhost", authority: stranger.file) }
        #expect(try server.requests().count == 2)
    }

    @Test("A trusted certificate for another name is refused, and so is a server that speaks no TLS")
    func otherName() async throws {
        let certificate = try TestCertificate(for: "DNS:models.example,IP:127.0.0.2")
        let server = try await EmbeddingServerProcess(certificate: (certificate.file, certificate.key))
        let plain = try await EmbeddingServerProcess()
        for (host, server) in [("localhost", server), ("127.0.0.1", server), ("localhost", plain)] {
            let embedder = try EndpointEmbedder(
                Self.configuration(
                    server, base: "https://\(host):\(server.port)", authority: certificate.file, seconds: 600))
            await #expect(throws: EndpointError.untrusted(endpoint: "127.0.0.1:\(server.port)")) {
                try await embedder.embed("x")
            }
            #expect(try server.requests().isEmpty)
        }
        let folder = try TemporaryFolder()
        let empty = try folder.write("no certificate\n", to: "ca.pem")
        #expect(throws: EndpointError.certificateAuthority(path: empty.path, reason: "holds no certificate")) {
            try EndpointEmbedder(Self.configuration(server, authority: empty))
        }
    }
}
