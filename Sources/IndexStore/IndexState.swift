import Foundation
import Passages
import Sealing

/// What an index says about itself in each commit.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 8 | generation: one more with each commit |
/// | 8 | 8 | generation of the key store that the commit followed |
/// | 16 | 32 | sum of the keyed digests of all labels, sources, files taken in, and documents with their labels |
/// | 48 | 32 | HMAC-SHA256 of what stands before |
///
/// Numbers are big endian.
struct IndexState: Equatable, Sendable {
    let generation: Int64
    let keyGeneration: Int64
    let records: MultisetDigest

    private static let length = 48

    init(generation: Int64, keyGeneration: Int64, records: MultisetDigest) {
        self.generation = generation
        self.keyGeneration = keyGeneration
        self.records = records
    }

    var anchor: IndexAnchor { IndexAnchor(generation: generation, digest: records) }

    func bytes(_ digest: KeyedDigest) -> Data {
        var data = Data()
        data.append(bigEndian: generation)
        data.append(bigEndian: keyGeneration)
        data.append(contentsOf: records.bytes)
        return data + digest(data)
    }

    /// nil where the digest does not fit.
    init?(_ data: Data, _ digest: KeyedDigest) {
        guard data.count == Self.length + KeyedDigest.length else { return nil }
        let bytes = Array(data)
        guard digest(bytes[..<Self.length]) == Array(bytes[Self.length...]) else { return nil }
        func number(_ offset: Int) -> Int64 {
            Int64(bitPattern: bytes[offset..<offset + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        self.init(
            generation: number(0), keyGeneration: number(8),
            records: MultisetDigest(element: Array(bytes[16..<Self.length])))
    }
}
