import Enclaves
import Labels
import Passages

/// Why a document's label is what it is.
package struct Explanation: Sendable, Encodable {
    /// One source's word on one attribute.
    package struct Step: Sendable, Encodable {
        package let attribute: String
        package let source: String
        package let offered: String
        package let effect: String
        package let result: String
    }

    /// The label of some blocks of the document.
    package struct Blocks: Sendable, Encodable {
        package let marking: String
        package let count: Int
        /// Whether these blocks carry portion marks of their own or have the document's label.
        package let isDocumentLabel: Bool

        enum CodingKeys: String, CodingKey {
            case marking, count
            case isDocumentLabel = "is_document_label"
        }
    }

    package let path: String
    package let marking: String
    package let steps: [Step]
    package let parents: [String]
    package let blocks: [Blocks]
}

extension Ingestor {
    /// - Throws: The reason where the document is set aside.
    package func explanation(of path: String) async throws -> Explanation {
        let document = try await labelled(path)
        let labeling = document.labeling
        let scheme = labelScheme
        var counts: [Label: Int] = [:]
        for block in document.blocks {
            for label in block.partLabels.isEmpty ? [block.label] : block.partLabels { counts[label, default: 0] += 1 }
        }
        return Explanation(
            path: path, marking: scheme.marking.marking(of: labeling.documentLabel).text,
            steps: labeling.provenance.map {
                Explanation.Step(
                    attribute: $0.attribute.string, source: "\($0.source)", offered: "\($0.offered)",
                    effect: $0.effect == .refusedToLoosen ? "refused to loosen" : "\($0.effect)", result: "\($0.result)"
                )
            },
            parents: labeling.parentProvenance.map { "\($0.parent.type)::\"\($0.parent.id)\" from \($0.source)" },
            blocks: counts.map { label, count in
                Explanation.Blocks(
                    marking: scheme.marking.marking(of: label).text, count: count,
                    isDocumentLabel: label == labeling.documentLabel)
            }.sorted { ($1.count, $0.marking) < ($0.count, $1.marking) })
    }
}

extension Ingestor {
    private func labelled(_ path: String) async throws -> LabelledDocument {
        do throws(SetAsideReason) {
            let source = try read(path)
            return try await label(source)
        } catch {
            throw ExplanationError(path: path, reason: error.text)
        }
    }
}

/// A document that has no label, and why.
package struct ExplanationError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    package var description: String { "\(SourceFile.displayed(path)) is set aside: \(reason)" }
}
