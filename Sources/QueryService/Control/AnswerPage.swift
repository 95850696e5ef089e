import Passages
import Retrieval

/// An answer as a page for people: passages with their markings, scores and citations.
struct AnswerPage {
    let style: PageStyle

    func text(_ answer: Answer, question: String, person: String, purpose: String) -> String {
        var lines = [
            style.bold(PageStyle.printable(question)),
            style.dim("as \(person), purpose \(purpose), policy version \(answer.policyVersion)"), "",
        ]
        if let marking = answer.marking { lines += [style.bold("[\(marking)]"), ""] }
        if answer.results.isEmpty {
            lines += ["Nothing that \(person) may read answers this.", ""]
        }
        for (index, hit) in answer.results.enumerated() {
            let citation = hit.passage.citation
            lines.append(
                style.bold(
                    "\(index + 1)  (\(hit.passage.marking))  \(citation.title.map(PageStyle.printable) ?? "untitled")")
                    + style.dim("  score \(Self.score(hit.score))"))
            if !citation.section.isEmpty {
                lines.append("   " + PageStyle.printable(citation.section.joined(separator: " › ")))
            }
            let (text, highlights) = shown(hit)
            lines.append(style.wrapped(text, indent: "   ", highlights: highlights))
            lines.append(style.dim("   " + source(citation)))
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    /// The stretch that matches best where it was asked for, with the bytes of its words that match; else the whole passage.
    private func shown(_ hit: Hit) -> (text: String, highlights: [Range<Int>]) {
        guard let snippet = hit.snippet else { return (hit.passage.text, []) }
        let before = snippet.byteRange.start == 0 ? "" : "… "
        let isToEnd = snippet.byteRange.end == hit.passage.text.utf8.count
        let shift = before.utf8.count - snippet.byteRange.start
        return (
            before + snippet.text + (isToEnd ? "" : " …"),
            snippet.highlights.map { $0.start + shift..<$0.end + shift }
        )
    }

    private func source(_ citation: Citation) -> String {
        var parts: [String] = []
        if let url = citation.url { parts.append(url) } else { parts.append("document \(citation.document)") }
        parts.append("bytes \(citation.byteRange.start)–\(citation.byteRange.end)")
        parts.append("sha256 \(citation.sha256.prefix(16))…")
        parts.append("revision \(citation.revision)")
        return parts.joined(separator: " · ")
    }

    static func score(_ score: Double) -> String {
        let thousandths = Int((score * 1000).rounded())
        let digits = String(abs(thousandths))
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return (thousandths < 0 ? "-" : "") + padded.dropLast(3) + "." + padded.suffix(3)
    }
}
