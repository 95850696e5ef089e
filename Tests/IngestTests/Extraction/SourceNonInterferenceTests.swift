import Ingest
import Labels
import Passages
import Testing

/// From the source to the passages: other words under one label change nothing under another.
@Suite("Hidden text of a source")
struct SourceNonInterferenceTests {
    private let levels = ["(U)", "(CUI)", "(CUI//SP-EXPT)"]

    private struct Piece {
        var level: Int
        /// Takes the place of `§` in the form.
        var words: String
        let form: String
    }

    private func words(_ generator: inout ExtractionGenerator) -> String {
        let vocabulary = [
            "bolt", "Torque", "[x]", "`code`", "größe", "35 Nm.", "*firm*", "see (below)", "&amp;", "| bar", "1.",
            "end.",
        ]
        return (0..<Int.random(in: 1...60, using: &generator)).map { _ in vocabulary.randomElement(using: &generator)! }
            .joined(separator: " ")
    }

    private func pieces(_ forms: [String], _ generator: inout ExtractionGenerator) -> [Piece] {
        (0..<Int.random(in: 2..<12, using: &generator)).map { _ in
            Piece(
                level: Int.random(in: 0..<3, using: &generator), words: words(&generator),
                form: forms.randomElement(using: &generator)!)
        }
    }

    private func source(_ pieces: [Piece]) -> String {
        pieces.map { $0.form.replacing("§", with: "\(levels[$0.level]) \($0.words)") }.joined()
    }

    private func view(_ name: String, _ source: String, hidden: Label) async throws -> [[String]] {
        let text = try await extract(name, source).extracted
        let blocks = try BlockLabelerTests.labeler("cui", mayLower: true).label(text)
        let embeddingText = EmbeddingText(maximumTokens: 40) { $0.split(whereSeparator: \.isWhitespace).count }
        let segmenter = Segmenter(embeddingText: embeddingText, overlapTokens: 6)
        let result = segmenter.segment(text, blocks: blocks, fallbackTitle: Heading(text: "t", label: hidden))
        return result.passages.filter { $0.label != hidden }.map { passage in
            [
                text.string(passage.range), passage.embeddingText, "\(passage.section)",
                "\(passage.label.canonicalBytes)",
            ]
        }
    }

    private func check(_ name: String, _ forms: [String], seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        var pieces = pieces(forms, &generator)
        let hidden = Int.random(in: 0..<3, using: &generator)
        let label = try BlockLabelerTests.labeler("cui", mayLower: true).label(
            try await extract("a.md", levels[hidden] + " x").extracted)[0].label
        let before = try await view(name, source(pieces), hidden: label)
        for index in pieces.indices where pieces[index].level == hidden { pieces[index].words = words(&generator) }
        let after = try await view(name, source(pieces), hidden: label)
        #expect(before == after, "seed \(seed)")
    }

    @Test("Markdown", arguments: UInt64(1)...60)
    func markdown(seed: UInt64) async throws {
        try await check(
            "a.md", ["§\n\n", "## §\n\n", "- §\n\n", "> §\n\n", "1. §\n\n", "### §\n", "***\n\n"], seed: seed)
    }

    @Test("HTML", arguments: UInt64(1)...60)
    func html(seed: UInt64) async throws {
        try await check(
            "a.html",
            ["<p>§", "<h2>§</h2>", "<ul><li>§</ul>", "<table><tr><td>§</table>", "<div>§</div>", "<h3>§</h3>"],
            seed: seed)
    }

    @Test("Plain text", arguments: UInt64(1)...60)
    func plainText(seed: UInt64) async throws {
        try await check("a.txt", ["§\n\n", "- §\n\n", "§\nmore\n\n"], seed: seed)
    }
}
