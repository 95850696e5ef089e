import Passages

/// A digest of a set of rows that does not depend on their order and can be added to and taken from: the sum of keyed
/// row digests modulo 2²⁵⁶ (MSet-Add-Hash of Clarke et al., *Incremental Multiset Hash Functions*, ASIACRYPT 2003).
struct MultisetDigest: Hashable, Sendable {
    /// Least significant first.
    private var limbs: SIMD4<UInt64> = .zero

    /// The digest of no rows.
    init() {}

    /// The digest of one row.
    /// - Precondition: `element` holds 32 bytes.
    init(element: [UInt8]) {
        precondition(element.count == 32)
        for (index, byte) in element.enumerated() {
            limbs[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8)
        }
    }

    static func += (left: inout MultisetDigest, right: MultisetDigest) {
        var carry: UInt64 = 0
        for index in 0..<4 {
            let (partial, first) = left.limbs[index].addingReportingOverflow(right.limbs[index])
            let (sum, second) = partial.addingReportingOverflow(carry)
            left.limbs[index] = sum
            carry = first || second ? 1 : 0
        }
    }

    static func -= (left: inout MultisetDigest, right: MultisetDigest) {
        var borrow: UInt64 = 0
        for index in 0..<4 {
            let (partial, first) = left.limbs[index].subtractingReportingOverflow(right.limbs[index])
            let (difference, second) = partial.subtractingReportingOverflow(borrow)
            left.limbs[index] = difference
            borrow = first || second ? 1 : 0
        }
    }

    var bytes: [UInt8] {
        (0..<4).flatMap { index in (0..<8).map { UInt8(truncatingIfNeeded: limbs[index] >> UInt64($0 * 8)) } }
    }
}

/// Names the set of rows that a caller may read: equal sets give equal tags, and what he may not read never enters.
package struct ContentTag: Hashable, Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    package var description: String { Hexadecimal.text(bytes) }
}
