/// A document, named by a keyed digest of its source path: 16 bytes, 32 hexadecimal digits as text.
package struct DocumentID: Hashable, Comparable, Sendable {
    package let bytes: [UInt8]

    /// - Precondition: `bytes` holds 16 bytes.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == Hexadecimal.identifierLength)
        self.bytes = bytes
    }

    /// `nil` unless `text` is 32 lower-case hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        guard let bytes = Hexadecimal.identifier(text) else { return nil }
        self.bytes = bytes
    }

    package static func < (left: DocumentID, right: DocumentID) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// A passage, named by a keyed digest of its document, its text, and its ordinal among equal texts of the same label in
/// that document: nothing in it counts or digests what another label governs (rule 2, non-interference).
package struct PassageID: Hashable, Comparable, Sendable {
    package let bytes: [UInt8]

    /// - Precondition: `bytes` holds 16 bytes.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == Hexadecimal.identifierLength)
        self.bytes = bytes
    }

    /// `nil` unless `text` is 32 lower-case hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        guard let bytes = Hexadecimal.identifier(text) else { return nil }
        self.bytes = bytes
    }

    package static func < (left: PassageID, right: PassageID) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension DocumentID: CustomStringConvertible {
    package var description: String { Hexadecimal.text(bytes) }
}

extension PassageID: CustomStringConvertible {
    package var description: String { Hexadecimal.text(bytes) }
}
