import Foundation
import Passages
import Sealing

/// What the key store says about itself and about the index it belongs to, in one value with a keyed digest.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 8 | generation of the key store: one more with each commit |
/// | 8 | 32 | sum of the keyed digests of all its rows |
/// | 40 | 8, 32 | the state of the index before its last commit began: generation, sum |
/// | 80 | 8, 32 | the state that this commit makes |
/// | 120 | 32 | HMAC-SHA256 of what stands before |
///
/// Numbers are big endian. Two files cannot be committed in one step, so the key store is told first what the index will
/// be. An index in neither state is an older copy that somebody put back, or the key store is one.
struct KeyStoreState: Equatable, Sendable {
    var generation: Int64 = 0
    var rows = MultisetDigest()
    var previous = IndexAnchor.none
    var next = IndexAnchor.none

    private static let length = 120

    func bytes(_ seal: KeyedDigest) -> Data {
        var data = Data()
        for (number, digest) in [
            (generation, rows), (previous.generation, previous.digest), (next.generation, next.digest),
        ] {
            data.append(bigEndian: number)
            data.append(contentsOf: digest.bytes)
        }
        return data + seal(data)
    }

    /// nil where the digest does not fit.
    init?(_ data: Data, _ seal: KeyedDigest) {
        guard data.count == Self.length + KeyedDigest.length else { return nil }
        let bytes = Array(data)
        guard seal(bytes[..<Self.length]) == Array(bytes[Self.length...]) else { return nil }
        func number(_ offset: Int) -> Int64 {
            Int64(bitPattern: bytes[offset..<offset + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        func digest(_ offset: Int) -> MultisetDigest { MultisetDigest(element: Array(bytes[offset..<offset + 32])) }
        generation = number(0)
        rows = digest(8)
        previous = IndexAnchor(generation: number(40), digest: digest(48))
        next = IndexAnchor(generation: number(80), digest: digest(88))
    }

    init() {}
}
