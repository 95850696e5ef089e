import Enclaves
import Foundation
import IndexStore
import Labels
import TestSupport
import Testing

@testable import Ingest

@Suite("The date that a document bears")
struct DocumentDateTests {
    private static let mail = """
        Subject: The bolts
        Date: Sun, 09 Mar 2025 06:00:00 -0400
        Content-Type: multipart/mixed; boundary="=_b"

        --=_b
        Content-Type: text/plain

        See below.
        --=_b
        Content-Type: text/plain; name="plain.txt"

        No date.
        --=_b
        Content-Type: text/plain; name="dated.md"

        ---
        date: 2024-02-29
        ---
        A date.
        --=_b
        Content-Type: message/rfc822

        Subject: Forwarded
        Date: Thu, 1 Jan 1970 00:00:01 +0000

        Older.
        --=_b
        Content-Type: message/rfc822; name="draft.eml"

        Subject: Draft

        Never sent.
        --=_b--

        """

    /// The dates of the members of a file, by name; those without a date are not there.
    private func dates(_ path: String, _ files: [String: String], records: String = "") async throws -> [String: String]
    {
        let labels =
            try #require(SampleEnclave.settings["labels.yaml"])
            .replacing("[author]", with: "[author, date]") + records
        var all = ["labels.yaml": labels]
        for (name, text) in files { all["documents/public/\(name)"] = text }
        let sample = try SampleEnclave(files: all)
        let index = try SQLiteIndex(
            path: sample.indexPath, model: "hashing", dimension: 32, create: true, keys: .beside(sample.indexPath))
        let ingestor = Ingestor(enclave: try Enclave(folder: sample.url), index: index, embedder: HashingEmbedder())
        let source = try await ingestor.read("public/\(path)")
        var dates: [String: String] = [:]
        for member in try await ingestor.extract(source).members {
            let date = try ingestor.label(member, of: source).date
            dates[member.name ?? ""] = date.map { Date(timeIntervalSince1970: Double($0) / 1000).formatted(.iso8601) }
        }
        return dates
    }

    @Test("Front matter")
    func frontMatter() async throws {
        #expect(
            try await dates("a.md", ["a.md": "---\ndate: 2025-03-09\n---\nText.\n"]) == ["": "2025-03-09T00:00:00Z"])
        #expect(try await dates("a.txt", ["a.txt": "---\ndate: last spring\n---\nText.\n"]) == [:])
        #expect(try await dates("a.md", ["a.md": "Text.\n"]) == [:])
    }

    @Test("A sidecar goes before front matter, even where it cannot be read")
    func sidecar() async throws {
        let text = "---\ndate: 2025-03-09\n---\nText.\n"
        #expect(
            try await dates("a.md", ["a.md": text, "a.md.label.yaml": "date: 2026-01-02T03:04:05Z"])
                == ["": "2026-01-02T03:04:05Z"])
        #expect(try await dates("a.md", ["a.md": text, "a.md.label.yaml": "date: 2031?"]) == [:])
        #expect(
            try await dates("a.md", ["a.md": text, "a.md.label.yaml": "categories: []"]) == ["": "2025-03-09T00:00:00Z"]
        )
        #expect(
            try await dates("a.html", ["a.html": "<p>Text</p>", "a.html.label.yaml": "date: 2026-01-02"])
                == ["": "2026-01-02T00:00:00Z"])
    }

    @Test("A field of a record: of metadata, or what gives the attribute `date`; a sidecar goes before it")
    func records() async throws {
        let records = """

            records:
              - path: public/*.jsonl
                id: id
                text: text
                metadata: [date]
              - path: public/*.csv
                id: id
                text: text
                metadata: [date, signed]
            """
        let lines = """
            {"id": "a", "text": "x", "date": "2025-03-09"}
            {"id": "b", "text": "x"}
            {"id": "c", "text": "x", "date": 20250309}
            {"id": "d", "text": "x", "date": ["2025-03-09"]}
            {"id": "e", "text": "x", "date": null}
            {"id": "f", "text": "x", "date": "2025-03-09T12:00:00+02:00"}
            """
        #expect(
            try await dates("a.jsonl", ["a.jsonl": lines], records: records)
                == ["a": "2025-03-09T00:00:00Z", "f": "2025-03-09T10:00:00Z"])
        #expect(
            try await dates(
                "a.csv", ["a.csv": "id,text,date,signed\na,x,2025-03-09,1970-01-01\nb,x,,1970-01-01\n"],
                records: records)
                == ["a": "2025-03-09T00:00:00Z"])
        #expect(
            try await dates(
                "a.jsonl", ["a.jsonl": lines, "a.jsonl.label.yaml": "date: 2026-01-02"], records: records
            ).values.allSatisfy { $0 == "2026-01-02T00:00:00Z" })
        let layout = RecordLayout(id: "id", title: nil, text: ["text"], attributes: ["date": "signed"], metadata: [])
        #expect(layout.dateField == "signed")
    }

    @Test("The head of a message, for what is attached too; front matter and a message's own head go before it")
    func mail() async throws {
        let text = Self.mail.replacing("\n", with: "\r\n")
        #expect(
            try await dates("a.eml", ["a.eml": text]) == [
                "": "2025-03-09T10:00:00Z", "plain.txt": "2025-03-09T10:00:00Z", "dated.md": "2024-02-29T00:00:00Z",
                "message.eml": "1970-01-01T00:00:01Z", "draft.eml": "2025-03-09T10:00:00Z",
            ])
        #expect(
            Set(try await dates("a.eml", ["a.eml": text, "a.eml.label.yaml": "date: 2026-01-02"]).values)
                == ["2026-01-02T00:00:00Z"])
        let twice = text.replacing("Subject: The", with: "Date: Sat, 08 Mar 2025 06:00:00 -0400\r\nSubject: The")
        #expect(
            try await dates("a.eml", ["a.eml": twice]) == [
                "dated.md": "2024-02-29T00:00:00Z", "message.eml": "1970-01-01T00:00:01Z",
            ])
    }

    @Test("Another date of a record or an attachment is another document")
    func digest() async throws {
        let records = "\nrecords:\n  - {path: public/*.jsonl, id: id, text: text, metadata: [date]}\n"
        let labels = try #require(SampleEnclave.settings["labels.yaml"]) + records
        let sample = try SampleEnclave(files: ["labels.yaml": labels])
        let index = try SQLiteIndex(
            path: sample.indexPath, model: "hashing", dimension: 32, create: true, keys: .beside(sample.indexPath))
        let ingestor = Ingestor(enclave: try Enclave(folder: sample.url), index: index, embedder: HashingEmbedder())
        func digest(_ date: String) async throws -> [UInt8] {
            try sample.write("{\"id\": \"a\", \"text\": \"x\"\(date)}", to: "documents/public/a.jsonl")
            let source = try await ingestor.read("public/a.jsonl")
            return ingestor.digest(of: try #require(try await ingestor.extract(source).members.first), of: source)
        }
        let digests = [
            try await digest(""), try await digest(", \"date\": \"2025-03-09\""),
            try await digest(", \"date\": \"2025-03-10\""), try await digest(", \"date\": \"?\""),
        ]
        #expect(Set(digests).count == 4)
        #expect(try await digest(", \"date\": null") == digests[0])
    }
}
