package import IndexStore
import Labels
import Passages

/// All that an index file holds of each document: texts, labels, headings, vectors, ids. Every record is opened for it.
/// Numbers of rows, generations, keys and times are left out; they differ from one making to the next.
package struct IndexFileContents: Equatable, Sendable {
    /// By the place of the document.
    package let documents: [String: [String]]

    /// - Parameter withIDs: Whether ids and digests count; they are made with the secret of the index.
    package init(_ index: SQLiteIndex, withIDs: Bool = true) async throws {
        var documents: [String: [String]] = [:]
        for (id, place, _) in try await index.documentList() {
            guard let outline = try await index.outline(of: id) else { continue }
            let vectors = try await index.vectors(of: [id])
            var lines = ([outline.title] + outline.headings).map { "\($0.text) \($0.label.canonicalBytes)" }
            if withIDs { lines.append("\(id)") }
            lines += outline.passages.map { passage in
                let own = withIDs ? "\(passage.id) \(passage.embeddingDigest)" : ""
                return "\(passage.label.canonicalBytes) \(passage.sha256) \(passage.range) \(passage.section) \(own) "
                    + "\(vectors[passage.embeddingDigest] ?? [])"
            }
            documents[place.description] = lines
        }
        self.documents = documents
    }
}
