package import Passages

/// The stretch of a passage's text that has most of the words asked for.
package struct Snippet: Sendable {
    package let text: String
    /// In the text of the passage.
    package let byteRange: ByteRange
    /// The words of the stretch that match, in the text of the passage.
    package let highlights: [ByteRange]

    package init(text: String, byteRange: ByteRange, highlights: [ByteRange]) {
        self.text = text
        self.byteRange = byteRange
        self.highlights = highlights
    }
}
