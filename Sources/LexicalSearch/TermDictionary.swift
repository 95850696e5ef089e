/// The terms of some passages, numbered from 0 as they come.
///
/// A hash table with open addressing over the bytes of all terms. Its hashes are seeded for each table, so that nobody can
/// choose words that fall into one slot; numbers do not depend on them.
final class TermDictionary: Sendable {
    private let bytes = PostingMemory<UInt8>()
    /// Where each term ends in `bytes`.
    private let ends = PostingMemory<UInt32>()
    /// Term numbers plus one; 0 is a free slot. As many as a power of two.
    nonisolated(unsafe) private var slots = PostingMemory<UInt32>(repeating: 0, count: 64)
    private let seed = UInt64.random(in: 0...UInt64.max)

    var count: Int { ends.count }

    /// The bytes of a term.
    func term(_ number: Int) -> UnsafeBufferPointer<UInt8> {
        let start = number == 0 ? 0 : Int(ends[number - 1])
        return UnsafeBufferPointer(start: bytes.start + start, count: Int(ends[number]) - start)
    }

    func number(of term: UnsafeBufferPointer<UInt8>) -> Int? {
        let found = slots[slot(of: term)]
        return found == 0 ? nil : Int(found) - 1
    }

    /// The number of a term, a new one if it has none yet.
    func intern(_ term: UnsafeBufferPointer<UInt8>) -> Int {
        let slot = slot(of: term)
        if slots[slot] != 0 { return Int(slots[slot]) - 1 }
        precondition(bytes.count + term.count < UInt32.max, "a dictionary holds at most 4 GiB of terms")
        if let start = term.baseAddress { bytes.append(start, count: term.count) }
        ends.append(UInt32(bytes.count))
        slots[slot] = UInt32(count)
        if count * 2 > slots.count { rehash() }
        return count - 1
    }

    func trim() {
        bytes.trim()
        ends.trim()
    }

    private func rehash() {
        slots = PostingMemory(repeating: 0, count: slots.count * 2)
        for number in 0..<count { slots[slot(of: term(number))] = UInt32(number + 1) }
    }

    /// The slot of a term, or the free one where it belongs.
    private func slot(of wanted: UnsafeBufferPointer<UInt8>) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash(wanted)) & mask
        while slots[slot] != 0 {
            let other = term(Int(slots[slot]) - 1)
            if other.count == wanted.count, other.elementsEqual(wanted) { break }
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
                word = rest.reversed().reduce(0) { $0 << 8 | UInt64($1) }
                rest = UnsafeRawBufferPointer(start: nil, count: 0)
            }
            let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15 | seed << 1)
            hash = product.high ^ product.low
        }
        return hash ^ hash >> 29
    }
}
