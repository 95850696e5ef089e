import Enclaves
import Foundation
import Ingest
import Labels
import Passages
import Testing

@Suite("JSON Lines")
struct JSONLinesTests {
    private static let layout = RecordLayout(
        id: "id", title: "title", text: ["note", "plan"],
        attributes: ["level": "level", "rank": "rank", "open": "open", "tags": "tags"],
        metadata: ["extra"])

    private func read(_ lines: String) async throws -> ExtractedFile {
        try await extractFile("a.jsonl", Array(lines.utf8), records: Self.layout)
    }

    @Test("Each line is a document with its title, its text fields in order and its attributes")
    func records() async throws {
        let file = try await read(
            """
            {"id": "A-1", "title": "Knee", "plan": "Rest.", "note": "(U) Pain.\\n\\n- one\\n- two", "level": "cui", "rank": 7}
            \t
            {"id": 12, "note": "35", "plan": null, "tags": ["x", 2, true], "open": false, "level": null, "extra": {"a": [1]}}\r
            """)
        #expect(file.setAside == [])
        #expect(file.members.map(\.name) == ["A-1", "12"])
        #expect(
            file.members.map(\.document.extracted.outline) == [
                ["p: (U) Pain.", "list: - one¦- two", "p: Rest."], ["p: 35"],
            ])
        #expect(file.members.map(\.document.extracted.metadataTitle) == ["Knee", nil])
        #expect(file.members.allSatisfy { $0.document.extracted.faults.isEmpty })
        #expect(file.members[0].fields == ["level": .text("cui"), "rank": .whole(7)])
        #expect(
            file.members[1].fields == ["tags": .list([.text("x"), .whole(2), .truth(true)]), "open": .truth(false)])
    }

    @Test("Without a layout the file is set aside")
    func noLayout() async {
        for name in ["a.jsonl", "a.NDJSON"] {
            await #expect(throws: ExtractionError.noRecordLayout) { try await extractFile(name, Array("{}".utf8)) }
        }
        #expect("\(ExtractionError.noRecordLayout)".contains("labels.yaml"))
    }

    @Test(
        "One bad record is set aside and the rest goes on",
        arguments: [
            (#"{"id": "x", "note": "n", "other": 1}"#, "x", .unknownField(number: 3)),
            (#"{"note": "n"}"#, "line 2", .recordWithoutID(field: "id")),
            (#"{"id": null, "note": "n"}"#, "line 2", .recordWithoutID(field: "id")),
            (#"{"id": "", "note": "n"}"#, "line 2", .badRecordID(field: "id", limit: 200)),
            (#"{"id": 1.5, "note": "n"}"#, "line 2", .badRecordID(field: "id", limit: 200)),
            (#"{"id": true, "note": "n"}"#, "line 2", .badRecordID(field: "id", limit: 200)),
            (#"{"id": ["x"], "note": "n"}"#, "line 2", .badRecordID(field: "id", limit: 200)),
            (#"{"id": 9223372036854775808, "note": "n"}"#, "line 2", .badRecordID(field: "id", limit: 200)),
            (#"{"id": "a\nb", "note": "n"}"#, "line 2", .badRecordID(field: "id", limit: 200)),
            (#"{"id": "a\u0085b", "note": "n"}"#, "line 2", .badRecordID(field: "id", limit: 200)),
            (
                #"{"id": "\#(String(repeating: "é", count: 101))", "note": "n"}"#, "line 2",
                .badRecordID(field: "id", limit: 200)
            ),
            (#"{"id": "x"}"#, "x", .recordWithoutText),
            (#"{"id": "x", "note": " \n", "plan": null}"#, "x", .recordWithoutText),
            (#"{"id": "x", "note": ["n"]}"#, "x", .nestedValue(field: "note")),
            (#"{"id": "x", "note": {"n": 1}}"#, "x", .nestedValue(field: "note")),
            (#"{"id": "x", "note": "n", "level": {"n": 1}}"#, "x", .nestedValue(field: "level")),
            (#"{"id": "x", "note": "n", "tags": [["a"]]}"#, "x", .nestedValue(field: "tags")),
            (#"{"id": "x", "note": "n", "tags": [null]}"#, "x", .nestedValue(field: "tags")),
            (#"{"id": "x", "note": "n", "rank": 9223372036854775808}"#, "x", .notWholeNumber(field: "rank")),
            (#"{"id": "x", "note": "n", "rank": 1.0}"#, "x", .notWholeNumber(field: "rank")),
            (#"{"id": "x", "note": "n", "note": "m"}"#, "line 2", .repeatedField(number: 3)),
            (#"{"id": "x", "note": "n", "not\u0065": "m"}"#, "line 2", .repeatedField(number: 3)),
            (#"{"id": "x", "note": "n", "extra": {"a": 1, "a": 2}}"#, "line 2", .repeatedField(number: 2)),
            (#"{"id": "x", "note": "n"} {}"#, "line 2", .recordNotObject(offset: 25)),
            (#"{"id": "x", "note": "n",}"#, "line 2", .recordNotObject(offset: 24)),
            (#"{"id": "x", "note": "\ud800"}"#, "line 2", .recordNotObject(offset: 27)),
            (#"{"id": "x", "note": "\u0000"}"#, "line 2", .recordNotObject(offset: 27)),
            (#"{"id": "x", "note": 01}"#, "line 2", .recordNotObject(offset: 21)),
            (#"["id"]"#, "line 2", .recordNotObject(offset: 0)),
            ("{\"id\": \"x\", \"note\": \"a\tb\"}", "line 2", .recordNotObject(offset: 22)),
            (
                "{\"id\": \"x\", \"note\": \"\u{65}\u{301}\", \"\u{e9}\": 1, \"e\u{301}\": 1}", "x",
                .unknownField(number: 3)
            ),
        ] as [(String, String, ExtractionError)])
    func bad(line: String, name: String, reason: ExtractionError) async throws {
        let file = try await read(
            "{\"id\": \"first\", \"note\": \"n\"}\n\(line)\n{\"id\": \"last\", \"note\": \"n\"}\n")
        #expect(file.members.map(\.name) == ["first", "last"])
        #expect(file.setAside == [SetAsideMember(name: name, reason: reason)])
        #expect("\(reason)".contains(";") || "\(reason)".contains(","))
    }

    @Test("Records of one name are all set aside, even if one of them is bad besides")
    func repeated() async throws {
        let file = try await read(
            """
            {"id": "a", "note": "1"}
            {"id": "7", "note": "1"}
            {"id": "b", "note": "1"}
            {"id": 7, "note": "2"}
            {"id": "a", "note": 1, "other": 2}
            {"id": "\\u0061", "note": "3"}
            """)
        #expect(file.members.map(\.name) == ["b"])
        #expect(file.setAside.map(\.name) == ["a", "7", "7", "a", "a"])
        #expect(
            file.setAside.map(\.reason) == [
                .repeatedRecordID(line: 6, otherLine: 1), .repeatedRecordID(line: 4, otherLine: 2),
                .repeatedRecordID(line: 4, otherLine: 2), .repeatedRecordID(line: 5, otherLine: 1),
                .repeatedRecordID(line: 6, otherLine: 1),
            ])
    }

    @Test("Ids are told apart by their bytes")
    func byteIDs() async throws {
        let file = try await read("{\"id\": \"\u{e9}\", \"note\": \"1\"}\n{\"id\": \"e\u{301}\", \"note\": \"2\"}")
        #expect(file.members.count == 2 && file.setAside.isEmpty)
    }

    @Test("A line that is not UTF-8 is set aside alone; a byte order mark is dropped; an empty file is an error")
    func bytes() async throws {
        let good = Array("{\"id\": \"a\", \"note\": \"1\"}\n".utf8)
        let file = try await extractFile(
            "a.jsonl", [0xEF, 0xBB, 0xBF] + good + [0x7B, 0xFF, 0x7D, 0x0A], records: Self.layout)
        #expect(file.members.map(\.name) == ["a"])
        #expect(file.setAside == [SetAsideMember(name: "line 2", reason: .recordNotUTF8(offset: 1))])
        await #expect(throws: ExtractionError.noText) { try await read(" \n\n") }
    }

    @Test("A line of 100 MB is set aside by its length, deep nesting by its depth")
    func limits() async throws {
        let start = Array("{\"id\": \"a\", \"note\": \"".utf8)
        let huge = start + [UInt8](repeating: 0x78, count: 100_000_000)
        let limits = ExtractionLimits(maximumFileBytes: 200_000_000)
        let file = try await extractFile(
            "a.jsonl", huge + Array("\"}\n{\"id\": \"b\", \"note\": \"1\"}".utf8), records: Self.layout, limits: limits)
        #expect(file.members.map(\.name) == ["b"])
        let bytes = huge.count + 2
        #expect(file.setAside == [SetAsideMember(name: "line 1", reason: .recordTooLong(bytes: bytes, limit: 1 << 20))])
        let deep = "{\"id\": \"a\", \"note\": \"1\", \"extra\": " + String(repeating: "[", count: 300_000)
        #expect(try await read(deep).setAside.map(\.reason) == [.recordTooDeep(limit: 32)])
        let wide = "{" + (0...1_000).map { "\"f\($0)\": 1" }.joined(separator: ", ") + "}"
        #expect(try await read(wide).setAside.map(\.reason) == [.tooManyFields(limit: 1_000)])
        let many = String(repeating: "{}\n", count: 200_001)
        await #expect(throws: ExtractionError.tooManyRecords(limit: 200_000)) { try await read(many) }
    }

    @Test("What another writer of JSON writes is read back", arguments: UInt64(1)...60)
    func roundTrip(seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        var written: [[String: Any]] = []
        for number in 0..<Int.random(in: 1...20, using: &generator) {
            var scalars = "x".unicodeScalars
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                scalars.append(Unicode.Scalar(UInt32.random(in: 0x20...0x10FFFF, using: &generator)) ?? "\\")
            }
            written.append([
                "id": number.isMultiple(of: 2) ? number : "r\(number)", "note": String(scalars) + "x\"/\\x",
                "rank": Int64.random(in: .min ... .max, using: &generator), "open": Bool.random(using: &generator),
            ])
        }
        let lines = try written.map { try JSONSerialization.data(withJSONObject: $0) }
        let file = try await extractFile("a.jsonl", Array(lines.joined(separator: [0x0A])), records: Self.layout)
        #expect(file.setAside == [], "seed \(seed)")
        #expect(file.members.map(\.name) == written.map { "\($0["id"]!)" }, "seed \(seed)")
        for (member, record) in zip(file.members, written) {
            let note = Array((record["note"] as! String).utf8)
            #expect(member.document.extracted.text == note, "seed \(seed)")
            #expect(member.fields["rank"] == .whole(record["rank"] as! Int64), "seed \(seed)")
            #expect(member.fields["open"] == .truth(record["open"] as! Bool), "seed \(seed)")
        }
    }

    @Test("Mutated lines never crash, and what both read, both read alike", arguments: UInt64(1)...20)
    func mutated(seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        let line = Array(
            #"{"id": "A\u00e9", "note": "n\n\"", "rank": -12, "open": true, "tags": ["a", 1], "extra": null}"#.utf8)
        for _ in 0..<200 {
            let bytes = Mutation.of(line, &generator).filter { $0 != 0x0A }
            let file = try? await extractBytes("a.jsonl", bytes, records: Self.layout)
            guard let member = file?.members.first else { continue }
            let other = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            let note = try #require(other?["note"])
            let read = member.document.extracted
            let content = "\(note)".trimmingCharacters(in: .whitespacesAndNewlines)
            if note is String, !content.contains("\n") {
                #expect(
                    read.string(read.blocks[0].range).utf8.elementsEqual(content.utf8)
                        || content.contains { $0.isWhitespace }, "seed \(seed)")
            }
        }
    }
}
