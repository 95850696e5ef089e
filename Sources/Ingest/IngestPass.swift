import Enclaves
import Foundation
import IndexStore
import Labels
import Passages
import TextEmbedding

/// What an ingest takes up.
package enum IngestScope: Sendable {
    /// New, changed and vanished files, and changed rules.
    case everything
    /// Changed rules, schema and sidecars: files that are new wait, and changed ones whose label is not in question.
    case labels
}

/// One way through the documents folder: each file is brought into the index as the folder and the rules have it now.
///
/// Only what changed is written, one transaction a document. Text that the index has a vector for is not embedded again,
/// wherever in the folder it was: the vectors of what goes, and of text that a document loses, are kept until the pass ends.
/// A file that cannot be read or labelled is set aside and the rest goes on. What the index held of it goes at once: its old
/// passages might stand under a label that no longer holds (rule 4, fail closed).
struct IngestPass {
    let ingestor: Ingestor
    let scope: IngestScope
    let isDryRun: Bool
    /// Whether files leave the folder once the index holds them.
    let takes: Bool
    private var summary: IngestSummary
    /// Vectors of documents that left the index in this pass, and of text that others lost, by the digest of what was
    /// embedded.
    private var carried: [[UInt8]: [Float]] = [:]
    /// More than this many vectors (about 1.5 kB each) are not carried; their texts would be embedded again.
    private static let carriedLimit = 200_000
    /// How often a document is embedded while policies that name passages of it come.
    private static let attempts = 20

    private var index: SQLiteIndex { ingestor.index }

    init(ingestor: Ingestor, scope: IngestScope, isDryRun: Bool, takes: Bool) {
        self.ingestor = ingestor
        self.scope = scope
        self.isDryRun = isDryRun
        self.takes = takes && !isDryRun && scope == .everything
        summary = IngestSummary(isDryRun: isDryRun)
    }

    mutating func run(_ report: @Sendable (IngestProgress) -> Void) async throws -> IngestSummary {
        let clock = ContinuousClock()
        let start = clock.now
        let listing = try ingestor.folder.list()
        let known = try await index.sources()
        let lying = Set(listing.paths.map { ByteText($0) })
        let takenPaths = try await index.takenPaths().map(\.path)
        let taken = Set(takenPaths.map { ByteText($0) })
        let held = takenPaths.filter { !lying.contains(ByteText($0)) }
        let paths = (listing.paths + held).sorted { ByteText($0) < ByteText($1) }
        let ids = paths.map { index.keys.documentID(path: ByteText($0)) }
        for file in listing.setAside where try await !clear(file) {
            summary.setAside.append(SetAside(path: file.path, reason: file.reason.description))
        }
        let present = Set(ids)
        try await remove(known.values.filter { !present.contains($0.id) }.sorted { $0.id < $1.id })
        for (number, (path, id)) in zip(paths, ids).enumerated() {
            do {
                try await bring(path, known: known[id])
                let isTaken = taken.contains(ByteText(path))
                if lying.contains(ByteText(path)) && (takes || isTaken) {
                    try await take(path, id: id, isTaken: isTaken)
                }
            } catch let reason as SetAsideReason {
                summary.setAside.append(SetAside(path: path, reason: reason.text))
                if let held = known[id] { try await remove([held]) }
            }
            report(IngestProgress(done: number + 1, total: paths.count, path: path))
        }
        summary.setAside.sort { ByteText($0.path) < ByteText($1.path) }
        let elapsed = start.duration(to: clock.now)
        summary.seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        return summary
    }

    /// The straight line of a file.
    private mutating func bring(_ path: String, known: IndexedSource?) async throws {
        if scope == .labels && known == nil {
            summary.waiting += 1
            return
        }
        let source = try await ingestor.read(path)
        let hasSameContent = known?.contentDigest == source.contentDigest
        if let known, known.labelDigest == source.labelDigest {
            if hasSameContent {
                summary.unchanged += known.documents.count
                return
            }
            if scope == .labels {
                summary.waiting += 1
                return
            }
        }
        let file = try await ingestor.extract(source)
        var setAside = file.setAside.map { SetAside(path: "\(path)#\($0.name)", reason: $0.reason.description) }
        var documents: [DocumentID: [UInt8]] = [:]
        for member in file.members {
            let place = DocumentPlace(path: path, member: member.name)
            do {
                let id = index.keys.documentID(place)
                let digest = ingestor.digest(of: member, of: source)
                if known?.documents[id] == digest {
                    summary.unchanged += 1
                } else {
                    let draft = try ingestor.document(member, of: source)
                    // What was erased stays so, as long as its file lies in the folder too.
                    if let erased = index.refusal(of: draft.document) { throw SetAsideReason(text: "\(erased)") }
                    try await bring(draft, isKnown: known?.documents[id] != nil, isRelabelled: hasSameContent)
                }
                documents[id] = digest
            } catch let reason as SetAsideReason where member.name != nil {
                setAside.append(SetAside(path: place.description, reason: reason.text))
            }
        }
        summary.setAside += setAside
        let gone = known?.documents.keys.filter { documents[$0] == nil } ?? []
        try await note(removed: gone)
        guard !isDryRun else { return }
        try await carry(gone)
        try await index.complete(
            IndexedSource(
                id: source.id, contentDigest: source.contentDigest,
                // Of what is incomplete the labels count as changed, so that it is looked at again.
                labelDigest: setAside.isEmpty ? source.labelDigest : [], documents: documents))
    }

    /// The straight line of a document: compare → vectors → commit.
    private mutating func bring(_ draft: DraftDocument, isKnown: Bool, isRelabelled: Bool) async throws {
        let held = isKnown ? try await unlessDamaged { try await index.outline(of: draft.document.id) } : nil
        let outline = draft.document.outline
        guard held != outline else {
            summary.unchanged += 1
            return
        }
        summary.note(
            draft.document.place, held == nil ? .add : isRelabelled ? .relabel : .update,
            from: held.map { markings($0.labels) } ?? [], to: markings(outline.labels))
        guard !isDryRun else { return }
        summary.passages += draft.document.passages.count
        if let held {
            // Its text may come again in another document.
            let kept = Set(outline.passages.map(\.embeddingDigest))
            try await carry(lost: held.passages.map(\.embeddingDigest).filter { !kept.contains($0) })
        }
        var draft = draft
        for _ in 1...Self.attempts {
            let vectors = try await vectors(for: draft)
            do {
                return try await index.commit(draft.document.with(vectors: vectors))
            } catch IndexError.outdated {
                // Policies that name a passage of it were loaded meanwhile. Each turn needs others that do.
                draft = ingestor.distinguished(draft)
            }
        }
        throw IndexError.outdated
    }

    /// A vector for each passage; a text that has one already is not embedded again.
    private mutating func vectors(for draft: DraftDocument) async throws -> [[Float]] {
        let digests = draft.document.passages.map(\.embeddingDigest)
        var known = try await unlessDamaged { try await index.vectors(of: digests) } ?? [:]
        var missing: [(digest: [UInt8], text: String)] = []
        for (digest, text) in zip(digests, draft.embeddingTexts) where known[digest] == nil {
            known[digest] = carried[digest] ?? []
            if carried[digest] == nil { missing.append((digest, text)) }
        }
        let made = try await ingestor.embedder.embed(missing.map(\.text))
        for (entry, vector) in zip(missing, made) { known[entry.digest] = vector }
        summary.embedded += missing.count
        return digests.compactMap { known[$0] }
    }

    // MARK: - What is taken

    /// Moves a file into the index, once all that it gave is committed. One of several documents stays: it could not be
    /// kept for some of them when another is erased.
    ///
    /// Where files stay in the folder, one that lies there takes the place of what was taken before under its path: else
    /// that would come back when the file goes.
    private mutating func take(_ path: String, id: DocumentID, isTaken: Bool) async throws {
        guard !isDryRun, let known = try await index.source(id), known.isWhole else { return }
        let state = ingestor.folder.state(of: path)
        let source = try await ingestor.read(path)
        // What was committed, and not what somebody wrote there since.
        guard source.contentDigest == known.contentDigest, source.labelDigest == known.labelDigest else { return }
        let isOneDocument = known.documents.count == 1 && known.documents[id] != nil
        guard takes && isOneDocument else {
            if takes { summary.left += 1 }
            if isTaken { try await index.letGo(id) }
            return
        }
        try await index.take(TakenSource(id: id, path: path, bytes: source.file.bytes, sidecar: source.sidecar))
        // What somebody writes meanwhile stays, and the next ingest takes it up.
        if let state, try ingestor.folder.remove(path, unlessOtherThan: state) { summary.taken += 1 }
    }

    /// Removes the label file of a document that was taken in, where an interruption has left it.
    private func clear(_ file: SetAsideFile) async throws -> Bool {
        guard takes, file.reason == .sidecarWithoutDocument else { return false }
        let path = String(file.path.dropLast(DocumentFolder.sidecarSuffix.count))
        let taken = try await index.takenSource(index.keys.documentID(path: ByteText(path)))
        guard let sidecar = taken?.sidecar, (try? ingestor.folder.sidecar(of: path)) == sidecar else { return false }
        try ingestor.folder.removeSidecar(of: path)
        return true
    }

    // MARK: - What goes

    private mutating func remove(_ sources: [IndexedSource]) async throws {
        let documents = sources.flatMap(\.documents.keys)
        try await note(removed: documents)
        guard !isDryRun else { return }
        try await carry(documents)
        try await index.remove(sources: sources.map(\.id))
    }

    private mutating func carry(_ documents: [DocumentID]) async throws {
        for document in documents where carried.count < Self.carriedLimit {
            let vectors = try await unlessDamaged { try await index.vectors(of: [document]) } ?? [:]
            carried.merge(vectors) { first, _ in first }
        }
    }

    private mutating func carry(lost digests: [[UInt8]]) async throws {
        guard !digests.isEmpty, carried.count < Self.carriedLimit else { return }
        let vectors = try await unlessDamaged { try await index.vectors(of: digests) } ?? [:]
        carried.merge(vectors) { first, _ in first }
    }

    private mutating func note(removed documents: [DocumentID]) async throws {
        for document in documents {
            guard let held = try await unlessDamaged({ try await index.outline(of: document) }) else { continue }
            summary.note(held.place, .remove, from: markings(held.labels), to: [])
        }
    }

    /// nil also where what the index holds is damaged: then it is made again, and replaced by what is whole.
    private func unlessDamaged<Value>(_ read: () async throws -> Value?) async throws -> Value? {
        do {
            return try await read()
        } catch IndexError.damaged {
            return nil
        }
    }

    private func markings(_ labels: Set<Label>) -> [String] {
        let marking = ingestor.enclave.labelScheme.marking
        return Set(labels.map { marking.marking(of: $0).text }).sorted { ByteText($0) < ByteText($1) }
    }
}
