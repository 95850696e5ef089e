/// What the styles of a Word document (`word/styles.xml`) say about headings, lists and hidden text.
final class WordStyles: XMLHandler {
    struct Style {
        /// In lower case. Built-in styles have English names in every language.
        var name = ""
        var base: String?
        /// From 0; 9 is no heading.
        var outlineLevel: Int?
        var number = WordNumber()
        var isHidden: Bool?
    }

    private var styles: [String: Style] = [:]
    private(set) var defaultParagraph: String?
    private var openID: String?
    private var open = Style()

    /// What a paragraph style comes to with those that it is based on.
    struct Resolved {
        var level: Int?
        var isTitle = false
        var isContents = false
        var number = WordNumber()
    }

    func resolved(_ id: String?) -> Resolved {
        var resolved = Resolved()
        var level: Int?
        var next = id
        for depth in 0..<ExtractionLimits.styleDepth {
            guard let style = next.flatMap({ styles[$0] }) else { break }
            if depth == 0 {
                resolved.isTitle = style.name == "title"
                resolved.isContents = style.name.hasPrefix("toc ") && Int(style.name.dropFirst(4)) != nil
            }
            if level == nil, style.name.hasPrefix("heading "), let number = Int(style.name.dropFirst(8)) {
                level = style.outlineLevel ?? number - 1
            }
            level = level ?? style.outlineLevel
            resolved.number.id = resolved.number.id ?? style.number.id
            resolved.number.level = resolved.number.level ?? style.number.level
            next = style.base
        }
        resolved.level = level.flatMap { (0..<9).contains($0) ? min($0 + 1, 6) : nil }
        return resolved
    }

    /// Whether text of a paragraph or character style is hidden.
    func isHidden(_ id: String?) -> Bool {
        var next = id
        for _ in 0..<ExtractionLimits.styleDepth {
            guard let style = next.flatMap({ styles[$0] }) else { break }
            if let isHidden = style.isHidden { return isHidden }
            next = style.base
        }
        return false
    }

    func start(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "w:style":
            openID = attributes["styleId"]
            open = Style()
            if attributes["type"] == "paragraph", WordSwitch.isOn(attributes["default"] ?? "0") {
                defaultParagraph = openID
            }
        case "w:name": open.name = attributes["val"]?.lowercased() ?? ""
        case "w:basedOn": open.base = attributes["val"]
        case "w:outlineLvl": open.outlineLevel = attributes["val"].flatMap { Int($0) }
        case "w:numId": open.number.id = attributes["val"]
        case "w:ilvl": open.number.level = attributes["val"].flatMap { Int($0) }
        case "w:vanish": open.isHidden = WordSwitch.isOn(attributes["val"])
        default: break
        }
    }

    func end(_ name: String) {
        guard name == "w:style", let id = openID else { return }
        styles[id] = open
        openID = nil
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}
}

/// Which list a paragraph belongs to, and how deep in it.
struct WordNumber: Hashable {
    var id: String?
    /// From 0.
    var level: Int?
}

/// Values of properties that are on or off (ISO/IEC 29500-1, 17.17.4): on where nothing is said.
enum WordSwitch {
    static func isOn(_ value: String?) -> Bool {
        value.map { !["0", "false", "off"].contains($0) } ?? true
    }
}
