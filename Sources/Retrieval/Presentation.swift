import IndexStore
import Labels
import Passages

/// Gives stored passages the form in which they leave.
struct Presentation: Sendable {
    private let scheme: LabelScheme
    private let baseURL: String

    init(scheme: LabelScheme, baseURL: String) {
        self.scheme = scheme
        self.baseURL = baseURL
    }

    func cited(_ passage: StoredPassage) -> CitedPassage {
        let visible = passage.label.attributes.filter { scheme.attributes[$0.key]?.isVisible == true }
            .sorted { $0.key < $1.key }
        return CitedPassage(
            id: passage.id, text: passage.text, marking: scheme.marking.marking(of: passage.label).text,
            attributes: visible.map { VisibleAttribute(name: $0.key.string, value: $0.value) },
            citation: Citation(passage, baseURL: baseURL))
    }

    func cited(_ document: StoredDocument) -> CitedDocument {
        CitedDocument(
            id: document.id, title: document.title?.text,
            url: document.title.map { Citation.url($0.place, page: nil, baseURL: baseURL) },
            passages: document.passages.map(cited),
            marking: marking(of: document.passages, and: document.title.map { [$0.label] } ?? []))
    }

    /// The marking of everything that is shown together, titles and headings too: that of the join of its labels.
    func marking(of passages: [StoredPassage], and others: [Label] = []) -> String? {
        let labels =
            passages.flatMap { [$0.label] + $0.section.map(\.label) + ($0.title.map { [$0.label] } ?? []) } + others
        return labels.isEmpty ? nil : scheme.marking.marking(of: scheme.join(labels)).text
    }
}
