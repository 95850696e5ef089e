/// What an extractor reads out of a file: one text, and the blocks in it, in reading order.
///
/// Everything downstream refers to the text by byte ranges, so a citation can be checked against it byte for byte.
package struct ExtractedText: Sendable {
    /// UTF-8. For Markdown and plain text it is the source itself.
    package let text: [UInt8]
    /// The title that the file gives itself outside its text (PDF and HTML metadata, front matter), if any.
    package let metadataTitle: String?
    package let blocks: [Block]

    package init(text: [UInt8], metadataTitle: String?, blocks: [Block]) {
        self.text = text
        self.metadataTitle = metadataTitle
        self.blocks = blocks
    }

    package func string(_ range: ByteRange) -> String {
        String(decoding: text[range.start..<range.end], as: UTF8.self)
    }
}

/// One structural piece of a text.
package struct Block: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Level 1 to 6.
        case heading(level: Int)
        case paragraph
        /// A whole list; `parts` are its items, sub-items within them.
        case list
        /// A whole table; `parts` are its rows, the header first.
        case table
        case code
    }

    package let kind: Kind
    /// The bytes of the block in the extracted text, without blank lines around it.
    package let range: ByteRange
    /// Where the block may be cut when it does not fit, or when its parts carry marks of their own: items of a list, rows
    /// of a table; empty for other kinds. In order, disjoint, inside `range`.
    package let parts: [ByteRange]
    /// Page in the source, from 1; nil where the format has none.
    package let page: Int?
    /// The text a heading shows, without markup; empty for other kinds.
    package let headingText: String

    package init(kind: Kind, range: ByteRange, parts: [ByteRange] = [], page: Int? = nil, headingText: String = "") {
        self.kind = kind
        self.range = range
        self.parts = parts
        self.page = page
        self.headingText = headingText
    }
}
