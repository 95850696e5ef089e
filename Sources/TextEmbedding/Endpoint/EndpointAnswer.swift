import Foundation
import NIOCore
import NIOFoundationCompat

/// What `/v1/embeddings` answers; other fields are passed over.
struct EndpointAnswer: Decodable {
    struct Entry: Decodable {
        let index: Int
        let embedding: [Double]
    }

    let model: String
    let data: [Entry]
}

/// Turns answers into vectors of unit length, and takes nothing on trust.
struct EndpointAnswerReader {
    let configuration: EndpointConfiguration

    private var endpoint: String { configuration.destination }

    /// Longest answer with `count` vectors, bytes.
    func limit(count: Int) -> Int {
        EndpointLimits.answerBytes + count * configuration.dimension * EndpointLimits.bytesPerNumber
    }

    /// One vector for each of the `count` texts, in their order.
    func vectors(_ body: ByteBuffer, count: Int) throws(EndpointError) -> [[Float]] {
        let answer: EndpointAnswer
        do {
            answer = try JSONDecoder().decode(EndpointAnswer.self, from: body)
        } catch {
            // The decoder's own message could quote the answer.
            throw .malformed(endpoint: endpoint, reason: "it is not JSON with model, data, index and finite numbers")
        }
        guard answer.model.utf8.elementsEqual(configuration.model.utf8) else {
            throw .otherModel(
                endpoint: endpoint, expected: configuration.model, found: Self.isName(answer.model) ? answer.model : nil
            )
        }
        guard answer.data.count == count else {
            throw .otherCount(endpoint: endpoint, expected: count, found: answer.data.count)
        }
        var vectors = [[Float]](repeating: [], count: count)
        for entry in answer.data {
            guard vectors.indices.contains(entry.index) else {
                throw .malformed(endpoint: endpoint, reason: "index \(entry.index) of \(count) texts")
            }
            guard vectors[entry.index].isEmpty else {
                throw .malformed(endpoint: endpoint, reason: "index \(entry.index) stands there twice")
            }
            vectors[entry.index] = try unitVector(entry.embedding)
        }
        return vectors
    }

    /// `numbers` at unit length: squares summed in float64 in the order of the components, each component divided in
    /// float64 by the root of that sum and rounded once to float32. So it depends on nothing but the numbers.
    private func unitVector(_ numbers: [Double]) throws(EndpointError) -> [Float] {
        guard numbers.count == configuration.dimension else {
            throw .otherDimension(endpoint: endpoint, expected: configuration.dimension, found: numbers.count)
        }
        guard numbers.allSatisfy({ Float($0).isFinite }) else {
            throw .malformed(endpoint: endpoint, reason: "a number is not finite or beyond float32")
        }
        let norm = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard norm >= Double(Float.leastNormalMagnitude) else {
            throw .malformed(endpoint: endpoint, reason: "a vector is zero and has no direction")
        }
        return numbers.map { Float($0 / norm) }
    }

    /// Whether a text looks like the name of a model and so may stand in a message.
    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 100
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-._:/".utf8.contains(byte)
                }
            }
    }
}
