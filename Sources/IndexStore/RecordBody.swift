import Foundation
import Passages

/// What a document's `body` holds: the length of the path (4 bytes, big endian), the path, the title.
///
/// The path of a member of a file is the file's path, a NUL byte, which no path can hold, and the member's name.
struct DocumentBody: Equatable {
    let place: DocumentPlace
    let title: String

    init(place: DocumentPlace, title: String) {
        self.place = place
        self.title = title
    }

    private static let separator = "\0"

    var bytes: [UInt8] {
        let path = place.path + (place.member.map { Self.separator + $0 } ?? "")
        var bytes: [UInt8] = []
        bytes.append(bigEndian: path.utf8.count)
        return bytes + path.utf8 + title.utf8
    }

    init(_ payload: Data) throws(IndexError) {
        var reader = BodyReader(payload)
        let path = try reader.text(length: try reader.number())
        let parts = path.split(separator: Self.separator, maxSplits: 1, omittingEmptySubsequences: false)
        place = DocumentPlace(path: String(parts[0]), member: parts.count > 1 ? String(parts[1]) : nil)
        title = reader.rest()
    }
}

/// What a passage's `body` holds.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 32 | SHA-256 of the text |
/// | 32 | 4, 4 | first byte in the extracted text, and the one after the last |
/// | 40 | 4 | page, 0 where there are none |
/// | 44 | 4 | number of headings above |
/// | 48 | 4 each | their ordinals, outermost first |
/// | – | – | text, UTF-8 |
///
/// Numbers are big endian.
struct PassageBody: Equatable {
    let text: String
    let sha256: [UInt8]
    let range: ByteRange
    let page: Int?
    let section: [Int]

    init(text: String, sha256: [UInt8], range: ByteRange, page: Int?, section: [Int]) {
        precondition(sha256.count == Self.digestLength)
        self.text = text
        self.sha256 = sha256
        self.range = range
        self.page = page
        self.section = section
    }

    private static let digestLength = 32

    var bytes: [UInt8] {
        var bytes = sha256
        for number in [range.start, range.end, page ?? 0, section.count] + section { bytes.append(bigEndian: number) }
        return bytes + text.utf8
    }

    init(_ payload: Data) throws(IndexError) {
        var reader = BodyReader(payload)
        sha256 = try reader.bytes(Self.digestLength)
        let start = try reader.number()
        let end = try reader.number()
        guard start <= end else { throw .damaged(what: "a passage's range") }
        range = ByteRange(start, end)
        let page = try reader.number()
        self.page = page == 0 ? nil : page
        var section: [Int] = []
        for _ in 0..<(try reader.number()) { section.append(try reader.number()) }
        self.section = section
        text = reader.rest()
    }
}

/// Reads a body front to back; an end that comes too early is damage.
private struct BodyReader {
    private var payload: Data

    init(_ payload: Data) {
        self.payload = payload
    }

    mutating func bytes(_ count: Int) throws(IndexError) -> [UInt8] {
        guard count <= payload.count else { throw .damaged(what: "a record is cut off") }
        defer { payload = payload.dropFirst(count) }
        return Array(payload.prefix(count))
    }

    mutating func number() throws(IndexError) -> Int {
        Int(try bytes(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
    }

    mutating func text(length: Int) throws(IndexError) -> String {
        String(decoding: try bytes(length), as: UTF8.self)
    }

    func rest() -> String {
        String(decoding: payload, as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian number: Int) {
        Swift.withUnsafeBytes(of: UInt32(number).bigEndian) { append(contentsOf: $0) }
    }
}
