import Crypto
package import Enclaves
import Foundation
package import IndexStore
import Labels
import Passages
package import TextEmbedding

/// Brings an index to the state of an enclave's documents folder.
package struct Ingestor: Sendable {
    /// Part of every source digest: a change to extraction, labelling or segmentation makes every document anew.
    private static let pipelineVersion = "1"
    /// Tokens that one passage repeats of the one before, where a run of text had to be split.
    private static let overlapTokens = 32
    /// Tokens that the model puts around a text.
    private static let specialTokens = 2

    private let enclave: Enclave
    var labelScheme: LabelScheme { enclave.labelScheme }
    private let index: SQLiteIndex
    private let embedder: any Embedder
    private let folder: DocumentFolder
    private let extractor: TextExtractor
    private let segmenter: Segmenter

    package init(enclave: Enclave, index: SQLiteIndex, embedder: any Embedder) {
        self.enclave = enclave
        self.index = index
        self.embedder = embedder
        let limits = ExtractionLimits(enclave.settings.ingest)
        folder = DocumentFolder(url: enclave.documents, limits: limits)
        extractor = TextExtractor(limits: limits)
        segmenter = Segmenter(
            maximumTokens: embedder.model.maximumTokens - Self.specialTokens, overlapTokens: Self.overlapTokens,
            countTokens: embedder.countTokens)
    }

    /// Every file of the folder, one after the other; then what is gone leaves the index.
    ///
    /// A file that cannot be read or labelled is set aside and the rest goes on. What the index held of it goes: its old
    /// passages might stand under a label that no longer holds (rule 4, fail closed).
    ///
    /// - Throws: Only what makes going on pointless, such as a full disk.
    package func ingest(_ report: @Sendable (IngestProgress) -> Void) async throws -> IngestSummary {
        let clock = ContinuousClock()
        let start = clock.now
        var summary = IngestSummary()
        let listing = try folder.list()
        summary.setAside = listing.setAside.map { SetAside(path: $0.path, reason: $0.reason.description) }
        let known = try await index.sourceDigests()
        var kept: Set<DocumentID> = []
        for (number, path) in listing.paths.enumerated() {
            let id = index.keys.documentID(path: ByteText(path))
            do {
                let outcome = try await ingest(path, id: id, known: known[id])
                summary.count(outcome, wasKnown: known[id] != nil)
                kept.insert(id)
            } catch let reason as SetAsideReason {
                summary.setAside.append(SetAside(path: path, reason: reason.text))
            }
            report(IngestProgress(done: number + 1, total: listing.paths.count, path: path))
        }
        let gone = known.keys.filter { !kept.contains($0) }.sorted()
        try await index.remove(gone)
        summary.removed = gone.count
        summary.setAside.sort { ByteText($0.path) < ByteText($1.path) }
        let elapsed = start.duration(to: clock.now)
        summary.seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        return summary
    }

    /// The straight line of one document.
    private func ingest(_ path: String, id: DocumentID, known: [UInt8]?) async throws -> IngestOutcome {
        let source = try read(path)
        guard source.digest != known else { return .unchanged }
        let (document, embedded) = try await document(id, from: source)
        try await index.commit(document)
        return .indexed(passages: document.passages.count, embedded: embedded)
    }

    func document(_ id: DocumentID, from source: Source) async throws -> (document: IndexedDocument, embedded: Int) {
        let labelled = try await label(source)
        let segmentation = segmenter.segment(
            labelled.text, blocks: labelled.blocks, fallbackTitle: labelled.fallbackTitle)
        guard !segmentation.passages.isEmpty else {
            throw SetAsideReason(text: "has headings but no text below them; nothing in it could be cited")
        }
        let vectors = try await vectors(for: segmentation.passages)
        return (assemble(id, source, labelled.text, segmentation, vectors.all), vectors.made)
    }
}

// MARK: - The steps

extension Ingestor {
    /// A file with everything that shapes what becomes of it.
    struct Source {
        let file: SourceFile
        let sidecar: [UInt8]?
        let digest: [UInt8]
    }

    func read(_ path: String) throws(SetAsideReason) -> Source {
        do {
            let file = try folder.read(path)
            let sidecar = try folder.sidecar(of: path)
            let digest = index.keys.sourceDigest(parts: [
                Array(Self.pipelineVersion.utf8), Array(enclave.labelVersion.utf8), Array(index.model.utf8),
                file.bytes, sidecar.map { [1] + $0 } ?? [0],
            ])
            return Source(file: file, sidecar: sidecar, digest: digest)
        } catch {
            throw SetAsideReason(text: error.description)
        }
    }

    /// A document whose every block has its label.
    struct LabelledDocument {
        let text: ExtractedText
        let labeling: DocumentLabeling
        let blocks: [LabelledBlock]
        let fallbackTitle: Heading
    }

    func label(_ source: Source) async throws(SetAsideReason) -> LabelledDocument {
        do {
            let document = try await extractor.extract(source.file)
            let rules = enclave.labelRules
            let frontMatter = try document.frontMatter.map {
                try enclave.attributeReader.frontMatter(Array($0.utf8), metadataKeys: rules.metadataKeys)
            }
            let sidecar = try source.sidecar.map { try enclave.attributeReader.sidecar($0) }
            let labeling = try rules.labeling(
                path: ByteText(source.file.path), frontMatter: frontMatter?.values ?? [:],
                sidecar: sidecar?.values ?? [:])
            let name = source.file.path.split(separator: "/").last.map(String.init) ?? source.file.path
            let title = frontMatter?.title ?? document.extracted.metadataTitle ?? name
            return LabelledDocument(
                text: document.extracted, labeling: labeling,
                blocks: try BlockLabeler(scheme: rules.scheme, labeling: labeling).label(document.extracted),
                fallbackTitle: Heading(text: title, label: labeling.documentLabel))
        } catch {
            // Extraction, metadata and labelling errors all say what is wrong without repeating the text.
            throw SetAsideReason(text: "\(error)")
        }
    }

    /// A vector for each passage; a text that the index already has a vector for is not embedded again.
    private func vectors(for passages: [PassageDraft]) async throws -> (all: [[Float]], made: Int) {
        let digests = passages.map { index.keys.embeddingDigest(of: $0.embeddingText, model: index.model) }
        var known = try await index.vectors(of: digests)
        var missing: [(digest: [UInt8], text: String)] = []
        var asked: Set<[UInt8]> = []
        for (digest, passage) in zip(digests, passages) where known[digest] == nil && asked.insert(digest).inserted {
            missing.append((digest, passage.embeddingText))
        }
        let made = try await embedder.embed(missing.map(\.text))
        for (entry, vector) in zip(missing, made) { known[entry.digest] = vector }
        return (digests.compactMap { known[$0] }, missing.count)
    }

    private func assemble(
        _ id: DocumentID, _ source: Source, _ text: ExtractedText, _ segmentation: Segmentation, _ vectors: [[Float]]
    ) -> IndexedDocument {
        var ordinals: [PassageKey: Int] = [:]
        let passages = zip(segmentation.passages, vectors).map { draft, vector in
            let bytes = Array(text.text[draft.range.start..<draft.range.end])
            let key = PassageKey(label: draft.label, text: bytes)
            let ordinal = ordinals[key, default: 0]
            ordinals[key] = ordinal + 1
            return IndexedPassage(
                id: index.keys.passageID(document: id, text: bytes, ordinal: ordinal), label: draft.label,
                text: String(decoding: bytes, as: UTF8.self), sha256: Array(SHA256.hash(data: bytes)),
                range: draft.range,
                page: draft.page, section: draft.section,
                embeddingDigest: index.keys.embeddingDigest(of: draft.embeddingText, model: index.model), vector: vector
            )
        }
        return IndexedDocument(
            id: id, path: source.file.path, sourceDigest: source.digest, title: segmentation.title,
            headings: segmentation.headings, passages: passages)
    }
}

/// Equal texts of one label in one document are told apart by an ordinal.
private struct PassageKey: Hashable {
    let label: Label
    let text: [UInt8]
}

/// Why a file is not indexed.
struct SetAsideReason: Error {
    let text: String
}

/// What became of a file.
enum IngestOutcome {
    case unchanged
    case indexed(passages: Int, embedded: Int)
}

extension IngestSummary {
    mutating func count(_ outcome: IngestOutcome, wasKnown: Bool) {
        switch outcome {
        case .unchanged:
            unchanged += 1
        case .indexed(let passages, let embedded):
            if wasKnown { updated += 1 } else { added += 1 }
            self.passages += passages
            self.embedded += embedded
        }
    }
}
