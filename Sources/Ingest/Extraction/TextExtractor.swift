package import Enclaves
package import Passages

/// What reading a file gives: its text, and the labels it carries in its own head.
package struct ExtractedDocument: Sendable {
    package let extracted: ExtractedText
    /// YAML at the start of a Markdown or plain text file, without the lines that enclose it.
    package let frontMatter: String?

    package init(extracted: ExtractedText, frontMatter: String? = nil) {
        self.extracted = extracted
        self.frontMatter = frontMatter
    }
}

/// What a file holds: one document, or several that lie in it.
package struct ExtractedFile: Sendable {
    package let members: [ExtractedMember]
    package let setAside: [SetAsideMember]

    package init(members: [ExtractedMember], setAside: [SetAsideMember] = []) {
        self.members = members
        self.setAside = setAside
    }
}

/// A document of a file.
package struct ExtractedMember: Sendable {
    /// A record's id or an attachment's name; nil for the file itself.
    package let name: String?
    package let document: ExtractedDocument
    /// The fields of a record that give attributes.
    package let fields: [String: FieldValue]

    package init(name: String?, document: ExtractedDocument, fields: [String: FieldValue] = [:]) {
        self.name = name
        self.document = document
        self.fields = fields
    }
}

/// A record or attachment that was left out, and why.
package struct SetAsideMember: Hashable, Sendable {
    package let name: String
    package let reason: ExtractionError
}

/// Reads the text and its structure out of a file of any supported format.
package struct TextExtractor: Sendable {
    private let limits: ExtractionLimits
    private let programs: PDFPrograms

    package init(limits: ExtractionLimits = ExtractionLimits(), programs: PDFPrograms = PDFPrograms()) {
        self.limits = limits
        self.programs = programs
    }

    package func extract(
        _ file: SourceFile, records: RecordLayout? = nil
    ) async throws(ExtractionError) -> ExtractedFile {
        guard file.bytes.count <= limits.maximumFileBytes else {
            throw .tooLarge(bytes: file.bytes.count, limit: limits.maximumFileBytes)
        }
        let document: ExtractedDocument
        switch try DocumentFormat.of(path: file.path) {
        case .markdown:
            let matter = try FrontMatter(SourceText(file.bytes))
            let text = try MarkdownExtractor(limits: limits).extract(matter.body)
            document = ExtractedDocument(extracted: text, frontMatter: matter.yaml)
        case .plainText:
            let matter = try FrontMatter(SourceText(file.bytes))
            let text = PlainTextExtractor().extract(matter.body)
            document = ExtractedDocument(extracted: text, frontMatter: matter.yaml)
        case .html:
            document = ExtractedDocument(extracted: try HTMLExtractor(limits: limits).extract(SourceText(file.bytes)))
        case .pdf:
            document = ExtractedDocument(
                extracted: try await PDFExtractor(limits: limits, programs: programs).extract(file.bytes))
        }
        let count = document.extracted.blocks.count
        guard count > 0 else { throw .noText }
        guard count <= limits.maximumBlocks else { throw .tooManyBlocks(limit: limits.maximumBlocks) }
        return ExtractedFile(members: [ExtractedMember(name: nil, document: document)])
    }
}
