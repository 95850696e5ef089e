import Cedar
import Enclaves
import Foundation
import Labels
import Passages
import Testing

@Suite("Front matter and sidecars")
struct DocumentMetadataTests {
    private let reader: AttributeReader

    init() throws {
        reader = try SampleEnclave().write { try Enclave(folder: $0).attributeReader }
    }

    private func frontMatter(_ text: String) throws -> DocumentMetadata {
        try reader.frontMatter(Array(text.utf8), metadataKeys: ["author"])
    }

    @Test("attributes are typed by the schema, title and metadata are not attributes")
    func good() throws {
        let metadata = try frontMatter(
            """
            title: "  Torque   of\tthe bracket "
            author: {name: x, address: [1, 2]}
            classification: cui
            categories: [SP-EXPT]
            expires: 2027-01-01
            releasable_to: [USA, NO, 1e3]
            """)
        #expect(metadata.title == "Torque of the bracket")
        #expect(
            metadata.values == [
                "classification": .string("cui"),
                "categories": .set([.entity(EntityReference(type: "Category", id: "SP-EXPT"))]),
                "expires": .datetime(1_798_761_600_000),
                "releasable_to": .set([.string("USA"), .string("NO"), .string("1e3")]),
            ])
        let sidecar = try reader.sidecar(Array("classification: internal\n".utf8))
        #expect(sidecar == DocumentMetadata(values: ["classification": .string("internal")]))
    }

    @Test("nothing says nothing", arguments: ["", "\n", "# a comment\n", "title:\n", "title: ''"])
    func empty(_ text: String) throws {
        #expect(try frontMatter(text) == DocumentMetadata())
    }

    @Test(
        "mistakes name line and key, and hold no values",
        arguments: [
            ("a: 1", "front matter, line 2: `a` is not an attribute"),
            ("title: x\nThe torque is: 5", "front matter, line 3: a key is not an attribute"),
            ("classification: [torque]", "front matter, line 2: `classification` must be text"),
            ("classification:", "front matter, line 2: `classification` must be text; it is left empty"),
            (
                "categories: [torque]",
                "front matter, line 2: `categories` must be one of the ids of Category: SP-EXPT, SP-CTI"
            ),
            ("\nexpires: torque", "front matter, line 3: `expires` must be a date"),
            ("- torque", "front matter, line 2: must be a mapping"),
            ("torque", "front matter, line 2: must be a mapping"),
            ("title: [torque]", "front matter, line 2: `title` must be text"),
            (
                "classification: cui\nclassification: torque",
                "front matter, line 2: `classification` stands here more than once"
            ),
            (
                "'classification': cui\nclassification: torque",
                "front matter, line 2: `classification` stands here more than once"
            ),
            ("classification: 'torque", "front matter, line"),
            ("title: a\n---\ntorque: b", "front matter, line"),
            ("a: &torque [x]", "front matter, line 2: anchors and aliases are not taken"),
            ("a: {b: [&torque x]}", "front matter, line 2: anchors and aliases are not taken"),
            ("classification: !torque x", "front matter, line 2: tags (!) are not taken"),
            ("? [torque]\n: b", "front matter, line 2: a key is not text"),
            ("releasable_to: [[torque]]", "front matter, line 2: `releasable_to` must be text"),
        ])
    func mistakes(_ text: String, _ message: String) {
        let error = #expect(throws: DocumentMetadataError.self) { try frontMatter(text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("torque") == false, "\(error?.description ?? "")")
    }

    @Test("a sidecar has attributes only")
    func sidecarTitle() {
        let error = #expect(throws: DocumentMetadataError.self) { try reader.sidecar(Array("title: x".utf8)) }
        #expect(error?.description.hasPrefix("sidecar, line 1: `title` is not an attribute") == true)
    }

    @Test("the date is read where its key is taken, and what is no date is no mistake")
    func date() throws {
        func frontMatter(_ text: String) throws -> StatedDate? {
            try reader.frontMatter(Array(text.utf8), metadataKeys: ["date"]).date
        }
        #expect(try frontMatter("title: x") == nil)
        #expect(try frontMatter("date: 2025-03-09") == StatedDate(instant: 1_741_478_400_000))
        #expect(try frontMatter("date: '2025-03-09T12:00:00+02:00'") == StatedDate(instant: 1_741_514_400_000))
        #expect(try frontMatter("date:") == nil)
        for text in ["March 2025", "[2025-03-09]", "{on: 2025-03-09}", "~"] {
            #expect(try frontMatter("date: \(text)") == StatedDate(instant: nil))
        }
        #expect(throws: DocumentMetadataError.self) { try self.frontMatter("date: 2025-03-09") }

        let sidecar = try reader.sidecar(
            Array("date: 2025-03-09\nclassification: cui".utf8), metadataKeys: ["date", "author"])
        #expect(sidecar.date == StatedDate(instant: 1_741_478_400_000))
        #expect(sidecar.values == ["classification": .string("cui")])
        #expect(throws: DocumentMetadataError.self) { try reader.sidecar(Array("date: 2025-03-09".utf8)) }
        #expect(throws: DocumentMetadataError.self) {
            try reader.sidecar(Array("author: x".utf8), metadataKeys: ["date", "author"])
        }
    }

    @Test("an attribute of that name is the date too")
    func dateAttribute() throws {
        var sample = SampleEnclave()
        sample.replace(
            "expires?: datetime\n}", with: "expires?: datetime, date?: datetime\n}", in: "policies/schema.cedarschema")
        sample.replace(
            "expires: {join: earliest}", with: "expires: {join: earliest}\n  date: {join: earliest}", in: "labels.yaml")
        sample.replace("[author, date]", with: "[author]", in: "labels.yaml")
        let reader = try sample.write { try Enclave(folder: $0).attributeReader }
        for metadata in [
            try reader.frontMatter(Array("date: 2025-03-09".utf8), metadataKeys: []),
            try reader.sidecar(Array("date: 2025-03-09".utf8)),
        ] {
            #expect(metadata.values == ["date": .datetime(1_741_478_400_000)])
            #expect(metadata.date == StatedDate(instant: 1_741_478_400_000))
        }
    }

    @Test("canonically equal values stay different")
    func bytes() throws {
        let metadata = try frontMatter("releasable_to: [é, e\u{301}]")
        #expect(metadata.values["releasable_to"] == .set([.string("é"), .string("e\u{301}")]))
    }

    @Test("text that merely has an ampersand is no anchor", arguments: ["R&D", "a & b", "'x && y'", "AT&T"])
    func ampersand(_ text: String) throws {
        #expect(try frontMatter("title: \(text)").title == text.filter { $0 != "'" })
    }

    @Test("text made to exhaust is refused at once", .timeLimit(.minutes(1)))
    func hostile() {
        let texts = [
            String(repeating: "a", count: 70_000), "a: " + String(repeating: "[", count: 30_000),
            "a: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
            String(repeating: "- ", count: 30_000), "a: " + String(repeating: "{a: ", count: 900),
            "releasable_to: [" + String(repeating: "a,", count: 1001) + "]",
            "releasable_to: [" + String(repeating: "a", count: 5000) + "]",
            "title: " + String(repeating: "a", count: 2000),
            "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n? *c\n: 1",
            String(repeating: "? ", count: 900) + "a",
        ]
        for text in texts {
            #expect(throws: DocumentMetadataError.self) { try frontMatter(text) }
        }
        #expect(throws: DocumentMetadataError.self) { try reader.sidecar([0x61, 0x3A, 0x20, 0xC3]) }
    }
}
