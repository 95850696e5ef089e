/// Text as its UTF-8 bytes: names and values that decide about access.
///
/// Swift compares `String`s by canonical equivalence, under which `"é"` and `"e\u{301}"` are equal. An access decision
/// must not depend on that, so equality, order and hash here are those of the bytes.
package struct ByteText: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ string: some StringProtocol) {
        bytes = Array(string.utf8)
    }

    /// For people to read; ill-formed bytes are repaired, so never compare it.
    package var string: String { String(decoding: bytes, as: UTF8.self) }
}

extension ByteText {
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words: bytes)
    }
}

extension Hasher {
    /// Takes bytes eight at a time: one by one, which is what an array of them does, is several times slower, and names of
    /// attributes are looked up for every label of every request.
    mutating func combine(words bytes: [UInt8]) {
        var word: UInt64 = 0
        for (position, byte) in bytes.enumerated() {
            word = word << 8 | UInt64(byte)
            if position % 8 == 7 {
                combine(word)
                word = 0
            }
        }
        combine(word)
        combine(bytes.count)
    }
}

extension ByteText: Comparable {
    package static func < (left: ByteText, right: ByteText) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension ByteText: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        self.init(value)
    }
}

extension ByteText: CustomStringConvertible {
    package var description: String { string }
}
