import TestSupport

/// A Markdown document as a generator made it: pieces whose words can be replaced without a change of structure.
struct SourceDocument: Sendable {
    let path: String
    /// The title in the front matter; nil without front matter.
    var title: String?
    /// Further lines of front matter.
    let statements: [String]
    var units: [Unit]
    /// The text of the label file beside it.
    var sidecar: String?

    /// Words with the markup and the mark around them.
    struct Unit: Sendable {
        let prefix: String
        let mark: String?
        var words: String
        let suffix: String
    }

    /// The text, and where the words of each unit stand behind the front matter, in bytes.
    var rendered: (text: String, places: [Range<Int>]) {
        var text = ""
        var places: [Range<Int>] = []
        for unit in units {
            text += unit.prefix + (unit.mark.map { "(\($0)) " } ?? "")
            let start = text.utf8.count
            text += unit.words
            places.append(start..<text.utf8.count)
            text += unit.suffix
        }
        let frontMatter = title.map { title in
            "---\ntitle: \(title)\n" + statements.map { $0 + "\n" }.joined() + "---\n"
        }
        return ((frontMatter ?? "") + text, places)
    }
}

/// Writes random documents, some of whose paragraphs stand in several of them.
struct SourceWriter {
    /// Paragraphs that stand in several documents, under one label and under several.
    private let shared: [String]

    init(using generator: inout SeededGenerator) {
        shared = (0..<2).map { _ in Vocabulary.text(Int.random(in: 3...9, using: &generator), using: &generator) }
    }

    func document(_ number: Int, using generator: inout SeededGenerator) -> SourceDocument {
        let hasFrontMatter = Int.random(in: 0..<3, using: &generator) == 0
        var statements: [String] = []
        if Bool.random(using: &generator) { statements.append(statement(using: &generator)) }
        var units: [SourceDocument.Unit] = []
        if Int.random(in: 0..<4, using: &generator) > 0 { units.append(heading("# ", using: &generator)) }
        // Its label is mostly another than the title's, so that it is embedded alone and ties with its like.
        units.append(
            SourceDocument.Unit(
                prefix: "", mark: Vocabulary.levelMarks.randomElement(using: &generator)!,
                words: shared.randomElement(using: &generator)!, suffix: "\n\n"))
        for _ in 0..<Int.random(in: 2...6, using: &generator) {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0...2:
                let level = ["## ", "### ", "## 2.1 "].randomElement(using: &generator)!
                units += [heading(level, using: &generator), paragraph(using: &generator)]
            case 3: units += list(using: &generator) + [paragraph(using: &generator)]
            case 4: units += table(using: &generator) + [paragraph(using: &generator)]
            default: units.append(paragraph(using: &generator))
            }
        }
        let folder = LabelRuleText.folders.randomElement(using: &generator)!
        return SourceDocument(
            path: "\(folder)/d\(number).md", title: hasFrontMatter ? Vocabulary.text(3, using: &generator) : nil,
            statements: statements, units: units,
            sidecar: Int.random(in: 0..<4, using: &generator) == 0 ? sidecar(using: &generator) : nil)
    }

    func sidecar(using generator: inout SeededGenerator) -> String {
        statement(using: &generator) + "\n"
    }

    /// Says one attribute, in front matter or a sidecar. It can only tighten.
    private func statement(using generator: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: "expires: \(["2020-01-01", "2099-01-01"].randomElement(using: &generator)!)"
        case 1: "projects: [\(Vocabulary.projects.randomElement(using: &generator)!)]"
        case 2: "classification: \(Vocabulary.levels.randomElement(using: &generator)!)"
        default: "categories: [\(Vocabulary.categories.randomElement(using: &generator)!)]"
        }
    }

    private func mark(using generator: inout SeededGenerator) -> String? {
        guard Int.random(in: 0..<3, using: &generator) > 0 else { return nil }
        let level = Vocabulary.levelMarks.randomElement(using: &generator)!
        guard Int.random(in: 0..<5, using: &generator) == 0 else { return level }
        return level + "//" + Vocabulary.categories.randomElement(using: &generator)!
    }

    private func heading(_ prefix: String, using generator: inout SeededGenerator) -> SourceDocument.Unit {
        let words = Vocabulary.text(Int.random(in: 1...4, using: &generator), using: &generator)
        let link = Int.random(in: 0..<6, using: &generator) == 0 ? " see [note]" : ""
        return SourceDocument.Unit(
            prefix: prefix, mark: mark(using: &generator), words: words + link, suffix: "\n\n")
    }

    private func paragraph(using generator: inout SeededGenerator) -> SourceDocument.Unit {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0:
            // The definition of a link, which a parser of Markdown keeps for itself.
            return SourceDocument.Unit(prefix: "", mark: nil, words: "[note]: /target", suffix: "\n\n")
        case 1:
            // Too long for one passage.
            let words = (0..<Int.random(in: 7...12, using: &generator)).map { _ in
                Vocabulary.text(Int.random(in: 5...14, using: &generator), using: &generator) + ". The"
            }
            return SourceDocument.Unit(
                prefix: "", mark: mark(using: &generator), words: words.joined(separator: " "), suffix: ".\n\n")
        case 2:
            // A second mark inside, which only tightens.
            let inner = Vocabulary.levelMarks.randomElement(using: &generator)!
            return SourceDocument.Unit(
                prefix: "", mark: mark(using: &generator), words: Vocabulary.text(6, using: &generator),
                suffix: " (\(inner)) so it is.\n\n")
        case 3...6:
            return SourceDocument.Unit(
                prefix: "", mark: mark(using: &generator), words: shared.randomElement(using: &generator)!,
                suffix: "\n\n")
        default:
            return SourceDocument.Unit(
                prefix: "", mark: mark(using: &generator),
                words: Vocabulary.text(Int.random(in: 3...25, using: &generator), using: &generator), suffix: ".\n\n")
        }
    }

    private func list(using generator: inout SeededGenerator) -> [SourceDocument.Unit] {
        let isMarked = Bool.random(using: &generator)
        let count = Int.random(in: 2...5, using: &generator)
        return (0..<count).map { item in
            let isNested = item > 0 && Int.random(in: 0..<5, using: &generator) == 0
            return SourceDocument.Unit(
                prefix: isNested ? "  - " : "- ", mark: isMarked ? mark(using: &generator) : nil,
                words: Vocabulary.text(Int.random(in: 2...8, using: &generator), using: &generator),
                suffix: item == count - 1 ? "\n\n" : "\n")
        }
    }

    private func table(using generator: inout SeededGenerator) -> [SourceDocument.Unit] {
        let isMarked = Bool.random(using: &generator)
        let count = Int.random(in: 2...4, using: &generator)
        return (0..<count).flatMap { row in
            let end = row == 0 ? " |\n| --- | --- |\n" : row == count - 1 ? " |\n\n" : " |\n"
            return [("| ", " | "), ("", end)].map { prefix, suffix in
                SourceDocument.Unit(
                    prefix: prefix, mark: isMarked ? mark(using: &generator) : nil,
                    words: Vocabulary.text(Int.random(in: 1...3, using: &generator), using: &generator), suffix: suffix)
            }
        }
    }
}
