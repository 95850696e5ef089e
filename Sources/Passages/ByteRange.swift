/// A half-open range of bytes in a document's extracted text (UTF-8).
package struct ByteRange: Hashable, Sendable, Codable {
    package let start: Int
    package let end: Int

    /// - Precondition: `0 <= start <= end`.
    package init(_ start: Int, _ end: Int) {
        precondition(0 <= start && start <= end)
        self.start = start
        self.end = end
    }

    package var count: Int { end - start }
}
