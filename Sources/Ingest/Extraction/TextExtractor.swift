package import Enclaves
package import Passages

/// What reading a file gives: its text, and the labels and the date it carries in its own head.
package struct ExtractedDocument: Sendable {
    package let extracted: ExtractedText
    /// YAML at the start of a Markdown or plain text file, without the lines that enclose it.
    package let frontMatter: String?
    /// Of a record, or of a message; what is attached to a message has the message's. Front matter goes before it.
    package let date: StatedDate?

    package init(extracted: ExtractedText, frontMatter: String? = nil, date: StatedDate? = nil) {
        self.extracted = extracted
        self.frontMatter = frontMatter
        self.date = date
    }
}

/// Reads the text and its structure out of a file of any supported format.
package struct TextExtractor: Sendable {
    let limits: ExtractionLimits
    let programs: PDFPrograms

    package init(limits: ExtractionLimits = ExtractionLimits(), programs: PDFPrograms = PDFPrograms()) {
        self.limits = limits
        self.programs = programs
    }

    /// - Parameter records: How the records of a JSON Lines or CSV file are read. A CSV file without is one table; other
    ///   formats hold no records and are read as without.
    package func extract(
        _ file: SourceFile, records: RecordLayout? = nil
    ) async throws(ExtractionError) -> ExtractedFile {
        guard file.bytes.count <= limits.maximumFileBytes else {
            throw .tooLarge(bytes: file.bytes.count, limit: limits.maximumFileBytes)
        }
        let format = try DocumentFormat.of(path: file.path)
        switch format {
        case .jsonLines:
            guard let records else { throw .noRecordLayout }
            let read = try JSONLinesExtractor(layout: records).extract(file.bytes)
            return try bounded(read)
        case .csv:
            guard let records else { break }
            let source = try SourceText(file.bytes)
            let read = try CSVExtractor(limits: limits).records(source, layout: records)
            return try bounded(read)
        case .mail:
            var reader = MailExtractor(extractor: self)
            return try await reader.extract(file.bytes)
        case .markdown, .plainText, .html, .pdf, .word: break
        }
        var budget = ExpansionBudget(limits)
        let document = try await document(file.bytes, format: format, charset: nil, budget: &budget)
        return ExtractedFile(members: [ExtractedMember(name: nil, document: document)])
    }

    /// A file of a format that is one document.
    ///
    /// - Parameter charset: Declared outside the file; nil where nothing is.
    func document(
        _ file: [UInt8], format: DocumentFormat, charset: Charset?, budget: inout ExpansionBudget
    ) async throws(ExtractionError) -> ExtractedDocument {
        let document: ExtractedDocument
        switch format {
        case .markdown:
            let source = try SourceText(file, charset: charset)
            let matter = try FrontMatter(source)
            let text = try MarkdownExtractor(limits: limits).extract(matter.body)
            document = ExtractedDocument(extracted: text, frontMatter: matter.yaml)
        case .plainText:
            let source = try SourceText(file, charset: charset)
            let matter = try FrontMatter(source)
            let text = PlainTextExtractor().extract(matter.body)
            document = ExtractedDocument(extracted: text, frontMatter: matter.yaml)
        case .html:
            var declared = charset
            if declared == nil { declared = try HTMLCharset.declared(in: file) }
            let source = try SourceText(file, charset: declared)
            document = ExtractedDocument(extracted: try HTMLExtractor(limits: limits).extract(source))
        case .pdf:
            document = ExtractedDocument(
                extracted: try await PDFExtractor(limits: limits, programs: programs).extract(file))
        case .word:
            document = ExtractedDocument(
                extracted: try await WordExtractor(limits: limits).extract(file, budget: &budget))
        case .csv:
            let source = try SourceText(file, charset: charset)
            document = ExtractedDocument(extracted: try CSVExtractor(limits: limits).table(source))
        case .jsonLines: throw .noRecordLayout
        case .mail: throw .unsupportedFormat(fileExtension: "eml")
        }
        return try bounded(document)
    }

    func bounded(_ document: ExtractedDocument) throws(ExtractionError) -> ExtractedDocument {
        let count = document.extracted.blocks.count
        guard count > 0 else { throw .noText }
        guard count <= limits.maximumBlocks else { throw .tooManyBlocks(limit: limits.maximumBlocks) }
        return document
    }

    /// The blocks of all records together.
    private func bounded(_ file: ExtractedFile) throws(ExtractionError) -> ExtractedFile {
        let count = file.members.reduce(0) { $0 + $1.document.extracted.blocks.count }
        guard count <= limits.maximumBlocks else { throw .tooManyBlocks(limit: limits.maximumBlocks) }
        return file
    }
}
