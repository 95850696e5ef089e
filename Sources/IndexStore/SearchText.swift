import Labels
import LexicalSearch
import Passages

/// What a passage is found by in a search by words: its text, and above it title and headings of its own label. Those of
/// another label would tell about themselves to who may read the passage alone.
enum SearchText {
    /// - Parameters:
    ///   - title: Of the document.
    ///   - section: The headings above the passage, outermost first.
    static func of(_ text: String, label: Label, title: Heading?, section: [Heading]) -> String {
        let above = ([title].compactMap(\.self) + section).filter { $0.label == label }.map(\.text)
        return (above + [text]).joined(separator: "\n")
    }

    /// Whether passages have the same title and headings above them after a relabel, wherever in the document they stand.
    static func isSame(_ old: DocumentLabels, _ new: DocumentLabels) -> Bool {
        zip(old.passages, new.passages).allSatisfy { oldPassage, newPassage in
            zip([old.title] + old.headings, [new.title] + new.headings).allSatisfy { oldHeading, newHeading in
                (oldHeading == oldPassage) == (newHeading == newPassage)
            }
        }
    }
}

extension LexicalDocument {
    /// - Parameter labels: The numbers of the labels of its parts.
    init(_ document: IndexedDocument, _ labels: DocumentLabels) {
        self.init(
            key: LexicalKey(document.id.bytes),
            passages: zip(document.passages, labels.passages).map { passage, label in
                LexicalPassage(
                    key: LexicalKey(passage.id.bytes), partition: label.partition,
                    text: SearchText.of(
                        passage.text, label: passage.label, title: document.title,
                        section: passage.section.map { document.headings[$0] }))
            })
    }
}

extension LexicalKey {
    /// - Parameter bytes: 16, of a document's or passage's id.
    init(_ bytes: [UInt8]) {
        precondition(bytes.count == 16)
        self.init(
            high: bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }, low: bytes[8...].reduce(0) { $0 << 8 | UInt64($1) })
    }
}

extension LabelID {
    /// Its number in a search by words.
    var partition: Int32 {
        guard let number = Int32(exactly: rawValue) else { preconditionFailure("more than 2³¹ labels were ever given") }
        return number
    }
}

extension DocumentReader {
    /// What the passages of a document are found by. O(its text)
    func searchDocument(of record: DocumentRecord) throws -> LexicalDocument {
        let document = try opened(record, try snapshot.labels(of: record))
        let title = Heading(text: try body(of: document).title, label: try label(document.labels.title))
        let headings = try document.labels.headings.enumerated().map { ordinal, label in
            Heading(text: try heading(ordinal, of: document), label: try self.label(label))
        }
        return LexicalDocument(
            key: LexicalKey(record.id.bytes),
            passages: try document.labels.passages.enumerated().map { ordinal, label in
                let (id, body) = try passageBody(ordinal, of: document)
                guard body.section.allSatisfy(headings.indices.contains) else {
                    throw IndexError.damaged(what: "passage \(ordinal) of document \(record.id) has lost its headings")
                }
                return LexicalPassage(
                    key: LexicalKey(id.bytes), partition: label.partition,
                    text: SearchText.of(
                        body.text, label: try self.label(label), title: title,
                        section: body.section.map { headings[$0] }))
            })
    }
}
