import Passages

/// The programs that read PDFs, by name or absolute path.
package struct PDFPrograms: Sendable {
    package var pdftotext: String
    package var pdfinfo: String

    package init(pdftotext: String = "pdftotext", pdfinfo: String = "pdfinfo") {
        self.pdftotext = pdftotext
        self.pdfinfo = pdfinfo
    }
}

/// Text of a PDF, page by page, through poppler's `pdftotext`. The extracted text is that program's output.
///
/// Words broken at the end of a line stay broken: whether a hyphen belongs to the word cannot be told.
struct PDFExtractor {
    let limits: ExtractionLimits
    let programs: PDFPrograms

    private static let pageBreak = UInt8(ascii: "\u{0C}")
    /// Exit statuses of poppler's programs.
    private static let (succeeded, cannotOpen, notPermitted): (Int32, Int32, Int32) = (0, 1, 3)

    func extract(_ file: [UInt8]) async throws(ExtractionError) -> ExtractedText {
        let text = try await text(of: file)
        let title = await title(of: file)
        var blocks: [Block] = []
        let pages = pages(text)
        for (index, page) in pages.enumerated() {
            let lines = LineStructure(text: text, page: index + 1, beginsDocument: blocks.isEmpty)
            blocks += lines.blocks(in: page)
        }
        guard !blocks.isEmpty else { throw .pdfWithoutTextLayer(pages: pages.count) }
        return ExtractedText(text: text, metadataTitle: title, blocks: blocks)
    }

    private func text(of file: [UInt8]) async throws(ExtractionError) -> [UInt8] {
        guard !file.isEmpty else { throw .noText }
        let program = ConfinedProgram(
            program: programs.pdftotext, arguments: ["-q", "-enc", "UTF-8", "-eol", "unix", "-", "-"],
            seconds: limits.pdfSeconds, memoryBytes: limits.pdfMemoryBytes, outputBytes: limits.pdfOutputBytes)
        let (ending, output) = try await program.run(input: file)
        switch ending {
        case .exited(Self.succeeded):
            // What the program could not map is not always well-formed, and a NUL would end a text elsewhere.
            let valid = SourceText.firstInvalidByte(output) == nil
            let bytes = valid ? output : Array(String(decoding: output, as: UTF8.self).utf8)
            return bytes.contains(0) ? bytes.map { $0 == 0 ? 0x20 : $0 } : bytes
        case .exited(Self.cannotOpen): throw Self.isEncrypted(file) ? .pdfEncrypted : .pdfBroken
        case .exited(Self.notPermitted): throw .pdfEncrypted
        case .exited(let status): throw .programFailed(program: "pdftotext", status: "status \(status)")
        case .signaled(let signal): throw .programFailed(program: "pdftotext", status: "signal \(signal)")
        }
    }

    /// The title in the PDF's own metadata. A file that gives text but no title is no error.
    private func title(of file: [UInt8]) async -> String? {
        let program = ConfinedProgram(
            program: programs.pdfinfo, arguments: ["-enc", "UTF-8", "-"], seconds: limits.pdfSeconds,
            memoryBytes: limits.pdfMemoryBytes, outputBytes: ExtractionLimits.pdfInfoBytes)
        guard let (ending, output) = try? await program.run(input: file), ending == .exited(Self.succeeded) else {
            return nil
        }
        let key = "Title:"
        let line = String(decoding: output, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(key) }
        return line.flatMap { DocumentTitle.cleaned(String($0.dropFirst(key.count))) }
    }

    /// A form feed ends each page.
    private func pages(_ text: [UInt8]) -> [Range<Int>] {
        var pages: [Range<Int>] = []
        var start = 0
        for position in text.indices where text[position] == Self.pageBreak {
            pages.append(start..<position)
            start = position + 1
        }
        if start < text.count { pages.append(start..<text.count) }
        return pages
    }

    private static func isEncrypted(_ file: [UInt8]) -> Bool {
        file.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true).contains {
            $0.starts(with: "Encrypt".utf8)
        }
    }
}
