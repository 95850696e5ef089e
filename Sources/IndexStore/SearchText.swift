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
    ///
    /// Nothing is opened for a passage but what has its label, so what is damaged under another label changes nothing about
    /// it. One that is damaged itself, or has a damaged heading, is found by no word (`check` names it).
    func searchDocument(of record: DocumentRecord) throws -> LexicalDocument {
        let document = try opened(record)
        let ids = try record.passageIDs(in: db)
        guard document.labels.passages.count == ids.count else {
            throw IndexError.damaged(what: "document \(record.id) has lost passages")
        }
        var known: [Int: Result<Heading, any Error>] = [:]
        /// The title where nil.
        func heading(_ ordinal: Int?, _ labelID: LabelID) throws -> Heading {
            let key = ordinal ?? -1
            let found =
                try known[key]
                ?? {
                    let label = try label(labelID)
                    let text = Result {
                        try ordinal.map { try self.heading($0, of: document) } ?? body(of: document).title
                    }
                    return text.map { Heading(text: $0, label: label) }
                }()
            known[key] = found
            return try found.get()
        }
        return LexicalDocument(
            key: LexicalKey(record.id.bytes),
            passages: try zip(ids, document.labels.passages).enumerated().map { ordinal, place in
                let (id, labelID) = place
                var text = ""
                do {
                    let body = try passageBody(ordinal, of: document).body
                    let headings = document.labels.headings
                    text = SearchText.of(
                        body.text, label: try label(labelID),
                        title: document.labels.title == labelID ? try heading(nil, labelID) : nil,
                        section: try body.section.filter { headings.indices.contains($0) && headings[$0] == labelID }
                            .map { try heading($0, labelID) })
                } catch IndexError.damaged {}
                return LexicalPassage(key: LexicalKey(id.bytes), partition: labelID.partition, text: text)
            })
    }
}
