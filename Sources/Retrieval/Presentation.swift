import IndexStore
import Labels
import Passages

/// Gives stored passages the form in which they leave.
struct Presentation: Sendable {
    private let scheme: LabelScheme
    private let baseURL: String
    /// The attributes that readers see, in the order of their names.
    private let visible: [ByteText]

    init(scheme: LabelScheme, baseURL: String) {
        self.scheme = scheme
        visible = scheme.attributes.values.filter(\.isVisible).map(\.name).sorted()
        self.baseURL = baseURL
    }

    func cited(_ passage: StoredPassage) -> CitedPassage {
        CitedPassage(
            id: passage.id, text: passage.text, marking: scheme.marking.marking(of: passage.label).text,
            attributes: visible.compactMap { name in
                passage.label.attributes[name].map { VisibleAttribute(name: name.string, value: $0) }
            },
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
        var labels = Set(others)
        for passage in passages {
            labels.insert(passage.label)
            labels.formUnion(passage.section.map(\.label))
            if let title = passage.title { labels.insert(title.label) }
        }
        return labels.isEmpty ? nil : scheme.marking.marking(of: scheme.join(labels)).text
    }
}
