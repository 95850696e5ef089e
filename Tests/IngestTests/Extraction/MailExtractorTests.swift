import Enclaves
import Foundation
import Ingest
import Passages
import Testing

@Suite("Mail")
struct MailExtractorTests {
    private func read(_ message: String) async throws -> ExtractedFile {
        try await extractFile("a.eml", Array(message.replacing("\n", with: "\r\n").utf8))
    }

    /// A multipart body of the given parts, each with its own head.
    private func multipart(_ kind: String, _ parts: [String], boundary: String = "=_b") -> String {
        "Content-Type: multipart/\(kind); boundary=\"\(boundary)\"\n\npreamble\n"
            + parts.map { "--\(boundary)\n\($0)\n" }.joined() + "--\(boundary)--\nepilogue\n"
    }

    private func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
    }

    @Test("Subject, correspondents and date, then the text")
    func plain() async throws {
        let file = try await read(
            """
            Received: from x (y)
            \tby z
            From: =?utf-8?q?F=C3=A9lix?= Brandvold <felix@example.org>
            To: Ann <ann@example.org>,
             Bob <bob@example.org>
            Subject: =?UTF-8?B?VG9ycXVlIG9mIHRoZSA=?=
             =?utf-8?Q?bolt_=E2=80=93_35?= Nm
            Date: Mon, 09 Nov 2026 15:12:00 -0400
            Content-Type: text/plain; charset="iso-8859-1"
            Content-Transfer-Encoding: quoted-printable

            (U) The bolt is tight=
            ened to 35 Nm at 10=B0C.   \u{20}

            - clean
            - oil
            """)
        #expect(file.setAside == [] && file.members.map(\.name) == [nil])
        let extracted = file.members[0].document.extracted
        #expect(extracted.faults == [])
        #expect(extracted.metadataTitle == "Torque of the bolt – 35 Nm")
        #expect(
            extracted.outline == [
                "p: From: Félix Brandvold <felix@example.org>\nTo: Ann <ann@example.org>, Bob <bob@example.org>\n"
                    + "Date: Mon, 09 Nov 2026 15:12:00 -0400",
                "p: (U) The bolt is tightened to 35 Nm at 10°C.", "list: - clean¦- oil",
            ])
    }

    @Test("Plain text is preferred, wherever it stands; without it the HTML is read")
    func alternatives() async throws {
        let plain = "Content-Type: text/plain\n\nplain text"
        let html = "Content-Type: text/html; charset=utf-8\n\n<h2>Head</h2><p>html text</p>"
        for parts in [[plain, html], [html, plain]] {
            #expect(
                try await read(multipart("alternative", parts)).members[0].document.extracted.outline == [
                    "p: plain text"
                ])
        }
        let blank = "Content-Type: text/plain\n\n \n"
        for parts in [[html], [blank, html]] {
            let outline = try await read(multipart("alternative", parts)).members[0].document.extracted.outline
            #expect(outline == ["h2: Head", "p: html text"])
        }
        // As one mail program builds it: the attachment beside the HTML.
        let attached =
            "Content-Type: text/plain; name=\"b.txt\"\nContent-Disposition: inline; filename=b.txt\n\nattached"
        let mixed = multipart("mixed", [html, attached, html], boundary: "inner")
        let file = try await read(multipart("alternative", [plain, mixed]))
        #expect(file.members.map(\.name) == [nil, "b.txt"])
        #expect(file.members.map(\.document.extracted.outline) == [["p: plain text"], ["p: attached"]])
        let related = multipart("related", [html, "Content-Type: image/png; name=x.png\nContent-ID: <x>\n\nxxx"])
        #expect(try await read(related).setAside == [])
        let both = try await read(multipart("mixed", [plain, html]))
        #expect(both.members[0].document.extracted.outline == ["p: plain text", "h2: Head", "p: html text"])
    }

    @Test("Attachments are members or set aside, by their names")
    func attachments() async throws {
        func attachment(_ disposition: String, _ type: String, _ bytes: [UInt8]) -> String {
            "Content-Type: \(type)\nContent-Disposition: attachment; \(disposition)\n"
                + "Content-Transfer-Encoding: base64\n\n\(base64(bytes))"
        }
        let text = "Content-Type: text/plain\n\nsee below"
        let csv = Array("a,b\n1,2".utf8)
        let file = try await read(
            multipart(
                "mixed",
                [
                    text, attachment("filename=\"t.csv\"", "application/octet-stream", csv),
                    attachment("filename=\"../../etc/t.csv\"", "text/csv", csv),
                    attachment("filename*=utf-8''gr%C3%B6%C3%9Fe%E2%80%AE.txt", "text/plain", Array("x".utf8)),
                    attachment(
                        "filename*0=\"long \"; filename*1*=na%6De; filename*2=.txt", "text/plain", Array("x".utf8)),
                    attachment("filename=\"=?iso-8859-1?q?r=E9sum=E9.md?=\"", "text/plain", Array("# H\n\nx".utf8)),
                    attachment("filename=data.xlsx", "application/zip", [1, 2]),
                    attachment("filename=r.jsonl", "text/plain", Array("{}".utf8)),
                    attachment("filename=b.pdf", "application/pdf", Array("no".utf8)),
                    attachment("filename=p.png", "image/png", [1]),
                    attachment("x=y", "application/vnd.x", [1]),
                    attachment("filename=\"C:\\\\dir\\\\notes.log\"", "text/plain; charset=iso-8859-1", [0x78, 0xE9]),
                    attachment("filename=\(String(repeating: "n", count: 300)).txt", "text/plain", Array("x".utf8)),
                    attachment("filename=bad.txt", "text/plain", Array("x".utf8)).replacing("eA==", with: "e!=="),
                    attachment("filename=odd.txt", "text/plain; charset=koi8-r", Array("x".utf8)),
                ]))
        try #require(
            file.members.map(\.name) == [
                nil, "t.csv", "t (2).csv", "größe.txt", "long name.txt", "résumé.md", "notes.log",
                String(repeating: "n", count: 196) + ".txt",
            ])
        #expect(file.members[1].document.extracted.outline == ["table: a: 1; b: 2"])
        #expect(file.members[5].document.extracted.outline == ["h1: H", "p: x"])
        #expect(file.members[6].document.extracted.outline == ["p: xé"])
        #expect(
            file.setAside == [
                SetAsideMember(name: "data.xlsx", reason: .unsupportedPart(type: "application/zip")),
                SetAsideMember(name: "r.jsonl", reason: .noRecordLayout),
                SetAsideMember(name: "b.pdf", reason: .pdfBroken),
                SetAsideMember(name: "p.png", reason: .unsupportedPart(type: "image/png")),
                SetAsideMember(name: "attachment", reason: .unsupportedPart(type: "application/vnd.x")),
                SetAsideMember(name: "bad.txt", reason: .badTransferEncoding),
                SetAsideMember(name: "odd.txt", reason: .unknownCharset(name: "koi8-r")),
            ])
    }

    @Test("Forwarded messages are members with members")
    func forwarded() async throws {
        let inner =
            "From: c@example.org\nSubject: Inner\n"
            + multipart(
                "mixed", ["\ninner text", "Content-Disposition: attachment; filename=a.txt\n\ninner file"],
                boundary: "in")
        let digest = multipart("digest", ["\nFrom: d@example.org\n\ndigested"], boundary: "dig")
        let file = try await read(
            "From: a@example.org\n"
                + multipart(
                    "mixed",
                    [
                        "\nouter text", "Content-Type: message/rfc822\n\n\(inner)",
                        "Content-Disposition: attachment; filename=a.txt\n\nouter file", digest,
                    ]))
        #expect(file.setAside == [])
        #expect(file.members.map(\.name) == [nil, "message.eml", "message.eml/a.txt", "a.txt", "message (2).eml"])
        #expect(
            file.members.map(\.document.extracted.outline) == [
                ["p: From: a@example.org", "p: outer text"], ["p: From: c@example.org", "p: inner text"],
                ["p: inner file"], ["p: outer file"], ["p: From: d@example.org", "p: digested"],
            ])
        #expect(file.members[1].document.extracted.metadataTitle == "Inner")
    }

    @Test(
        "Damaged and ambiguous messages",
        arguments: [
            ("Content-Type: multipart/mixed\n\nx", .mailBroken(reason: "a multipart has no boundary")),
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n",
                .mailBroken(reason: "it ends inside a part")
            ),
            (
                "Content-Type: text/plain\nContent-Type: text/html\n\nx",
                .mailBroken(reason: "it has more than one content-type")
            ),
            (
                "Content-Type: text/plain; charset=utf-8; charset=latin1\n\nx",
                .mailBroken(reason: "a parameter occurs twice")
            ),
            ("no field\n\nx", .mailBroken(reason: "a line of the head is no field")),
            (" x: y\n\nx", .mailBroken(reason: "the head begins with a blank")),
            (": y\n\nx", .mailBroken(reason: "a field of the head has no name")),
            ("Content-Transfer-Encoding: x-uuencode\n\nx", .badTransferEncoding),
            ("Content-Transfer-Encoding: base64\n\neA=x", .badTransferEncoding),
            ("Content-Type: text/plain; charset=ebcdic-us\n\nx", .unknownCharset(name: "ebcdic-us")),
            ("Content-Type: text/plain; charset=us-ascii\n\né", .notInCharset(name: "us-ascii", offset: 0)),
            ("Subject: =?koi8-r?q?x?=\n\nx", .unknownCharset(name: "koi8-r")),
            ("X: y\n\n", .noText), ("", .noText),
        ] as [(String, ExtractionError)])
    func bad(message: String, reason: ExtractionError) async {
        await #expect(throws: reason) { try await read(message) }
        #expect("\(reason)".contains(";") || "\(reason)".contains(","))
    }

    @Test("Depth, parts and heads have limits")
    func limits() async throws {
        var nested = "\nx"
        for level in 0..<12 { nested = multipart("mixed", [nested], boundary: "b\(level)-") }
        let deep = nested
        await #expect(throws: ExtractionError.mailTooDeep(limit: 10)) { try await read(deep) }
        var message = "\nx"
        for _ in 0..<12 { message = "From: a@example.org\nContent-Type: message/rfc822\n\n\(message)" }
        let file = try await read(message)
        #expect(file.members.count == 10)
        #expect(file.setAside.map(\.reason) == [.mailTooDeep(limit: 10)])
        await #expect(throws: ExtractionError.tooManyMailParts(limit: 200)) {
            try await read(multipart("mixed", Array(repeating: "\nx", count: 300)))
        }
        await #expect(throws: ExtractionError.mailHeaderTooLong(limit: 256 * 1024)) {
            try await read("X: " + String(repeating: "y", count: 300_000) + "\n\nx")
        }
    }

    @Test("Random bytes come back through every encoding", arguments: UInt64(1)...60)
    func roundTrip(seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        var scalars = "x".unicodeScalars
        for _ in 0..<Int.random(in: 0...300, using: &generator) {
            let value =
                Bool.random(using: &generator)
                ? UInt32.random(in: 0x20...0x17F, using: &generator)
                : UInt32.random(in: 0x20...0x10FFFF, using: &generator)
            let scalar = Unicode.Scalar(value) ?? " "
            scalars.append((0x7F..<0xA0).contains(value) ? "\n" : scalar)
        }
        scalars.append("x")
        let text = Array(String(scalars).utf8)
        func quoted(_ bytes: [UInt8]) -> String {
            var line = 0
            var encoded = ""
            for byte in bytes {
                if line > 70 {
                    encoded += "=\r\n"
                    line = 0
                }
                let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
                encoded +=
                    isPlain && Bool.random(using: &generator)
                    ? String(UnicodeScalar(byte))
                    : "=" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                line += 3
            }
            return encoded
        }
        let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
        for message in ["quoted-printable\r\n\r\n" + quoted(text), "base64\r\n\r\n" + base64(text)] {
            let file = try await extractFile("a.eml", Array((head + message).utf8))
            let lines = Array(text)
            #expect(file.members[0].document.extracted.faults == [], "seed \(seed)")
            let read = file.members[0].document.extracted.text
            #expect(
                read.split(whereSeparator: { TextCuts.isBlank($0) })
                    == lines.split(whereSeparator: { TextCuts.isBlank($0) }), "seed \(seed)")
        }
        // A subject in words of random length, cut inside characters.
        let subject = text.map { TextCuts.isBlank($0) ? 0x5F : $0 }
        var words: [String] = []
        var rest = subject[...]
        while !rest.isEmpty {
            let word = Array(rest.prefix(Int.random(in: 1...40, using: &generator)))
            rest = rest.dropFirst(word.count)
            words.append(
                Bool.random(using: &generator)
                    ? "=?utf-8?B?\(Data(word).base64EncodedString())?="
                    : "=?UTF-8?q?\(word.map { "=" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())?=")
        }
        let file = try await extractFile("a.eml", Array("Subject: \(words.joined(separator: "\r\n "))\r\n\r\nx".utf8))
        let title = try #require(file.members[0].document.extracted.metadataTitle)
        let expected = String(decoding: subject, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
            separator: " ")
        #expect(expected.utf8.starts(with: title.utf8), "seed \(seed)")
        #expect(title.utf8.count == expected.utf8.count || title.utf8.count > 490, "seed \(seed)")
    }

    @Test("Mutated messages never crash, and what is read keeps its promises", arguments: UInt64(1)...20)
    func mutated(seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        let html = "Content-Type: text/html; charset=utf-8\n\n<p>h</p>"
        let attachment =
            "Content-Type: text/csv; name*0*=utf-8''a%20; name*1=b.csv\nContent-Transfer-Encoding: base64\n\n"
            + base64(Array("a,b\n1,2".utf8))
        let message = Array(
            ("Subject: =?utf-8?q?x=C3=A9?= =?utf-8?b?eHg=?=\nFrom: a <a@example.org>\n"
                + multipart(
                    "mixed",
                    [
                        multipart(
                            "alternative", ["Content-Transfer-Encoding: quoted-printable\n\na=20b=\nc", html],
                            boundary: "i"),
                        attachment, "Content-Type: message/rfc822\n\nSubject: y\n\nz",
                    ])).utf8)
        for _ in 0..<200 {
            let file = try? await extractBytes("a.eml", Mutation.of(message, &generator))
            for member in file?.members ?? [] {
                #expect(member.document.extracted.faults == [], "seed \(seed)")
                #expect(!member.document.extracted.text.contains(0), "seed \(seed)")
            }
            let names = (file?.members.compactMap(\.name) ?? []) + (file?.setAside.map(\.name) ?? [])
            #expect(Set(names.map { Array($0.utf8) }).count == names.count, "seed \(seed)")
        }
    }
}
