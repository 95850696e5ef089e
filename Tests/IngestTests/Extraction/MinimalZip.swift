/// A ZIP container written by hand: entries stored, or as one long run of a byte that deflates to very little.
struct MinimalZip {
    private struct Entry {
        let name: [UInt8]
        let method: UInt16
        let checksum: UInt32
        let data: [UInt8]
        let length: Int
        let flags: UInt16
        let offset: Int
    }

    private var local: [UInt8] = []
    private var entries: [Entry] = []
    /// Behind the directory.
    var comment: [UInt8] = []

    mutating func add(_ name: String, _ content: [UInt8], isEncrypted: Bool = false) {
        add(name, method: 0, checksum: Self.checksum(content), data: content, length: content.count, isEncrypted)
    }

    mutating func add(_ name: String, _ content: String) {
        add(name, Array(content.utf8))
    }

    /// `head`, then `count` times `byte`, then `tail`; deflated (RFC 1951, fixed codes).
    ///
    /// - Parameter hasChecksum: Without one no time is spent on it, and `unzip` finds the entry damaged at its end.
    mutating func add(
        _ name: String, head: String = "", run byte: UInt8, count: Int, tail: String = "", hasChecksum: Bool = true
    ) {
        var bits = BitWriter()
        bits.write(0b011, 3)
        for literal in head.utf8 { bits.literal(literal) }
        bits.literal(byte)
        // Matches of 258 bytes at distance 1, then what is left.
        bits.matches((count - 1) / 258)
        for _ in 0..<((count - 1) % 258) { bits.literal(byte) }
        for literal in tail.utf8 { bits.literal(literal) }
        bits.code(0, 7)
        var checksum: UInt32 = 0
        if hasChecksum {
            checksum = Self.checksum(Array(head.utf8) + [UInt8](repeating: byte, count: count) + Array(tail.utf8))
        }
        add(
            name, method: 8, checksum: checksum, data: bits.finish(),
            length: head.utf8.count + count + tail.utf8.count, false)
    }

    private mutating func add(
        _ name: String, method: UInt16, checksum: UInt32, data: [UInt8], length: Int, _ isEncrypted: Bool
    ) {
        let entry = Entry(
            name: Array(name.utf8), method: method, checksum: checksum, data: data, length: length,
            flags: isEncrypted ? 1 : 0, offset: local.count)
        local += [0x50, 0x4B, 3, 4] + common(entry) + Self.word(0) + entry.name + data
        entries.append(entry)
    }

    var bytes: [UInt8] {
        var directory: [UInt8] = []
        for entry in entries {
            directory += [0x50, 0x4B, 1, 2] + Self.word(20) + common(entry) + Self.word(0)
            directory +=
                Self.word(0) + Self.word(0) + Self.word(0) + Self.long(0) + Self.long(entry.offset) + entry.name
        }
        let count = Self.word(UInt16(entries.count))
        return local + directory + [0x50, 0x4B, 5, 6] + Self.word(0) + Self.word(0) + count + count
            + Self.long(directory.count) + Self.long(local.count) + Self.word(UInt16(comment.count)) + comment
    }

    private func common(_ entry: Entry) -> [UInt8] {
        Self.word(20) + Self.word(entry.flags) + Self.word(entry.method) + Self.word(0) + Self.word(0x21)
            + Self.long(Int(entry.checksum)) + Self.long(entry.data.count) + Self.long(entry.length)
            + Self.word(UInt16(entry.name.count))
    }

    private static func word(_ value: UInt16) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
    private static func long(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 255) } }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        let table = table
        return ~bytes.reduce(~0) { table[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
    }
}

/// Bits of a deflated text: numbers from the low bit on, codes from the high bit on.
private struct BitWriter {
    private var bytes: [UInt8] = []
    private var bits: UInt32 = 0
    private var count: UInt32 = 0

    mutating func write(_ value: UInt32, _ length: UInt32) {
        bits |= value << count
        count += length
        while count >= 8 {
            bytes.append(UInt8(bits & 255))
            bits >>= 8
            count -= 8
        }
    }

    mutating func code(_ value: UInt32, _ length: UInt32) {
        var reversed: UInt32 = 0
        for bit in 0..<length where value >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
        write(reversed, length)
    }

    mutating func literal(_ byte: UInt8) {
        if byte < 144 { code(0x30 + UInt32(byte), 8) } else { code(0x190 + UInt32(byte - 144), 9) }
    }

    /// Matches of 258 bytes at distance 1. Eight of them are 13 whole bytes, which repeat.
    mutating func matches(_ number: Int) {
        func write(_ number: Int) {
            for _ in 0..<number {
                code(0b1100_0101, 8)
                code(0, 5)
            }
        }
        write(min(8, number))
        guard number > 8 else { return }
        let start = bytes.count
        write(min(8, number - 8))
        guard number > 16 else { return }
        let pattern = bytes[start...]
        for _ in 0..<((number - 16) / 8) { bytes += pattern }
        write((number - 16) % 8)
    }

    mutating func finish() -> [UInt8] {
        if count > 0 { write(0, 8 - count) }
        return bytes
    }
}
