/// What reading one file may cost. Every limit that a file passes is named in the error, with the value met.
package struct ExtractionLimits: Sendable {
    package static let defaultFileBytes = 20_000_000
    package static let defaultPDFSeconds = 30
    package static let defaultPDFMemoryBytes = 1 << 30
    package static let defaultPDFOutputBytes = 50_000_000
    /// Below the depth at which libxml2 gives up on its own (256).
    package static let defaultDepth = 200
    package static let defaultBlocks = 200_000

    /// Bytes of a source file.
    package var maximumFileBytes: Int
    /// Wall-clock time, and processor time, of each program run over a PDF.
    package var pdfSeconds: Int
    /// Address space of each program run over a PDF.
    package var pdfMemoryBytes: Int
    /// Bytes of text that a PDF may give.
    package var pdfOutputBytes: Int
    /// Elements within elements, folders within folders.
    package var maximumDepth: Int
    /// Headings, paragraphs, lists, tables and code blocks of a document.
    package var maximumBlocks: Int

    package init(
        maximumFileBytes: Int = defaultFileBytes, pdfSeconds: Int = defaultPDFSeconds,
        pdfMemoryBytes: Int = defaultPDFMemoryBytes, pdfOutputBytes: Int = defaultPDFOutputBytes,
        maximumDepth: Int = defaultDepth, maximumBlocks: Int = defaultBlocks
    ) {
        self.maximumFileBytes = maximumFileBytes
        self.pdfSeconds = pdfSeconds
        self.pdfMemoryBytes = pdfMemoryBytes
        self.pdfOutputBytes = pdfOutputBytes
        self.maximumDepth = maximumDepth
        self.maximumBlocks = maximumBlocks
    }

    /// What one file may be unpacked, decoded or written out to, with all its members: a small file may name a very large
    /// text.
    var expandedBytes: Int { max(Self.leastExpandedBytes, maximumFileBytes) }

    static let leastExpandedBytes = 64 << 20
    /// Front matter is a few lines; more is a mistake.
    static let frontMatterBytes = 64 * 1024
    /// A heading longer than this is a paragraph.
    static let headingBytes = 500
    /// A title that a file gives itself is cut to this length.
    static let titleBytes = 500
    /// Tags of an HTML file, so that its tree stays within some hundred megabytes.
    static let htmlTags = 500_000
    /// Attributes of one HTML tag: libxml2 compares each with all before it.
    static let htmlAttributes = 1000
    /// Files of a folder.
    static let folderFiles = 1_000_000
    /// What `pdfinfo` may print.
    static let pdfInfoBytes = 256 * 1024

    // Records and tables
    static let records = 200_000
    /// A line of JSON Lines.
    static let recordBytes = 1 << 20
    /// Arrays and objects within one another, in a field that is known and not used.
    static let recordDepth = 32
    static let recordFields = 1_000
    static let recordIDBytes = 200
    static let columns = 1_000
    static let columnNameBytes = 500
    static let rows = 200_000
    static let cellBytes = 256 * 1024

    // Mail
    /// Parts within parts, the parts of a forwarded message among them.
    static let mailDepth = 10
    /// Parts of a message, those of forwarded messages among them.
    static let mailParts = 200
    /// The head of a message or part.
    static let mailHeaderBytes = 256 * 1024
    static let attachmentNameBytes = 200
    /// Programs that read the attachments of one message; the one that runs when they are over may finish.
    static let attachmentSeconds = 120

    // Word
    static let containerEntries = 2_000
    /// Of the processor and of the clock: a machine that is busy gives it little of the one in much of the other.
    static let unzipSeconds = 600
    static let unzipMemoryBytes = 256 << 20
    /// One part of a container, unpacked.
    static let containerPartBytes = 48 << 20
    static let xmlElements = 4_000_000
    /// A style that is based on another, and so on.
    static let styleDepth = 20
}
