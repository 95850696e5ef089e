import Foundation
import Testing

@testable import Enclaves

@Suite("Settings of an embedding endpoint")
struct EndpointSettingsTests {
    static let good = """
        embedding:
          endpoint:
            url: https://models.example/v1
            model: bge-small
            dimension: 384
            maximum_tokens: 512
        egress:
          allow: [models.example:443, "127.0.0.1:8080", "[::1]:8080"]
        """

    /// The sample enclave with another `embedding` section.
    static func sample(_ embedding: String) -> SampleEnclave {
        var sample = SampleEnclave()
        sample.replace("embedding:\n  model: ../models/all-MiniLM-L6-v2", with: embedding, in: "portcullis.yaml")
        return sample
    }

    private func settings(_ embedding: String) throws -> EnclaveSettings.Embedding {
        try Self.sample(embedding).write { try Enclave(folder: $0).settings.embedding }
    }

    @Test("An endpoint on the allow-list opens, with its defaults")
    func opens() throws {
        guard case .endpoint(let endpoint) = try settings(Self.good) else {
            Issue.record("no endpoint")
            return
        }
        #expect(endpoint.url.resource("embeddings") == "https://models.example:443/v1/embeddings")
        #expect(endpoint.model == "bge-small" && endpoint.dimension == 384 && endpoint.maximumTokens == 512)
        #expect(endpoint.textsPerRequest == 1 && !endpoint.isBatchInvariant && endpoint.timeoutSeconds == 30)
        #expect(endpoint.keyFile == nil && endpoint.certificateAuthority == nil)
    }

    @Test("Texts share requests where the endpoint is batch invariant; paths are taken from the enclave's folder")
    func more() throws {
        let text = Self.good.replacing(
            "    maximum_tokens: 512",
            with:
                "    maximum_tokens: 512\n    batch_invariant: true\n    key_file: ../key\n"
                + "    certificate_authority: ca.pem"
        )
        guard case .endpoint(let endpoint) = try settings(text) else {
            Issue.record("no endpoint")
            return
        }
        #expect(endpoint.textsPerRequest == 32 && endpoint.isBatchInvariant)
        #expect(
            endpoint.keyFile?.lastPathComponent == "key" && endpoint.certificateAuthority?.lastPathComponent == "ca.pem"
        )
        #expect(endpoint.keyFile?.path.hasPrefix("/") == true && endpoint.keyFile?.path.contains("..") == false)
    }

    @Test("Plain text goes to addresses of this machine only", arguments: ["127.0.0.1:8080", "[::1]:8080"])
    func loopback(destination: String) throws {
        let text = Self.good.replacing("https://models.example/v1", with: "http://\(destination)/v1")
        guard case .endpoint(let endpoint) = try settings(text) else {
            Issue.record("no endpoint")
            return
        }
        #expect(endpoint.url.resource("embeddings") == "http://\(destination)/v1/embeddings")
    }

    /// What is changed in the good settings, to what, and how the first message begins.
    static let mistakes: [(String, String, String)] = [
        (
            "https://models.example/v1", "https://other.example/v1",
            "portcullis.yaml:7: `embedding.endpoint.url` leads to other.example:443, and `egress.allow` does not list "
                + "it; to allow connections there, write at the top level: egress: {allow: [\"other.example:443\"]}"
        ),
        (
            "https://models.example/v1", "https://models.example:8443/v1",
            "portcullis.yaml:7: `embedding.endpoint.url` leads to models.example:8443, and `egress.allow` does not"
        ),
        (
            "models.example:443, ", "",
            "portcullis.yaml:7: `embedding.endpoint.url` leads to models.example:443, and `egress.allow` does not"
        ),
        (
            "egress:\n  allow: [models.example:443, \"127.0.0.1:8080\", \"[::1]:8080\"]", "egress: {}",
            "portcullis.yaml:7: `embedding.endpoint.url` leads to models.example:443, and `egress.allow` does not"
        ),
        (
            "https://models.example/v1", "http://models.example:443/v1",
            "portcullis.yaml:7: `embedding.endpoint.url` begins with http, which is taken for addresses of this machine"
        ),
        (
            "https://models.example/v1", "http://localhost:8080/v1",
            "portcullis.yaml:7: `embedding.endpoint.url` begins with http, which is taken for addresses of this machine"
        ),
        (
            "models.example:443,", "models.example,",
            "portcullis.yaml:12: `egress.allow`: `models.example` is not a host in small letters and a port"
        ),
        (
            "models.example:443,", "\"*:443\",",
            "portcullis.yaml:12: `egress.allow`: `*:443` is not a host in small letters and a port"
        ),
        (
            "    model: bge-small", "    model: bge-small\n    texts_per_request: 8",
            "portcullis.yaml:9: `embedding.endpoint.texts_per_request` is 8; texts may share a request only where"
        ),
        ("    model: bge-small\n", "", "portcullis.yaml:7: `embedding.endpoint.model` is missing"),
        (
            "model: bge-small", "model: \"a b\"",
            "portcullis.yaml:8: `embedding.endpoint.model` must be at most 200 bytes of ASCII"
        ),
        ("    dimension: 384\n", "", "portcullis.yaml:7: `embedding.endpoint.dimension` is missing"),
        (
            "dimension: 384", "dimension: 0",
            "portcullis.yaml:9: `embedding.endpoint.dimension` is 0; it must be from 1 to 16384"
        ),
        (
            "maximum_tokens: 512", "maximum_tokens: 63",
            "portcullis.yaml:10: `embedding.endpoint.maximum_tokens` is 63; it must be from 64 to 32768"
        ),
        (
            "maximum_tokens: 512", "maximum_tokens: 512\n    timeout: 5",
            "portcullis.yaml:11: the key `embedding.endpoint.timeout` is not known here"
        ),
        (
            "embedding:\n", "embedding:\n  model: ../m\n",
            "portcullis.yaml:8: `embedding` names a `model` and an `endpoint`; keep one of them"
        ),
        (
            "embedding:\n", "embedding:\n  precision: fast\n",
            "portcullis.yaml:6: `embedding.precision` is that of a `model` in this process; leave it out"
        ),
        ("egress:\n", "egress:\n  deny: []\n", "portcullis.yaml:12: the key `egress.deny` is not known here"),
    ]

    @Test("Each mistake says where it is and what to do", arguments: mistakes)
    func mistake(text: String, other: String, message: String) throws {
        #expect(Self.good.contains(text))
        do {
            _ = try settings(Self.good.replacing(text, with: other))
            Issue.record("the mistake goes unnoticed")
        } catch let error as EnclaveError {
            let first = try #require(error.problems.first?.description)
            #expect(first.hasPrefix(message), "\(error)")
        }
    }

    @Test("Without a model and an endpoint nothing opens")
    func neither() throws {
        #expect(throws: EnclaveError.self) { try settings("embedding: {}") }
    }

    @Test(
        "Only URLs that cannot be read in two ways are taken",
        arguments: [
            "https://Models.example/v1", "https://models.example/v1/", "https://models.example/v1?x=1",
            "https://models.example/v1#x", "https://user@models.example/v1", "https://models.example:443@evil.example/",
            "https://models.example\\@evil.example/v1", "https://models.example:0/v1",
            "https://models.example:65536/v1",
            "https://models.example:0443/v1", "https://models.example:/v1", "https:///v1", "https://",
            "//models.example/v1",
            "HTTPS://models.example/v1", "ftp://models.example/v1", "https://models.example/../v1",
            "https://models.example/%2e",
            "https://models.example//v1", "https://models..example/v1", "https://models.example./v1",
            "https://-a.example/v1",
            "http://127.1:8080/v1", "http://0x7f000001:8080/v1", "http://2130706433:8080/v1",
            "http://127.0.0.01:8080/v1",
            "http://[::1/v1", "http://::1:8080/v1", "http://[127.0.0.1]:8080/v1", "http://127.0.0.1/8:8080/v1",
            "https://mödels.example/v1", "https://models.example/v1 ", "http+unix://x/v1", "https://[::1%25lo]/v1",
        ])
    func strangeURLs(text: String) {
        #expect(EndpointURL(parsing: text) == nil)
    }

    @Test("A URL is written out from its parts")
    func parts() throws {
        for (text, resource) in [
            ("https://a.example", "https://a.example:443/embeddings"),
            ("https://a-1.example:8443/openai/v1", "https://a-1.example:8443/openai/v1/embeddings"),
            ("http://127.0.0.1/v1", "http://127.0.0.1:80/v1/embeddings"),
            ("https://[fd00::1]/v1", "https://[fd00::1]:443/v1/embeddings"),
        ] {
            #expect(EndpointURL(parsing: text)?.resource("embeddings") == resource)
        }
    }
}
