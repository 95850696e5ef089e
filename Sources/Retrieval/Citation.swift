import IndexStore
package import Passages

/// Where a passage stands, so that a reader can check it. A title, headings and address are there only if the caller may
/// read them; nothing in it counts or digests the rest of the document.
package struct Citation: Sendable {
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
        url = passage.title.map { Self.url($0.place, page: passage.page, baseURL: baseURL) }
    }

    /// The base, the path of the file, and as fragment the member and the page (`#page=2`, RFC 8118).
    static func url(_ place: DocumentPlace, page: Int?, baseURL: String) -> String {
        let fragment = [place.member.map(percentEncoded), page.map { "page=\($0)" }].compactMap { $0 }
        return baseURL + percentEncoded(place.path)
            + (fragment.isEmpty ? "" : "#" + fragment.joined(separator: "&"))
    }

    /// Encodes what RFC 3986 does not allow in a path segment.
    private static func percentEncoded(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded += Hexadecimal.text([byte]).uppercased().utf8
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
