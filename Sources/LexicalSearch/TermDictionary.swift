import Glibc

/// The terms of some passages, numbered from 0 as they come.
///
/// A hash table with open addressing over the bytes of all terms. Its hashes are seeded for each table, so that nobody
/// can choose words that fall into one slot; numbers do not depend on them.
final class TermDictionary: Sendable {
    private let bytes = PostingMemory<UInt8>()
    /// Where each term ends in `bytes`.
    private let ends = PostingMemory<UInt32>()
    /// The number of a term plus one below the high half of its hash; 0 is a free slot. As many as a power of two.
    nonisolated(unsafe) private var slots = PostingMemory<UInt64>(repeating: 0, count: 64)
    private let seed = UInt64.random(in: 0...UInt64.max)

    var count: Int { ends.count }

    /// Its memory, in bytes.
    var byteCount: Int { bytes.byteCount + ends.byteCount + slots.byteCount }

    /// The bytes of a term.
    func term(_ number: Int) -> UnsafeBufferPointer<UInt8> {
        let start = number == 0 ? 0 : Int(ends[number - 1])
        return UnsafeBufferPointer(start: bytes.start + start, count: Int(ends[number]) - start)
    }

    func number(of term: UnsafeBufferPointer<UInt8>) -> Int? {
        let found = slots[slot(of: term, hash(term))]
        return found == 0 ? nil : Self.number(found)
    }

    /// The number of a term, a new one if it has none yet.
    func intern(_ term: UnsafeBufferPointer<UInt8>) -> Int {
        let hash = hash(term)
        let slot = slot(of: term, hash)
        if slots[slot] != 0 { return Self.number(slots[slot]) }
        precondition(bytes.count + term.count < UInt32.max, "a dictionary holds at most 4 GiB of terms")
        if let start = term.baseAddress { bytes.append(start, count: term.count) }
        ends.append(UInt32(bytes.count))
        slots[slot] = hash & Self.tag | UInt64(count)
        if count * 2 > slots.count { rehash() }
        return count - 1
    }

    func trim() {
        bytes.trim()
        ends.trim()
    }

    private static let tag: UInt64 = 0xFFFF_FFFF_0000_0000

    private static func number(_ slot: UInt64) -> Int { Int(slot & ~tag) - 1 }

    private func rehash() {
        slots = PostingMemory(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for number in 0..<count {
            let hash = hash(term(number))
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = hash & Self.tag | UInt64(number + 1)
        }
    }

    /// The slot of a term, or the free one where it belongs.
    private func slot(of wanted: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int {
        let mask = slots.count - 1
        let (slots, ends, bytes) = (slots.start, ends.start, bytes.start)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] & Self.tag == hash & Self.tag {
                let number = Self.number(slots[slot])
                let start = number == 0 ? 0 : Int(ends[number - 1])
                let count = Int(ends[number]) - start
                if count == wanted.count, count == 0 || memcmp(bytes + start, wanted.baseAddress!, count) == 0 { break }
            }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func hash(_ term: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash = seed ^ UInt64(term.count)
        var rest = UnsafeRawBufferPointer(term)
        while !rest.isEmpty {
            let word: UInt64
            if rest.count >= 8 {
                word = rest.loadUnaligned(as: UInt64.self)
                rest = UnsafeRawBufferPointer(rebasing: rest[8...])
            } else {
                var last: UInt64 = 0
                for byte in rest { last = last << 8 | UInt64(byte) }
                word = last
                rest = UnsafeRawBufferPointer(start: nil, count: 0)
            }
            let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15 | seed << 1)
            hash = product.high ^ product.low
        }
        return hash ^ hash >> 29
    }
}
