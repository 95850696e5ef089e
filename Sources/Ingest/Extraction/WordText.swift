import Passages

/// Reads the text of a Word document or of its notes (ISO/IEC 29500-1, part 17): headings by their styles, paragraphs,
/// lists, tables with their rows, text boxes behind the paragraph that anchors them.
///
/// Left out are hidden text, comments, codes of fields, tables of contents, and one of two alternatives of one content.
final class WordText: XMLHandler {
    private let styles: WordStyles
    private let numbering: WordNumbering

    /// The document's body first, then the text boxes and notes that are open within.
    private var flows = [WordFlow()]
    /// Of notes, by their ids.
    private(set) var notes: [String: [WordFlow.PlacedBlock]] = [:]
    private var openNote: String?
    /// Notes in the order of their signs in the text.
    private(set) var references: [Reference] = []
    private var numbers: [Reference: Int] = [:]
    private(set) var mayHaveLostMark = false

    struct Reference: Hashable {
        let isEndnote: Bool
        let id: String
    }

    private var skipped = 0
    private var insertions = 0
    private var deletions = 0
    /// Of each open `AlternateContent`, whether one of its alternatives was read.
    private var alternatives: [Bool] = []
    private var isInParagraphProperties = false
    private var isInRunProperties = false
    private var isText = false

    /// Elements whose contents are not the document's text, or no longer or not yet.
    private static let passedOver: Set<String> = [
        "w:pPrChange", "w:rPrChange", "w:sectPrChange", "w:tblPrChange", "w:tblPrExChange", "w:trPrChange",
        "w:tcPrChange", "w:tblGridChange", "w:numberingChange", "w:instrText", "w:delInstrText", "w:sdtPr",
        "w:sdtEndPr", "w:sectPr", "w:rt", "w:ffData", "w:fldData", "w:tblPr", "w:tcPr", "w:rubyPr",
    ]

    init(styles: WordStyles, numbering: WordNumbering) {
        self.styles = styles
        self.numbering = numbering
    }

    func finish() -> [WordFlow.PlacedBlock] { flows[0].finish() }

    // MARK: Elements

    func start(_ name: String, _ attributes: XMLAttributes) {
        guard skipped == 0, !Self.passedOver.contains(name) else {
            skipped += 1
            return
        }
        switch name {
        case "mc:AlternateContent": alternatives.append(false)
        case "mc:Choice", "mc:Fallback":
            guard let last = alternatives.indices.last else { break }
            if alternatives[last] { skipped = 1 }
            alternatives[last] = true
        case "w:ins", "w:moveTo": insertions += 1
        case "w:del", "w:moveFrom": deletions += 1
        case "w:p": flows[flows.count - 1].paragraph = WordParagraph()
        case "w:pPr": isInParagraphProperties = true
        case "w:r", "m:r":
            flows[flows.count - 1].runIsHidden = nil
            flows[flows.count - 1].runStyle = nil
        case "w:rPr":
            // That of a paragraph is about its mark.
            if isInParagraphProperties { skipped = 1 } else { isInRunProperties = true }
        case "w:tbl": flows[flows.count - 1].beginTable()
        case "w:tr": flows[flows.count - 1].beginRow()
        case "w:tc": flows[flows.count - 1].beginCell()
        case "w:txbxContent": flows.append(WordFlow())
        case "w:footnote", "w:endnote":
            // Lines between text and notes have a type of their own.
            let isNote = attributes["type"].map { $0 == "normal" } ?? true
            if isNote, let id = attributes["id"] {
                openNote = id
                flows.append(WordFlow())
            } else {
                skipped = 1
            }
        case "w:t", "w:delText", "m:t": isText = true
        default:
            if isInParagraphProperties {
                startParagraphProperty(name, attributes)
            } else if isInRunProperties {
                startRunProperty(name, attributes)
            } else {
                startSign(name, attributes)
            }
        }
    }

    private func startParagraphProperty(_ name: String, _ attributes: XMLAttributes) {
        let value = attributes["val"]
        switch name {
        case "w:pStyle": flows[flows.count - 1].paragraph?.style = value
        case "w:numId": flows[flows.count - 1].paragraph?.number.id = value
        case "w:ilvl": flows[flows.count - 1].paragraph?.number.level = value.flatMap { Int($0) }
        case "w:outlineLvl": flows[flows.count - 1].paragraph?.outlineLevel = value.flatMap { Int($0) }
        default: break
        }
    }

    private func startRunProperty(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "w:rStyle": flows[flows.count - 1].runStyle = attributes["val"]
        case "w:vanish": flows[flows.count - 1].runIsHidden = WordSwitch.isOn(attributes["val"])
        default: break
        }
    }

    private func startSign(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "w:tab", "w:ptab": add([0x20])
        case "w:br", "w:cr": add([0x0A])
        case "w:noBreakHyphen": add([UInt8(ascii: "-")])
        // A character of a font whose meaning only the font knows.
        case "w:sym": add(Array("\u{FFFD}".utf8))
        case "w:footnoteReference", "w:endnoteReference":
            guard deletions == 0, !isHidden, let id = attributes["id"] else { break }
            let reference = Reference(isEndnote: name == "w:endnoteReference", id: id)
            let number = numbers[reference] ?? references.count + 1
            if numbers.updateValue(number, forKey: reference) == nil { references.append(reference) }
            add(Array("[\(number)]".utf8))
        default: break
        }
    }

    func end(_ name: String) {
        guard skipped == 0 else {
            skipped -= 1
            return
        }
        switch name {
        case "mc:AlternateContent": alternatives.removeLast()
        case "w:ins", "w:moveTo": insertions -= 1
        case "w:del", "w:moveFrom": deletions -= 1
        case "w:pPr": isInParagraphProperties = false
        case "w:rPr": isInRunProperties = false
        case "w:t", "w:delText", "m:t": isText = false
        case "w:p": endParagraph()
        case "w:tr": flows[flows.count - 1].endRow()
        case "w:tbl": flows[flows.count - 1].endTable()
        case "w:txbxContent":
            let blocks = flows[flows.count - 1].finish()
            flows.removeLast()
            flows[flows.count - 1].place(blocks)
        case "w:footnote", "w:endnote":
            let blocks = flows[flows.count - 1].finish()
            flows.removeLast()
            if let openNote { notes[openNote] = blocks }
            openNote = nil
        default: break
        }
    }

    // MARK: Text

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        if skipped == 0, isText { add(bytes) }
    }

    private var isHidden: Bool {
        let flow = flows[flows.count - 1]
        if let hidden = flow.runIsHidden { return hidden }
        // Styles of paragraph and character that both hide show the text (ISO/IEC 29500-1, 17.7.3).
        let byParagraph = styles.isHidden(flow.paragraph?.style ?? styles.defaultParagraph)
        return byParagraph != (flow.runStyle.map { styles.isHidden($0) } ?? false)
    }

    private func add(_ bytes: some Collection<UInt8>) {
        let state: WordParagraph.State =
            deletions > 0 ? .deleted : isHidden ? .hidden : insertions > 0 ? .inserted : .kept
        flows[flows.count - 1].paragraph?.add(bytes, state)
    }

    private func endParagraph() {
        guard let paragraph = flows[flows.count - 1].paragraph else { return }
        flows[flows.count - 1].paragraph = nil
        if paragraph.mayHaveLostMark { mayHaveLostMark = true }
        let style = styles.resolved(paragraph.style ?? styles.defaultParagraph)
        let text = style.isContents ? [] : paragraph.finished()
        let direct = paragraph.outlineLevel.map { (0..<9).contains($0) ? min($0 + 1, 6) : 0 }
        let level = style.isTitle ? 1 : direct ?? style.level ?? 0
        let list = paragraph.number.id ?? style.number.id ?? "0"
        if level > 0 {
            flows[flows.count - 1].add(.heading(level: level), text)
        } else if list != "0", !text.isEmpty, !flows[flows.count - 1].isInTable {
            let depth = max(0, paragraph.number.level ?? style.number.level ?? 0)
            let mark = numbering.mark(list: list, level: depth)
            flows[flows.count - 1].add(item: text, mark: mark, list: list, level: depth)
        } else {
            flows[flows.count - 1].add(.paragraph, text)
        }
    }
}
