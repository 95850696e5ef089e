import Foundation
import TestSupport
import Testing
import TextEmbedding

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif
#if canImport(Glibc)
    import Glibc
#endif

@Suite("Canaries")
struct CanaryTests {
    /// Strings that stand nowhere else, by what they are put into.
    static let canaries = [
        "text": "quillwort vexillum brasswing ninefold",
        "secret text": "obsidian marmot lanternfish protocol",
        "record": "periwinkle gasket hollowmere inventory",
        "mail": "thistledown comptroller ravenglass parcel",
        "attachment": "umberside fathom kestrelbone ledger",
        "title": "Zwischenfall Harrowgate Memorandum",
        "heading": "Cadmium Ossuary Findings",
        "path": "glasswort-perimeter-dossier",
        "attribute": "MAGENTAOWLWATCH",
        "subject": "PTCANARYSEVENTEEN",
        "question": "whereabouts of the foxglove armillary",
        "erased": "vermilion bathysphere testament",
    ]

    private static func files() -> [String: String] {
        func text(_ name: String) -> String { canaries[name]! }
        return [
            "documents/public/open.md": """
            # \(text("title"))

            ## \(text("heading"))

            The \(text("text")) stands on the shelf in the hall.
            """,
            "documents/secret/\(text("path")).md": "# Plan\n\nNobody below may read of the \(text("secret text")).\n",
            "documents/secret/\(text("path")).md.label.yaml":
                "categories: [\(text("attribute"))]\nsubjects: [\(text("subject"))]\n",
            "documents/public/erased.md": "# Gone\n\nThe \(text("erased")) is to be erased.\n",
            "documents/internal/records.jsonl": """
            {"id": "R-1", "text": "Of the \(text("record")) there are forty."}
            {"id": "R-2", "text": "Of the others there are two."}
            """,
            "documents/internal/mail.eml": """
            From: a@example.org
            To: b@example.org
            Subject: About it
            Date: Mon, 10 Mar 2025 10:00:00 +0000
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=cut

            --cut
            Content-Type: text/plain

            The \(text("mail")) has come.
            --cut
            Content-Type: text/plain
            Content-Disposition: attachment; filename="note.txt"

            Put the \(text("attachment")) away.
            --cut--
            """.replacing("\n", with: "\r\n"),
        ]
    }

    private static let records = """

        records:
          - path: internal/*.jsonl
            id: id
            text: [text]
        """

    // MARK: - The search

    /// The forms under which a string or its vector could lie in a file.
    private struct Needles {
        var all: [(name: String, bytes: Data)] = []

        init(embedder: MiniLMEmbedder, tokenizer: WordPieceTokenizer) async throws {
            for (name, canary) in CanaryTests.canaries.sorted(by: { $0.key < $1.key }) {
                let bytes = Data(canary.utf8)
                all.append((name, bytes))
                all.append(("\(name), small letters", Data(canary.lowercased().utf8)))
                all.append(("\(name), UTF-16 little endian", try #require(canary.data(using: .utf16LittleEndian))))
                all.append(("\(name), UTF-16 big endian", try #require(canary.data(using: .utf16BigEndian))))
                let hexadecimal = bytes.map { String(format: "%02x", $0) }.joined()
                all.append(("\(name), hexadecimal", Data(hexadecimal.utf8)))
                all.append(("\(name), HEXADECIMAL", Data(hexadecimal.uppercased().utf8)))
                for shift in 0..<3 {
                    // What stands before shifts the groups of three; the ends depend on the neighbours.
                    let encoded = (Data(repeating: 0x20, count: shift) + bytes).base64EncodedString()
                    all.append(("\(name), base64", Data(encoded.dropFirst(4).dropLast(4).utf8)))
                }
                let ids = tokenizer.encode(canary, maximumTokens: 256).dropFirst().dropLast()
                all.append(("\(name), token ids of 2 bytes", Self.bytes(ids.map { UInt16($0) })))
                all.append(("\(name), token ids of 4 bytes", Self.bytes(ids.map { UInt32($0) })))
                all.append(("\(name), token ids of 8 bytes", Self.bytes(ids.map { UInt64($0) })))
            }
        }

        mutating func add(vector: [Float], _ name: String) {
            // A few components are enough, and none of the rest is left out.
            for start in stride(from: 0, to: vector.count - 4, by: 16) {
                all.append(("\(name), components \(start)…", Self.bytes(Array(vector[start..<start + 4]))))
            }
        }

        private static func bytes<Number>(_ numbers: [Number]) -> Data { numbers.withUnsafeBytes { Data($0) } }

        /// What is found in `data`.
        func found(in data: Data) -> [String] {
            all.filter { !$0.bytes.isEmpty && data.range(of: $0.bytes) != nil }.map(\.name)
        }
    }

    /// Every file below a folder but the enclave's own and the root key's.
    private static func written(below folder: URL) throws -> [(name: String, data: Data)] {
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return files.compactMap { $0 as? URL }.filter { !$0.path.contains("/enclave/") }.compactMap { file in
            FileManager.default.contents(atPath: file.path).map { (file.lastPathComponent, $0) }
        }
    }

    private static func needles(of enclave: SampleEnclave) async throws -> Needles {
        let embedder = try MiniLMEmbedder(modelDirectory: Program.model.path)
        let tokenizer = try WordPieceTokenizer(
            vocabulary: Data(contentsOf: Program.model.appending(path: "vocab.txt")))
        var needles = try await Needles(embedder: embedder, tokenizer: tokenizer)
        needles.add(vector: try await embedder.embed(canaries["question"]!), "vector of the question")
        // What is embedded has headings before it.
        for text in [
            "\(canaries["title"]!)\n\(canaries["heading"]!)\nThe \(canaries["text"]!) stands on the shelf in the hall.",
            "Plan\nNobody below may read of the \(canaries["secret text"]!).",
        ] { needles.add(vector: try await embedder.embed(text), "vector of a passage") }
        return needles
    }

    // MARK: - The tests

    @Test("Nothing of a text, title, path, attribute, question or vector is in any file or output")
    func nothingInTheClear() async throws {
        var files = Self.files()
        let enclave = try Program.recordsEnclave(files: files)
        let labels = try String(contentsOf: enclave.url.appending(path: "labels.yaml"), encoding: .utf8)
        try enclave.write(labels + Self.records, to: "labels.yaml")
        let needles = try await Self.needles(of: enclave)
        let scratch = enclave.folder.url.appending(path: "scratch", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        let environment = ["TMPDIR": scratch.path as String?]
        var said = Data()
        @discardableResult
        func run(_ arguments: String..., expecting status: Int32 = 0) async throws -> Program.Outcome {
            let outcome = try await Program.run(arguments, environment: environment)
            #expect(outcome.status == status, "\(arguments): \(outcome.output)\(outcome.errors)")
            said += Data((outcome.output + outcome.errors).utf8)
            return outcome
        }
        let path = enclave.url.path

        // An ingest that is killed, and one that goes on.
        let killed = try Program.start(["ingest", path])
        try await Task.sleep(for: .milliseconds(1_500))
        kill(killed.process.processIdentifier, SIGKILL)
        killed.process.waitUntilExit()
        try expectNothing(needles, enclave, said)
        try await run("ingest", path)
        try expectNothing(needles, enclave, said)

        let server = try Program.start(["serve", path])
        defer { server.process.terminate() }
        let port = try await server.wait(for: "listening on http://127.0.0.1:")
        try await ask(port, enclave)
        files["labels.yaml"] = labels
        try enclave.write(
            (labels + Self.records).replacing("projects: [falcon]", with: "projects: [kestrel]"), to: "labels.yaml")
        try await run("relabel", path)
        try await run("reload", path)
        try await ask(port, enclave)
        try await run("check", path)
        try await run("verify", path, "--all", "--as", "alice")
        try await run("backup", path)
        let explained = try await Program.run("explain", path, "public/erased.md", "--json").output
        let id = try #require(explained.firstMatch(of: /"document_id":"([0-9a-f]{32})"/)?.1)
        try await run("hold", path, "--document", String(id), "--reason", "a claim", "--as", "alice")
        try await run(
            "erase", path, "--document", String(id), "--reason", "over", "--as", "alice", expecting: 1)
        let holds = try await Program.run("hold", path, "--list", "--json").output
        let hold = try #require(holds.firstMatch(of: /"id":"([0-9a-f]{16})"/)?.1)
        try await run("hold", path, "--release", String(hold), "--reason", "settled", "--as", "alice")
        try await run("erase", path, "--document", String(id), "--reason", "over", "--as", "alice")
        try await run("keys", "rotate", path, "--root")
        try await run("keys", "status", path)
        try await run("erasures", path)
        try await run("backup", path)
        try expectNothing(needles, enclave, said + Data(server.errors.utf8))

        kill(server.process.processIdentifier, SIGKILL)
        server.process.waitUntilExit()
        try expectNothing(needles, enclave, said + Data(server.errors.utf8))
        try await run("drill", path)
        try await run("check", path)
        try expectNothing(needles, enclave, said)
    }

    @Test("With sealing off the same search finds them all")
    func searchFinds() async throws {
        let enclave = try Program.recordsEnclave(files: Self.files())
        let labels = try String(contentsOf: enclave.url.appending(path: "labels.yaml"), encoding: .utf8)
        try enclave.write(labels + Self.records, to: "labels.yaml")
        let needles = try await Self.needles(of: enclave)
        let outcome = try await Program.run(
            ["ingest", enclave.url.path], environment: ["PORTCULLIS_SEALING": "off"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let found = try Set(Self.written(below: enclave.folder.url).flatMap { needles.found(in: $0.data) })
        for name in Self.canaries.keys where name != "question" { #expect(found.contains(name), "\(name)") }
        #expect(found.contains { $0.hasPrefix("vector of a passage") })
        let other = Data("before ".utf8) + (try #require(Self.canaries["text"]?.data(using: .utf16LittleEndian)))
        #expect(needles.found(in: other) == ["text, UTF-16 little endian"])
        for shift in 0..<3 {
            let text = String(repeating: "x", count: shift) + Self.canaries["text"]! + " and on"
            #expect(needles.found(in: Data(Data(text.utf8).base64EncodedString().utf8)) == ["text, base64"])
        }
    }

    private func expectNothing(_ needles: Needles, _ enclave: SampleEnclave, _ said: Data) throws {
        for (name, data) in try Self.written(below: enclave.folder.url) {
            #expect(needles.found(in: data) == [], "in \(name)")
        }
        #expect(needles.found(in: said) == [], "in what was said")
    }

    /// Answers, denials and errors.
    private func ask(_ port: String, _ enclave: SampleEnclave) async throws {
        for person in ["alice", "carol"] {
            let token = try await Program.run("token", enclave.url.path, "--as", person).output.filter { !$0.isNewline }
            for body in [
                #"{"query": "\#(Self.canaries["question"]!)", "k": 3}"#,
                #"{"query": "\#(Self.canaries["secret text"]!)", "k": 3}"#,
                #"{"query": "\#(Self.canaries["question"]!)", "k": 0}"#,
                #"{"query": "\#(Self.canaries["question"]!)", "nosuch": "\#(Self.canaries["text"]!)"}"#,
                #"{"query": "\#(Self.canaries["question"]!)"#,
            ] {
                var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/v1/retrieve")))
                request.httpMethod = "POST"
                request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
                request.httpBody = Data(body.utf8)
                _ = try await URLSession.shared.data(for: request)
            }
        }
    }
}
