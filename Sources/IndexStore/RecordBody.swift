import Foundation
import Passages

/// What a document's `body` holds.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 8 | when it first came into the index, milliseconds since 1970 |
/// | 8 | 1 | 1 where it bears a date, else 0 |
/// | 9 | 8 | that date, milliseconds since 1970 |
/// | 17 | 4 | length of the path |
/// | 21 | – | the path, then the title, UTF-8 |
///
/// Numbers are big endian. The path of a member of a file is the file's path, a NUL byte, which no path can hold, and the
/// member's name.
struct DocumentBody: Equatable {
    let place: DocumentPlace
    let title: String
    /// The date that the document bears.
    let date: Int64?
    let ingested: Int64

    init(place: DocumentPlace, title: String, date: Int64?, ingested: Int64) {
        self.place = place
        self.title = title
        self.date = date
        self.ingested = ingested
    }

    private static let separator = "\0"

    var bytes: [UInt8] {
        let path = place.path + (place.member.map { Self.separator + $0 } ?? "")
        var data = Data()
        data.append(bigEndian: ingested)
        data.append(date == nil ? 0 : 1)
        data.append(bigEndian: date ?? 0)
        var bytes = Array(data)
        bytes.append(bigEndian: path.utf8.count)
        return bytes + path.utf8 + title.utf8
    }

    init(_ payload: Data) throws(IndexError) {
        var reader = BodyReader(payload)
        ingested = try reader.instant()
        let isDated = try reader.bytes(1) == [1]
        let date = try reader.instant()
        self.date = isDated ? date : nil
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

    mutating func instant() throws(IndexError) -> Int64 {
        Int64(bitPattern: try bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    mutating func text(length: Int) throws(IndexError) -> String {
        String(decoding: try bytes(length), as: UTF8.self)
    }

    func rest() -> String {
        String(decoding: payload, as: UTF8.self)
    }
}
