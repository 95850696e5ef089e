import Foundation
import Passages
import Testing

@testable import IndexStore

@Suite("Bodies of records")
struct RecordBodyTests {
    static let passages = [
        PassageBody(text: "", sha256: [UInt8](repeating: 7, count: 32), range: ByteRange(0, 0), page: nil, section: []),
        PassageBody(
            text: "é and 👩‍🔬", sha256: Array(0..<32), range: ByteRange(70_000, 4_000_000_000), page: 3,
            section: [0, 5, 900]),
    ]

    @Test("A passage is read as it was written, and a cut one is damage", arguments: passages)
    func passage(body: PassageBody) throws {
        let bytes = Data(body.bytes)
        #expect(try PassageBody(bytes) == body)
        let fixed = bytes.count - body.text.utf8.count
        for count in 0..<fixed {
            #expect(throws: IndexError.self) { try PassageBody(bytes.prefix(count)) }
        }
    }

    @Test("A document is read as it was written, and a cut one is damage", arguments: [nil, "N-17", "", "a#b"])
    func document(member: String?) throws {
        let body = DocumentBody(
            place: DocumentPlace(path: "a/ü.md", member: member), title: "Über", date: member == nil ? nil : -5,
            ingested: 1_800_000_000_000)
        let bytes = Data(body.bytes)
        #expect(try DocumentBody(bytes) == body)
        for count in 0..<(21 + body.place.path.utf8.count) {
            #expect(throws: IndexError.self) { try DocumentBody(bytes.prefix(count)) }
        }
    }
}
