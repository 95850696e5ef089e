import IndexStore
package import Passages

/// Where a passage stands, so that a reader can check it. A title, headings and address are there only if the caller may
/// read them; nothing in it counts or digests the rest of the document.
package struct Citation: Sendable, Encodable {
    package let document: DocumentID
    package let title: String?
    /// Headings above the passage, outermost first.
    package let section: [String]
    /// From 1; nil where the format has no pages.
    package let page: Int?
    package let byteRange: ByteRange
    /// Of the passage's text, hexadecimal.
    package let sha256: String
    package let revision: String
    package let url: String?

    /// - Parameter baseURL: What the path of a document is appended to.
    init(_ passage: StoredPassage, baseURL: String) {
        document = passage.document
        title = passage.title?.text
        section = passage.section.map(\.text)
        page = passage.page
        byteRange = passage.range
        sha256 = Hexadecimal.text(passage.sha256)
        revision = Hexadecimal.text(passage.revision)
        url = passage.title.map { Self.url(path: $0.path, page: passage.page, baseURL: baseURL) }
    }

    /// Percent-encodes what RFC 3986 does not allow in a path segment.
    static func url(path: String, page: Int?, baseURL: String) -> String {
        let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in path.utf8 {
            if allowed.contains(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return baseURL + String(decoding: encoded, as: UTF8.self) + (page.map { "#page=\($0)" } ?? "")
    }

    enum CodingKeys: String, CodingKey {
        case title, section, page, sha256, revision, url
        case document = "document_id"
        case byteRange = "byte_range"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(document.description, forKey: .document)
        try container.encode(title, forKey: .title)
        try container.encode(section, forKey: .section)
        try container.encode(page, forKey: .page)
        try container.encode(byteRange, forKey: .byteRange)
        try container.encode(sha256, forKey: .sha256)
        try container.encode(revision, forKey: .revision)
        try container.encode(url, forKey: .url)
    }
}
