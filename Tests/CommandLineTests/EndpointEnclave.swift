import Foundation
import TestSupport
import Testing

/// The small enclave of the tests with its embeddings from a server.
enum EndpointEnclave {
    /// The settings with the endpoint at `url`, and connections allowed to `allowed`.
    static func settings(url: String, allowed: [String], model: String = "hashing") throws -> String {
        let settings = try #require(SampleEnclave.settings["portcullis.yaml"])
        let list = allowed.map { "\"\($0)\"" }.joined(separator: ", ")
        let endpoint = "{url: \"\(url)\", model: \(model), dimension: 48, maximum_tokens: 512}"
        return settings.replacing("model: ../model", with: "endpoint: \(endpoint)\negress:\n  allow: [\(list)]")
    }

    static func make(_ server: EmbeddingServerProcess) throws -> SampleEnclave {
        let destination = "127.0.0.1:\(server.port)"
        return try SampleEnclave(
            files: ["portcullis.yaml": settings(url: "http://\(destination)/v1", allowed: [destination])])
    }
}
