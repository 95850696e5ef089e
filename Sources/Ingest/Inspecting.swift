import Enclaves
import Inspection
import Passages

/// Keeps cardholder data out: a document with a payment card number is set aside whole, before anything of it is
/// embedded or stored.
struct CardholderDataCheck {
    /// As sources name it, `/` between names.
    let path: String
    /// The title that the document will have, unless its text begins with one.
    let title: String
    /// The YAML before the text, without the lines that enclose it.
    let frontMatter: String?
    let sidecar: [UInt8]?
    /// Of a record: those that are no part of its text.
    var fields: [String: FieldValue] = [:]

    func inspect(_ text: ExtractedText) throws(CardholderData) {
        var places: [String] = []
        func add(_ numbers: [PaymentCardNumber], in place: String) {
            places += numbers.map { _ in place }
        }
        add(CardNumberDetector.cardNumbers(in: path), in: "its path")
        add(frontMatter.map { CardNumberDetector.cardNumbers(in: $0) } ?? [], in: "its front matter")
        add(sidecar.map { CardNumberDetector.cardNumbers(in: $0) } ?? [], in: "its sidecar")
        for value in fields.values { add(CardNumberDetector.cardNumbers(in: value.text), in: "its fields") }
        // Path and front matter are where a title that is not in the text can come from, or else the file's own
        // metadata.
        if places.isEmpty { add(CardNumberDetector.cardNumbers(in: title), in: "its title") }
        let numbers = CardNumberDetector.cardNumbers(in: text.text)
        places += textPlaces(numbers, in: text)
        // A heading is shown without its markup, which can hide a number that the text does not show as one.
        for (index, block) in text.blocks.filter({ !$0.headingText.isEmpty }).enumerated()
        where !numbers.contains(where: { block.range.start <= $0.range.start && $0.range.end <= block.range.end }) {
            add(CardNumberDetector.cardNumbers(in: block.headingText), in: "heading \(index + 1)")
        }
        if !places.isEmpty { throw CardholderData(places: places) }
    }

    /// Page, line and column of each number, from 1. Lines are those of the page, of the file where the text is the
    /// file, or else of the extracted text; columns are characters.
    private func textPlaces(_ numbers: [PaymentCardNumber], in text: ExtractedText) -> [String] {
        let format = try? DocumentFormat.of(path: path)
        let isFile = format == .markdown || format == .plainText
        let hasPages = text.blocks.contains { $0.page != nil }
        var line = frontMatter.map { TextLines(Array($0.utf8)).ranges.count + 3 } ?? 1
        var column = 1
        var position = 0
        var block = 0
        var places: [String] = []
        for number in numbers {
            while position < number.range.start {
                let byte = text.text[position]
                if byte == UInt8(ascii: "\n") {
                    (line, column) = (line + 1, 1)
                } else if byte == UInt8(ascii: "\u{0C}"), hasPages {
                    (line, column) = (1, 1)
                } else if byte & 0xC0 != 0x80 {
                    column += 1
                }
                position += 1
            }
            while block + 1 < text.blocks.count, text.blocks[block + 1].range.start <= number.range.start { block += 1 }
            let page = text.blocks.isEmpty ? nil : text.blocks[block].page
            places.append(
                (page.map { "page \($0), " } ?? "") + "line \(line)" + (isFile || hasPages ? "" : " of its text")
                    + ", column \(column)")
        }
        return places
    }
}

/// A document with payment card numbers: where they stand, never their digits.
struct CardholderData: Error, CustomStringConvertible {
    /// Places that the text names; the others are counted.
    private static let shown = 5

    /// One for each number.
    let places: [String]

    var description: String {
        let isOne = places.count == 1
        var list = places.prefix(Self.shown).joined(separator: "; ")
        if places.count > Self.shown { list += "; and \(places.count - Self.shown) more" }
        return "it holds \(isOne ? "a payment card number" : "\(places.count) payment card numbers") (\(list)); take "
            + "\(isOne ? "it" : "them") out, or leave no more than the first six and the last four digits, and run "
            + "ingest again; if it is something else, such as an order number, put a letter right before it"
    }
}

extension FieldValue {
    fileprivate var text: String {
        switch self {
        case .text(let text): text
        case .whole(let number): String(number)
        case .truth: ""
        case .list(let values): values.map(\.text).joined(separator: "\n")
        }
    }
}
