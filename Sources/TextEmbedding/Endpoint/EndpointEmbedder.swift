import Crypto
import Foundation
import NIOCore
import Synchronization

/// A model behind an OpenAI-shaped `/v1/embeddings` inside the enclave.
///
/// INVARIANT (batch invariance, see ``Embedder``): the arithmetic of a server that computes several texts at once may
/// depend on which ones they are, and then a hidden passage would show in the last bits of another's score. So unless
/// the settings say that the endpoint is batch invariant, one request holds one text and one request is under way at a
/// time, queries included: the endpoint has nothing of ours to put beside a text. Where they do say so, it is tried out
/// before the first text goes there.
///
/// The other half is the endpoint's own to keep: the same text gives the same vector every time.
package final class EndpointEmbedder: Embedder {
    package let model: EmbeddingModel
    private let configuration: EndpointConfiguration
    private let connection: EndpointConnection
    private let reader: EndpointAnswerReader
    private let gate: RequestGate
    private let isTried: Mutex<Bool>

    /// Reads the key and the certificates; connects to nothing yet.
    package init(_ configuration: EndpointConfiguration) throws(EndpointError) {
        self.configuration = configuration
        connection = try EndpointConnection(configuration)
        reader = EndpointAnswerReader(configuration: configuration)
        gate = RequestGate(
            width: configuration.isBatchInvariant ? EndpointLimits.concurrentRequests : 1,
            waitingLimit: EndpointLimits.waitingRequests)
        isTried = Mutex(configuration.textsPerRequest == 1)
        model = EmbeddingModel(
            name: configuration.model, dimension: configuration.dimension, maximumTokens: configuration.maximumTokens,
            digest: Self.digest(configuration))
    }

    /// One vector a text, in their order. Cancelling the task stops after the requests that are under way.
    ///
    /// A call has no more requests at the gate than go through at once, so a query waits for a few requests of a large
    /// batch and not for the whole of it.
    package func embed(_ texts: [String]) async throws -> [[Float]] {
        guard !texts.isEmpty else { return [] }
        try await tryBatchInvariance()
        let batches = batches(of: texts)
        return try await withThrowingTaskGroup(of: (Int, [[Float]]).self) { group in
            var results = [[[Float]]](repeating: [], count: batches.count)
            var inFlight = 0
            for (number, batch) in batches.enumerated() {
                if inFlight == gate.width, let (number, vectors) = try await group.next() {
                    results[number] = vectors
                    inFlight -= 1
                }
                try Task.checkCancellation()
                group.addTask { (number, try await self.vectors(of: batch)) }
                inFlight += 1
            }
            for try await (number, vectors) in group { results[number] = vectors }
            return results.flatMap { $0 }
        }
    }

    /// An upper bound: see ``TokenBound``.
    package func countTokens(_ text: String) -> Int {
        TokenBound.tokens(in: text)
    }

    /// SHA-256 over a line for each thing that shapes a vector as far as it is known here. The host is not among them:
    /// the same model may move.
    private static func digest(_ configuration: EndpointConfiguration) -> String {
        let parts = [
            "portcullis embedding endpoint 1",
            "model \(configuration.model)",
            "dimension \(configuration.dimension)",
            "tokens \(configuration.maximumTokens), one a byte, unit length",
        ]
        return ModelFolder.hexadecimal(SHA256.hash(data: Data(parts.joined(separator: "\n").utf8)))
    }

    // MARK: Requests

    /// The texts, cut to what the model reads, in the fewest requests that keep within the limits.
    private func batches(of texts: [String]) -> [[String]] {
        var batches: [[String]] = []
        var bytes = 0
        for text in texts {
            let text = TokenBound.prefix(of: text, tokens: configuration.maximumTokens - EndpointLimits.specialTokens)
            bytes += text.utf8.count
            if let last = batches.last, last.count < configuration.textsPerRequest,
                bytes <= EndpointLimits.requestTextBytes
            {
                batches[batches.count - 1].append(text)
            } else {
                batches.append([text])
                bytes = text.utf8.count
            }
        }
        return batches
    }

    private struct Body: Encodable {
        let model: String
        let input: [String]
        let encodingFormat = "float"

        enum CodingKeys: String, CodingKey {
            case model, input
            case encodingFormat = "encoding_format"
        }
    }

    /// One request within its time, the wait for its turn included.
    private func vectors(of texts: [String]) async throws -> [[Float]] {
        let endpoint = configuration.destination
        let body = ByteBuffer(bytes: try JSONEncoder().encode(Body(model: configuration.model, input: texts)))
        let deadline = ContinuousClock.now + .seconds(configuration.timeoutSeconds)
        return try await withThrowingTaskGroup(of: [[Float]].self) { [gate, connection, reader, configuration] group in
            defer { group.cancelAll() }
            group.addTask {
                let answer = try await gate.pass {
                    try await connection.post(body, limit: reader.limit(count: texts.count), deadline: deadline)
                }
                guard let answer else {
                    throw EndpointError.tooManyWaiting(endpoint: endpoint, limit: EndpointLimits.waitingRequests)
                }
                return try reader.vectors(answer, count: texts.count)
            }
            group.addTask {
                try await Task.sleep(until: deadline, clock: .continuous)
                throw EndpointError.timedOut(endpoint: endpoint, seconds: configuration.timeoutSeconds)
            }
            return try await group.next() ?? []
        }
    }

    // MARK: Batch invariance

    /// Texts of our own, of different lengths, as a server that pads or packs them would treat them differently.
    private static let trialTexts = [
        "gate",
        "A portcullis is lowered before the gate is closed.",
        String(repeating: "Every passage is weighed by itself, whatever stands beside it. ", count: 6),
    ]

    /// Holds an endpoint that is said to be batch invariant to it, once. It proves nothing, and catches the usual ones.
    private func tryBatchInvariance() async throws {
        guard !isTried.withLock({ $0 }) else { return }
        let texts = batches(of: Self.trialTexts)[0]
        let together = try await vectors(of: texts)
        for (text, vector) in zip(texts, together) {
            let alone = try await vectors(of: [text])[0]
            guard alone.map(\.bitPattern) == vector.map(\.bitPattern) else {
                throw EndpointError.notBatchInvariant(endpoint: configuration.destination)
            }
        }
        isTried.withLock { $0 = true }
    }
}
