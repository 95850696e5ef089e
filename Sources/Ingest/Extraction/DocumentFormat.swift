/// The formats that can be read, told by the extension of a file's name.
package enum DocumentFormat: Hashable, Sendable, CaseIterable {
    case markdown
    case plainText
    case html
    case pdf
    case word
    case mail
    case csv
    case jsonLines

    /// In lower case; names are compared without regard to ASCII case.
    package var extensions: [String] {
        switch self {
        case .markdown: ["md", "markdown"]
        case .plainText: ["txt", "text"]
        case .html: ["html", "htm"]
        case .pdf: ["pdf"]
        case .word: ["docx"]
        case .mail: ["eml"]
        case .csv: ["csv"]
        case .jsonLines: ["jsonl", "ndjson"]
        }
    }

    package var name: String {
        switch self {
        case .markdown: "Markdown"
        case .plainText: "text"
        case .html: "HTML"
        case .pdf: "PDF"
        case .word: "Word"
        case .mail: "mail"
        case .csv: "CSV"
        case .jsonLines: "JSON Lines"
        }
    }

    package static func of(path: String) throws(ExtractionError) -> DocumentFormat {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else {
            throw .unsupportedFormat(fileExtension: "")
        }
        let fileExtension = String(decoding: name[name.index(after: dot)...], as: UTF8.self)
        for format in allCases where format.extensions.contains(fileExtension.lowercased()) { return format }
        throw .unsupportedFormat(fileExtension: String(fileExtension.prefix(20)))
    }

    static var extensionList: String {
        allCases.flatMap(\.extensions).map { ".\($0)" }.joined(separator: " ")
    }
}
