package import AccessControl
import GRDB
package import Passages

extension SQLiteIndex {
    /// How often texts are embedded for documents that change meanwhile.
    private static let attempts = 20

    /// Gives what policies name labels of its own, now and whenever it is committed again, for as long as the index is
    /// open. What is not there yet is no error.
    ///
    /// What was embedded for a named passage together with its title or headings, which have another label from then on, is
    /// embedded anew before: there is no generation in which the label is its own and the vector is not. Where that fails,
    /// nothing is distinguished.
    ///
    /// - Parameter embed: A vector for each text.
    package func distinguish(
        _ names: ResourceNames, embeddingText: EmbeddingText, embed: ([String]) async throws -> [[Float]]
    ) async throws {
        // Names that no policy has any more stay: a request that has begun may still go by them.
        let new = names.subtracting(snapshot().labels.names)
        guard !new.isEmpty else { return }
        let model = model
        var vectors: [[UInt8]: [Float]] = [:]
        for _ in 1...Self.attempts {
            let missing = try await textsToEmbed(new, embeddingText).filter { vectors[$0.key] == nil }
            if !missing.isEmpty {
                for (digest, vector) in zip(missing.keys, try await embed(Array(missing.values))) {
                    vectors[digest] = vector
                }
            }
            do {
                return try await change { [vectors] change in
                    try change.distinguish(new, embeddingText: embeddingText, model: model, vectors: vectors)
                }
            } catch IndexError.outdated {
                // Something was committed meanwhile that has no vector yet.
            }
        }
        throw IndexError.outdated
    }

    /// What `distinguish` would make of the newest generation, for who compares labels: what policies name that may never
    /// be in force. Nothing is embedded or stored, and nothing is to be searched in it, for vectors are those of before.
    package func snapshot(distinguishing names: ResourceNames) async throws -> IndexSnapshot {
        do {
            return try await database.pool.writeWithoutTransaction { [self] db in
                var change = IndexChange(db: db, from: snapshot())
                try db.inTransaction(.immediate) {
                    try removeErased(in: &change)
                    try change.label(names.subtracting(change.snapshot.labels.names))
                    return .rollback
                }
                return change.snapshot
            }
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }

    /// On the writer's queue, where the newest generation is what the file holds.
    private func textsToEmbed(
        _ names: ResourceNames, _ embeddingText: EmbeddingText
    ) async throws -> [[UInt8]: String] {
        do {
            return try await database.pool.writeWithoutTransaction { [self] db in
                try NamedResources(names, embeddingText: embeddingText, model: model, in: db, snapshot()).textsToEmbed()
            }
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }
}
