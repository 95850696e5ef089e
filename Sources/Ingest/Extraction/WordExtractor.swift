import Passages

/// Text and structure of a Word document (`.docx`). The extracted text is rendered from its XML; notes stand at the end,
/// each as a paragraph with the number that the text has in brackets.
///
/// Headers, footers and comments are left out. Parts that the container only refers to are never opened.
struct WordExtractor {
    let limits: ExtractionLimits

    func extract(_ file: [UInt8], budget: inout ExpansionBudget) async throws(ExtractionError) -> ExtractedText {
        let container = try WordContainer(file)
        let styles = WordStyles()
        let numbering = WordNumbering()
        let title = WordTitle()
        try await read("word/styles.xml", of: container, into: styles, &budget)
        try await read("word/numbering.xml", of: container, into: numbering, &budget)
        try await read("docProps/core.xml", of: container, into: title, &budget)
        let footnotes = WordText(styles: styles, numbering: numbering)
        try await read("word/footnotes.xml", of: container, into: footnotes, &budget)
        let endnotes = WordText(styles: styles, numbering: numbering)
        try await read("word/endnotes.xml", of: container, into: endnotes, &budget)
        let body = WordText(styles: styles, numbering: numbering)
        try await read(WordContainer.document, of: container, into: body, &budget)
        guard ![body, footnotes, endnotes].contains(where: \.mayHaveLostMark) else { throw .removedMark }

        var builder = ExtractedTextBuilder()
        for block in body.finish() { builder.append(block.kind, block.text, parts: block.parts) }
        for (index, reference) in body.references.enumerated() {
            let blocks = (reference.isEndnote ? endnotes : footnotes).notes[reference.id] ?? []
            let lines = Array(blocks.map(\.text).joined(separator: [0x0A]))
            if !lines.isEmpty { builder.append(.paragraph, Array("[\(index + 1)] ".utf8) + lines) }
        }
        return builder.finish(title: String(decoding: title.title, as: UTF8.self))
    }

    private func read(
        _ name: String, of container: WordContainer, into handler: any XMLHandler, _ budget: inout ExpansionBudget
    ) async throws(ExtractionError) {
        guard let part = try await container.part(name, budget: &budget) else { return }
        try XMLEvents(part: name, maximumDepth: limits.maximumDepth).read(part, into: handler)
    }
}
