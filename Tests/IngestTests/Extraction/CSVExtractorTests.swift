import Enclaves
import Ingest
import Labels
import Passages
import Testing

@Suite("CSV")
struct CSVExtractorTests {
    private static let layout = RecordLayout(
        id: "id", title: "name", text: ["remark"], attributes: ["level": "level", "tags": "tags"], metadata: ["signed"])

    private func outline(_ text: String) async throws -> [String] {
        let extracted = try await extract("a.csv", text).extracted
        #expect(extracted.faults == [])
        return extracted.outline
    }

    private func records(_ text: String) async throws -> ExtractedFile {
        try await extractFile("a.csv", Array(text.utf8), records: Self.layout)
    }

    @Test("Each row says what its values are")
    func table() async throws {
        #expect(
            try await outline(
                "tool,site, note \r\nTW-1,\"bench 4, left\",\"said \"\"ok\"\"\r\ntwice\"\r\n\r\nTW-2,,12\" blade\r\n,,\r\nTW-3,(CUI) x,"
            ) == [
                "table: tool: TW-1; site: bench 4, left; note: said \"ok\" twice¦tool: TW-2; note: 12\" blade"
                    + "¦tool: TW-3; site: (CUI) x"
            ])
    }

    @Test("Semicolons and tabs, if the header leaves no doubt; one column")
    func separators() async throws {
        #expect(try await outline("a;b\n1,5;2") == ["table: a: 1,5; b: 2"])
        #expect(try await outline("a\tb\n1;5\t2") == ["table: a: 1;5; b: 2"])
        #expect(try await outline("\"a;x\",b\n1,2") == ["table: a;x: 1; b: 2"])
        #expect(try await outline("\n\na\n1;2\n3") == ["table: a: 1;2¦a: 3"])
        await #expect(throws: ExtractionError.separatorUnclear) { try await extract("a.csv", "a;b,c\n1;2,3") }
    }

    @Test(
        "What cannot be read one way only is refused, with its line",
        arguments: [
            ("a,b\n1,2\n\"x\ny\",2\n1\n", .rowLength(line: 5, cells: 1, columns: 2)),
            ("a,b\n1,2,3\n", .rowLength(line: 2, cells: 3, columns: 2)),
            ("a,a\n1,2", .repeatedColumn(number: 2)), ("a,\n1,2", .columnName(number: 2, limit: 500)),
            ("\" \",b\n1,2", .columnName(number: 1, limit: 500)),
            ("a,b\n1,\"2", .quoteNotClosed(line: 2)), ("a,b\r\n1,2\r\n1,\"2\"x\r\n", .textBehindQuote(line: 3)),
            ("", .noText), ("a,b\n", .noText), ("a,b\n,\n", .noText), ("a,b\n1,\0", .containsNUL(offset: 6)),
        ] as [(String, ExtractionError)])
    func bad(text: String, reason: ExtractionError) async {
        await #expect(throws: reason) { try await extract("a.csv", text) }
        #expect("\(reason)".contains(";") || "\(reason)".contains(","))
    }

    @Test("Other character sets")
    func charsets() async throws {
        #expect(try await extract("a.csv", Array("a\n10".utf8) + [0xB0]).extracted.outline == ["table: a: 10°"])
        let utf16 = "a\tb\r\nx\ty".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(try await extract("a.csv", [0xFF, 0xFE] + utf16).extracted.outline == ["table: a: x; b: y"])
    }

    @Test("Columns, rows, cells and the text have limits")
    func limits() async throws {
        let wide = String(repeating: "x,", count: 1_000_000) + "x\n1"
        await #expect(throws: ExtractionError.tooManyColumns(limit: 1_000)) { try await extract("a.csv", wide) }
        await #expect(throws: ExtractionError.tooManyColumns(limit: 1_000)) {
            try await extract("a.csv", "a\n" + wide.replacing("x,", with: "\"x\",", maxReplacements: 2))
        }
        let long = String(repeating: "x", count: 256 * 1024)
        #expect(try await extract("a.csv", "a\n\(long)").extracted.text.count == 256 * 1024 + 3)
        await #expect(throws: ExtractionError.cellTooLong(line: 2, limit: 256 * 1024)) {
            try await extract("a.csv", "a\n\(long)x")
        }
        await #expect(throws: ExtractionError.cellTooLong(line: 2, limit: 256 * 1024)) {
            try await extract("a.csv", "a\n\"\(long)x\"")
        }
        await #expect(throws: ExtractionError.columnName(number: 1, limit: 500)) {
            try await extract("a.csv", String(repeating: "n", count: 501) + "\n1")
        }
        await #expect(throws: ExtractionError.tooManyRows(limit: 200_000)) {
            try await extract("a.csv", "a\n" + String(repeating: "1\n", count: 200_001))
        }
        // Long names in each of many short rows: a small file for a very large text.
        let names = (0..<900).map { String(repeating: "n", count: 490) + "\($0)" }.joined(separator: ",")
        let row = String(repeating: "1,", count: 899) + "1\n"
        await #expect(throws: ExtractionError.tooMuchText(limit: 64 << 20)) {
            try await extract("a.csv", names + "\n" + String(repeating: row, count: 200))
        }
    }

    @Test("Rows as records; semicolons divide the values of an attribute")
    func rows() async throws {
        let file = try await records(
            "id,level,name,remark,tags,signed\n1,cui,One,\"Text; more.\",a; b c ;d,x\n2,,Two,(U) Text.,a,\n")
        #expect(file.setAside == [])
        #expect(file.members.map(\.name) == ["1", "2"])
        #expect(file.members.map(\.document.extracted.outline) == [["p: Text; more."], ["p: (U) Text."]])
        #expect(file.members.map(\.document.extracted.metadataTitle) == ["One", "Two"])
        #expect(
            file.members.map(\.fields) == [
                ["level": .text("cui"), "tags": .list([.text("a"), .text("b c"), .text("d")])], ["tags": .text("a")],
            ])
    }

    @Test("Bad rows are set aside; a header that does not fit sets the file aside")
    func badRows() async throws {
        let file = try await records("id,remark,tags\n1,x,a;;b\n2,,\n,x,\n3,x,\n4,x,\n4,y,\n")
        #expect(file.members.map(\.name) == ["3"])
        #expect(
            file.setAside == [
                SetAsideMember(name: "1", reason: .emptyValueInList(field: "tags")),
                SetAsideMember(name: "2", reason: .recordWithoutText),
                SetAsideMember(name: "line 4", reason: .recordWithoutID(field: "id")),
                SetAsideMember(name: "4", reason: .repeatedRecordID(line: 7, otherLine: 6)),
                SetAsideMember(name: "4", reason: .repeatedRecordID(line: 7, otherLine: 6)),
            ])
        await #expect(throws: ExtractionError.unknownColumn(number: 2)) { try await records("id,other,remark\n1,2,3") }
        await #expect(throws: ExtractionError.missingColumn(name: "id")) { try await records("remark\n3") }
        await #expect(throws: ExtractionError.missingColumn(name: "remark")) { try await records("id\n3") }
    }

    @Test("Random tables come back", arguments: UInt64(1)...60)
    func roundTrip(seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        let pieces = ["x", "\"", ",", ";", "\n", "\r\n", "é", "\t", " y", "\u{301}z", "'"]
        let separator = [",", ";", "\t"].randomElement(using: &generator)!
        func value() -> String {
            (0..<Int.random(in: 0...8, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }
                .joined()
        }
        var text = ["id", "remark", "name"].joined(separator: separator) + "\r\n"
        var written: [(remark: String, name: String)] = []
        for number in 0..<Int.random(in: 1...30, using: &generator) {
            let row = (remark: "x" + value() + "x", name: value())
            written.append(row)
            text += ["r\(number)", row.remark, row.name].map { cell in
                let special = "\",;\t\r\n".unicodeScalars
                let needs = Bool.random(using: &generator) || cell.unicodeScalars.contains { special.contains($0) }
                // By scalars: a quote before a combining mark is a quote.
                return needs ? "\"" + cell.unicodeScalars.map { $0 == "\"" ? "\"\"" : "\($0)" }.joined() + "\"" : cell
            }.joined(separator: separator)
            text += Bool.random(using: &generator) ? "\r\n" : "\n"
        }
        let layout = RecordLayout(id: "id", title: nil, text: ["remark"], attributes: ["name": "name"], metadata: [])
        let file = try await extractFile("a.csv", Array(text.utf8), records: layout)
        #expect(file.members.count + file.setAside.count == written.count, "seed \(seed)")
        for member in file.members {
            let row = written[Int(member.name!.dropFirst())!]
            let words = member.document.extracted.text.split(whereSeparator: { TextCuts.isBlank($0) })
            #expect(words == Array(row.remark.utf8).split(whereSeparator: { TextCuts.isBlank($0) }), "seed \(seed)")
            switch member.fields["name"] {
            case nil: #expect(row.name.isEmpty, "seed \(seed)")
            case .text(let name): #expect(name.utf8.elementsEqual(row.name.utf8), "seed \(seed)")
            default: #expect(row.name.unicodeScalars.contains(";"), "seed \(seed)")
            }
        }
        #expect(
            file.setAside.allSatisfy { $0.reason == .emptyValueInList(field: "name") }, "seed \(seed)")
    }

    @Test("Mutated tables never crash, and what is read keeps its promises", arguments: UInt64(1)...20)
    func mutated(seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        let text = Array("id,name,remark,level\r\n1,\"a \"\"b\"\"\nc\",x,cui\r\n2,é,\"y, z\",\r\n3,q,r,s\r\n".utf8)
        for _ in 0..<200 {
            let bytes = Mutation.of(text, &generator)
            let file = try? await extractBytes("a.csv", bytes)
            #expect(file?.members[0].document.extracted.faults ?? [] == [], "seed \(seed)")
            let rows = try? await extractBytes("a.csv", bytes, records: Self.layout)
            #expect(rows?.members.allSatisfy { $0.document.extracted.faults.isEmpty } ?? true, "seed \(seed)")
        }
    }
}
