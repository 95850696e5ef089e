/// The one byte form of a value: equal values have equal bytes, and different values different ones.
///
/// | value | bytes |
/// | --- | --- |
/// | bool | `01`, `00` or `01` |
/// | long | `02`, eight bytes big endian with the sign bit flipped |
/// | string | `03`, text |
/// | entity | `04`, text of the type, text of the id |
/// | datetime | `05`, eight bytes as for long |
/// | set | `06`, count (4 bytes), members in the order of their bytes, each preceded by its length (4 bytes) |
///
/// *Text* is its length (4 bytes, big endian) and its UTF-8 bytes.
extension AttributeValue {
    package var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .bool(let value):
            bytes = [1, value ? 1 : 0]
        case .long(let value):
            bytes = [2]
            bytes.appendBigEndian(ordered: value)
        case .string(let value):
            bytes = [3]
            bytes.append(text: value)
        case .entity(let value):
            bytes = [4]
            bytes.append(text: value.type)
            bytes.append(text: value.id)
        case .datetime(let value):
            bytes = [5]
            bytes.appendBigEndian(ordered: value)
        case .set(let values):
            bytes = [6]
            bytes.appendBigEndian(UInt32(values.count))
            let members = values.map(\.canonicalBytes).sorted { $0.lexicographicallyPrecedes($1) }
            for member in members {
                bytes.appendBigEndian(UInt32(member.count))
                bytes += member
            }
        }
        return bytes
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: UInt32) {
        for shift in stride(from: 24, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> UInt32(shift)))
        }
    }

    mutating func appendBigEndian(ordered value: Int64) {
        let flipped = UInt64(bitPattern: value) ^ (1 << 63)
        for shift in stride(from: 56, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: flipped >> UInt64(shift)))
        }
    }

    mutating func append(text: ByteText) {
        appendBigEndian(UInt32(text.bytes.count))
        self += text.bytes
    }
}

/// Bytes that are not the canonical form of a label.
package struct MalformedLabel: Error, CustomStringConvertible {
    package let offset: Int

    package var description: String {
        "the stored label is damaged at byte \(offset); restore the index from a backup or build it anew"
    }
}

/// Reads canonical bytes back.
struct CanonicalReader {
    private let bytes: [UInt8]
    private var position = 0
    private static let depthLimit = 4

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws(MalformedLabel) -> UInt8 {
        guard position < bytes.count else { throw MalformedLabel(offset: position) }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func count() throws(MalformedLabel) -> Int {
        var value: UInt32 = 0
        for _ in 0..<4 { value = value << 8 | UInt32(try byte()) }
        guard Int(value) <= bytes.count - position else { throw MalformedLabel(offset: position) }
        return Int(value)
    }

    mutating func text() throws(MalformedLabel) -> ByteText {
        let length = try count()
        defer { position += length }
        return ByteText(bytes: Array(bytes[position..<(position + length)]))
    }

    private mutating func integer() throws(MalformedLabel) -> Int64 {
        var value: UInt64 = 0
        for _ in 0..<8 { value = value << 8 | UInt64(try byte()) }
        return Int64(bitPattern: value ^ (1 << 63))
    }

    mutating func value(depth: Int = 0) throws(MalformedLabel) -> AttributeValue {
        guard depth < Self.depthLimit else { throw MalformedLabel(offset: position) }
        switch try byte() {
        case 1: return .bool(try byte() != 0)
        case 2: return .long(try integer())
        case 3: return .string(try text())
        case 4: return .entity(EntityReference(type: try text(), id: try text()))
        case 5: return .datetime(try integer())
        case 6:
            var members: Set<AttributeValue> = []
            for _ in 0..<(try count()) {
                _ = try count()
                members.insert(try value(depth: depth + 1))
            }
            return .set(members)
        default: throw MalformedLabel(offset: position - 1)
        }
    }
}
