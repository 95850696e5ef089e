import Enclaves
import IndexStore
import Inspection
package import Labels
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
    /// As citations have it.
    package let documentID: String
    package let marking: String
    package let steps: [Step]
    package let parents: [String]
    package let blocks: [Blocks]

    enum CodingKeys: String, CodingKey {
        case path, marking, steps, parents, blocks
        case documentID = "document_id"
    }
}

extension Ingestor {
    /// - Throws: The reason where the document is set aside.
    package func explanation(of path: String) async throws -> Explanation {
        let (member, source) = try await found(path)
        let document = try explained(path) { () throws(SetAsideReason) in try label(member, of: source) }
        let labeling = document.labeling
        let scheme = enclave.labelScheme
        return Explanation(
            path: path,
            documentID: index.keys.documentID(DocumentPlace(path: source.file.path, member: member.name)).description,
            marking: scheme.marking.marking(of: labeling.documentLabel).text,
            steps: labeling.provenance.map {
                Explanation.Step(
                    attribute: $0.attribute.string, source: "\($0.source)", offered: "\($0.offered)",
                    effect: $0.effect == .refusedToLoosen ? "refused to loosen" : "\($0.effect)", result: "\($0.result)"
                )
            },
            parents: labeling.parentProvenance.map { "\($0.parent.type)::\"\($0.parent.id)\" from \($0.source)" },
            blocks: document.blockCounts.map { label, count in
                Explanation.Blocks(
                    marking: scheme.marking.marking(of: label).text, count: count,
                    isDocumentLabel: label == labeling.documentLabel)
            }.sorted { ($1.count, $0.marking) < ($0.count, $1.marking) })
    }
}

extension Ingestor.LabelledDocument {
    /// How many blocks, or parts of them, bear each label.
    fileprivate var blockCounts: [Label: Int] {
        var counts: [Label: Int] = [:]
        for block in blocks {
            for label in block.partLabels.isEmpty ? [block.label] : block.partLabels { counts[label, default: 0] += 1 }
        }
        return counts
    }
}

extension Ingestor {
    /// The labels that a document's passages have when it is committed, that of most passages first.
    ///
    /// - Throws: The reason where the document is set aside.
    package func labels(of path: String) async throws -> [(label: Label, passages: Int)] {
        let (member, source) = try await found(path)
        let draft = try explained(path) { () throws(SetAsideReason) in try document(member, of: source) }
        let counts = Dictionary(grouping: draft.document.passages, by: \.label).mapValues(\.count)
        return counts.map { ($0.key, $0.value) }.sorted { left, right in
            left.passages == right.passages
                ? left.label.canonicalBytes.lexicographicallyPrecedes(right.label.canonicalBytes)
                : left.passages > right.passages
        }
    }

    private func explained<Result>(
        _ path: String, _ body: () throws(SetAsideReason) -> Result
    ) throws(ExplanationError) -> Result {
        do {
            return try body()
        } catch {
            throw ExplanationError(path: path, reason: error.text)
        }
    }

    /// - Parameter path: of a file, or of a member of one: `notes/2025.jsonl#N-17`.
    private func found(_ path: String) async throws(ExplanationError) -> (ExtractedMember, Source) {
        do {
            let place = place(path)
            let source = try await read(place.path)
            let file = try await extract(source)
            if let left = file.setAside.first(where: { ByteText($0.name) == ByteText(place.member ?? "") }) {
                throw SetAsideReason(text: left.reason.description)
            }
            let wanted = place.member.map { ByteText($0) }
            guard let member = file.members.first(where: { $0.name.map { ByteText($0) } == wanted }) else {
                let names = file.members.prefix(5).compactMap { $0.name }.joined(separator: ", ")
                throw SetAsideReason(text: "the file holds several documents; name one behind a `#`: \(names), …")
            }
            return (member, source)
        } catch let reason as SetAsideReason {
            throw ExplanationError(path: path, reason: reason.text)
        } catch {
            throw ExplanationError(path: path, reason: "\(error)")
        }
    }

    /// A file's own name may hold a `#`; a member is meant where there is no such file.
    private func place(_ path: String) -> DocumentPlace {
        guard (try? folder.read(path)) == nil, let mark = path.firstIndex(of: "#") else {
            return DocumentPlace(path: path)
        }
        return DocumentPlace(path: String(path[..<mark]), member: String(path[path.index(after: mark)...]))
    }
}

/// A document that has no label, and why.
package struct ExplanationError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    package var description: String {
        "\(SourceFile.displayed(CardNumberDetector.masked(path))) is set aside: \(CardNumberDetector.masked(reason))"
    }
}
