import Foundation
import Ingest
import Passages
import Testing

@Suite("PDF")
struct PDFExtractorTests {
    @Test("Pages, paragraphs, headings, lists and the title")
    func pages() async throws {
        let pdf = MinimalPDF(
            pages: [
                [
                    "Torque guide", "", "1. Scope", "", "(CUI) The bolt is tightened to", "35 Nm in two steps.", "",
                    "- clean", "- oil",
                ],
                [],
                ["Third page, last text."],
            ], title: "Torque of bolts")
        let extracted = try await extract("a.pdf", pdf.bytes).extracted
        #expect(extracted.metadataTitle == "Torque of bolts")
        #expect(extracted.faults == [])
        #expect(
            extracted.outline == [
                "h1: Torque guide", "h2: 1. Scope", "p: (CUI) The bolt is tightened to\n35 Nm in two steps.",
                "list: - clean¦- oil", "p: Third page, last text.",
            ])
        #expect(extracted.blocks.map(\.page) == [1, 1, 1, 1, 3])
    }

    @Test("No title in the file")
    func noTitle() async throws {
        let extracted = try await extract("a.pdf", MinimalPDF(pages: [["Some text."]]).bytes).extracted
        #expect(extracted.metadataTitle == nil)
    }

    @Test("Broken, cut, encrypted, empty and without text")
    func bad() async throws {
        let whole = MinimalPDF(pages: [["Text."]]).bytes
        await #expect(throws: ExtractionError.pdfBroken) { try await extract("a.pdf", "not a PDF") }
        await #expect(throws: ExtractionError.pdfBroken) { try await extract("a.pdf", Array(whole.prefix(60))) }
        await #expect(throws: ExtractionError.noText) { try await extract("a.pdf", [UInt8]()) }
        await #expect(throws: ExtractionError.pdfWithoutTextLayer(pages: 2)) {
            try await extract("a.pdf", MinimalPDF(pages: [[], []]).bytes)
        }
        await #expect(throws: ExtractionError.pdfEncrypted) {
            try await extract("a.pdf", MinimalPDF(pages: [["Text."]], isEncrypted: true).bytes)
        }
    }

    @Test("Many pages come whole through the pipe")
    func large() async throws {
        let lines = (0..<50).map { "Line \($0) of a page with enough words in it to fill the line." }
        let extracted = try await extract("a.pdf", MinimalPDF(pages: Array(repeating: lines, count: 200)).bytes)
            .extracted
        #expect(extracted.blocks.last?.page == 200)
        #expect(extracted.text.count > 500_000)
    }

    @Test("More text than the limit ends the program")
    func outputLimit() async throws {
        let pdf = MinimalPDF(pages: [Array(repeating: "Text of a line.", count: 40)]).bytes
        await #expect(throws: ExtractionError.tooMuchOutput(program: "pdftotext", limit: 100)) {
            try await extract("a.pdf", pdf, limits: ExtractionLimits(pdfOutputBytes: 100))
        }
        let folder = ExtractionFolder()
        let endless = folder.script("endless", "exec yes")
        await #expect(throws: ExtractionError.tooMuchOutput(program: "endless", limit: 1_000_000)) {
            try await extract(
                "a.pdf", pdf, limits: ExtractionLimits(pdfOutputBytes: 1_000_000),
                programs: PDFPrograms(pdftotext: endless))
        }
    }

    @Test("A time-out ends the program and its children")
    func timeout() async throws {
        let folder = ExtractionFolder()
        let record = folder.url.appending(path: "child")
        // Limits forbid writing files, so the child's number goes out by way of a name in the folder.
        let stuck = folder.script(
            "stuck", "sleep 300 & mkdir '\(record.path)' && mkdir \"\(record.path)/$!\"; wait\n")
        await #expect(throws: ExtractionError.timedOut(program: "stuck", seconds: 1)) {
            try await extract(
                "a.pdf", [1], limits: ExtractionLimits(pdfSeconds: 1), programs: PDFPrograms(pdftotext: stuck))
        }
        let child = try #require(try FileManager.default.contentsOfDirectory(atPath: record.path).first)
        #expect(try await ends(child), "the child \(child) still runs")
    }

    @Test("A child left behind by a program that ended is ended too")
    func leftBehind() async throws {
        let folder = ExtractionFolder()
        let record = folder.url.appending(path: "child")
        let leaving = folder.script(
            "leaving", "sleep 300 & mkdir '\(record.path)' && mkdir \"\(record.path)/$!\"; echo Text of it.\n")
        let extracted = try await extract("a.pdf", [1], programs: PDFPrograms(pdftotext: leaving)).extracted
        #expect(extracted.outline == ["p: Text of it."])
        let child = try #require(try FileManager.default.contentsOfDirectory(atPath: record.path).first)
        #expect(try await ends(child), "the child \(child) still runs")
    }

    @Test("Processor time and memory are bounded")
    func resources() async throws {
        let folder = ExtractionFolder()
        let show = folder.script("show", "ulimit -t; ulimit -v; ulimit -f; ulimit -n; echo \"${HOME-none} $PWD\"\n")
        let extracted = try await extract(
            "a.pdf", [1], limits: ExtractionLimits(pdfSeconds: 7, pdfMemoryBytes: 512 << 20),
            programs: PDFPrograms(pdftotext: show)
        ).extracted
        #expect(extracted.outline == ["p: 7\n524288\n0\n64\nnone /"])
    }

    @Test("A missing program and one that fails are told apart")
    func programs() async throws {
        await #expect(throws: ExtractionError.programMissing(program: "no-such-pdftotext")) {
            try await extract("a.pdf", [1], programs: PDFPrograms(pdftotext: "no-such-pdftotext"))
        }
        let folder = ExtractionFolder()
        let failing = folder.script("failing", "exit 99")
        await #expect(throws: ExtractionError.programFailed(program: "pdftotext", status: "status 99")) {
            try await extract("a.pdf", [1], programs: PDFPrograms(pdftotext: failing))
        }
        let killed = folder.script("killed", "kill -SEGV $$")
        await #expect(throws: ExtractionError.programFailed(program: "pdftotext", status: "signal 11")) {
            try await extract("a.pdf", [1], programs: PDFPrograms(pdftotext: killed))
        }
    }

    @Test("The program reads the bytes that were read, not the file")
    func sameBytes() async throws {
        let folder = ExtractionFolder()
        folder.write("a.pdf", MinimalPDF(pages: [["Old text."]]).bytes)
        let file = try folder.folder.read("a.pdf")
        folder.write("a.pdf", MinimalPDF(pages: [["New text."]]).bytes)
        #expect(try await TextExtractor().extract(file).members.map(\.document.extracted.outline) == [["p: Old text."]])
    }

    /// Whether the process is gone, or a corpse that nobody has buried yet, within some seconds.
    private func ends(_ process: String) async throws -> Bool {
        for _ in 0..<100 {
            guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
                return true
            }
            if status.split(separator: ")").last?.split(separator: " ").first == "Z" { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}
