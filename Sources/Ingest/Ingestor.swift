import Crypto
package import Enclaves
import Foundation
package import IndexStore
import Labels
import Passages
package import TextEmbedding

/// Brings an index to the state of an enclave's documents folder.
package struct Ingestor: Sendable {
    /// Part of every content digest: a change to extraction, inspection or segmentation makes every document anew.
    private static let pipelineVersion = "4"
    /// Tokens that one passage repeats of the one before, where a run of text had to be split.
    private static let overlapTokens = 32

    let enclave: Enclave
    let index: SQLiteIndex
    let embedder: any Embedder
    let folder: DocumentFolder
    private let extractor: TextExtractor
    private let segmenter: Segmenter
    private let embeddingText: EmbeddingText

    package init(enclave: Enclave, index: SQLiteIndex, embedder: any Embedder) {
        self.enclave = enclave
        self.index = index
        self.embedder = embedder
        let limits = ExtractionLimits(enclave.settings.ingest)
        folder = DocumentFolder(url: enclave.documents, limits: limits)
        extractor = TextExtractor(limits: limits)
        embeddingText = EmbeddingText(embedder)
        segmenter = Segmenter(embeddingText: embeddingText, overlapTokens: Self.overlapTokens)
    }

    /// Takes up what changed in the folder; see `IngestPass`.
    ///
    /// - Parameter isDryRun: Whether only to find out what would change.
    /// - Throws: Only what makes going on pointless, such as a full disk.
    package func ingest(
        _ scope: IngestScope = .everything, isDryRun: Bool = false, takes: Bool = false,
        _ report: @escaping @Sendable (IngestProgress) -> Void = { _ in }
    ) async throws -> IngestSummary {
        var pass = IngestPass(ingestor: self, scope: scope, isDryRun: isDryRun, takes: takes)
        return try await pass.run(report)
    }

    /// The straight line of a document, up to its vectors: label → passages → ids → names.
    func document(_ member: ExtractedMember, of source: Source) throws(SetAsideReason) -> DraftDocument {
        let labelled = try label(member, of: source)
        let segmentation = segmenter.segment(
            labelled.text, blocks: labelled.blocks, fallbackTitle: labelled.fallbackTitle)
        guard !segmentation.passages.isEmpty else {
            throw SetAsideReason(text: "has headings but no text below them; nothing in it could be cited")
        }
        return distinguished(assemble(member, of: source, labelled, segmentation))
    }
}

// MARK: - The steps

extension Ingestor {
    /// A file with everything that shapes what becomes of it.
    struct Source {
        let file: SourceFile
        let sidecar: [UInt8]?
        let layout: RecordLayout?
        let id: DocumentID
        let contentDigest: [UInt8]
        let labelDigest: [UInt8]
    }

    /// A file of the folder, or one that the index took out of it.
    func read(_ path: String) async throws -> Source {
        do throws(ExtractionError) {
            return source(try folder.read(path), sidecar: try folder.sidecar(of: path))
        } catch .missing {
            guard let taken = try await index.takenSource(index.keys.documentID(path: ByteText(path))) else {
                throw SetAsideReason(text: ExtractionError.missing.description)
            }
            return source(
                SourceFile(path: path, url: folder.url.appending(path: path), bytes: taken.bytes),
                sidecar: taken.sidecar)
        } catch {
            throw SetAsideReason(text: error.description)
        }
    }

    private func source(_ file: SourceFile, sidecar: [UInt8]?) -> Source {
        let layout = enclave.recordLayout(path: ByteText(file.path))
        let keys = index.keys
        return Source(
            file: file, sidecar: sidecar, layout: layout, id: keys.documentID(path: ByteText(file.path)),
            contentDigest: keys.sourceDigest(
                parts: [Array(Self.pipelineVersion.utf8), Array(index.model.utf8), file.bytes]
                    + (layout?.parts ?? [])),
            labelDigest: keys.sourceDigest(
                parts: [Array(enclave.labelVersion.utf8), sidecar.map { [1] + $0 } ?? [0]]))
    }

    func extract(_ source: Source) async throws(SetAsideReason) -> ExtractedFile {
        do {
            return try await extractor.extract(source.file, records: source.layout)
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
        /// That the document bears, in milliseconds since 1970.
        let date: Int64?
    }

    func label(_ member: ExtractedMember, of source: Source) throws(SetAsideReason) -> LabelledDocument {
        do {
            let document = member.document
            let rules = enclave.labelRules
            let frontMatter = try document.frontMatter.map {
                try enclave.attributeReader.frontMatter(Array($0.utf8), metadataKeys: rules.metadataKeys)
            }
            let sidecar = try source.sidecar.map {
                try enclave.attributeReader.sidecar($0, metadataKeys: rules.metadataKeys)
            }
            let record = try source.layout.map { try enclave.attributeReader.record(member.fields, layout: $0) }
            // What is attached to a message was written by its sender, so it loosens nothing, whatever a rule allows.
            let isAttachment = member.name != nil && source.layout == nil
            let labeling = try rules.labeling(
                path: ByteText(source.file.path), frontMatter: isAttachment ? [:] : frontMatter?.values ?? [:],
                sidecar: sidecar?.values ?? [:], record: isAttachment ? frontMatter?.values ?? [:] : record ?? [:])
            let name = member.name ?? source.file.path.split(separator: "/").last.map(String.init) ?? source.file.path
            let title = frontMatter?.title ?? document.extracted.metadataTitle ?? name
            try CardholderDataCheck(
                path: DocumentPlace(path: source.file.path, member: member.name).description, title: title,
                frontMatter: document.frontMatter, sidecar: source.sidecar, fields: member.fields
            ).inspect(document.extracted)
            return LabelledDocument(
                text: document.extracted, labeling: labeling,
                blocks: try BlockLabeler(scheme: rules.scheme, labeling: labeling).label(document.extracted),
                fallbackTitle: Heading(text: title, label: labeling.documentLabel),
                date: (sidecar?.date ?? frontMatter?.date ?? document.date)?.instant)
        } catch {
            // Extraction, metadata and labelling errors all say what is wrong without repeating the text.
            throw SetAsideReason(text: "\(error)")
        }
    }

    private func assemble(
        _ member: ExtractedMember, of source: Source, _ labelled: LabelledDocument, _ segmentation: Segmentation
    ) -> DraftDocument {
        let place = DocumentPlace(path: source.file.path, member: member.name)
        let id = index.keys.documentID(place)
        var ordinals: [PassageKey: Int] = [:]
        let passages = segmentation.passages.map { draft in
            let bytes = Array(labelled.text.text[draft.range.start..<draft.range.end])
            let key = PassageKey(label: draft.label, text: bytes)
            let ordinal = ordinals[key, default: 0]
            ordinals[key] = ordinal + 1
            return IndexedPassage(
                id: index.keys.passageID(document: id, text: bytes, ordinal: ordinal), label: draft.label,
                text: String(decoding: bytes, as: UTF8.self), sha256: Array(SHA256.hash(data: bytes)),
                range: draft.range, page: draft.page, section: draft.section,
                embeddingDigest: index.keys.embeddingDigest(of: draft.embeddingText, model: index.model))
        }
        return DraftDocument(
            document: IndexedDocument(
                id: id, source: source.id, place: place, sourceDigest: digest(of: member, of: source),
                date: labelled.date, title: segmentation.title, headings: segmentation.headings, passages: passages),
            embeddingTexts: segmentation.passages.map(\.embeddingText))
    }

    /// The draft with labels of its own for what policies name now, and what is embedded under these.
    func distinguished(_ draft: DraftDocument) -> DraftDocument {
        let document = index.distinguished(draft.document)
        var (texts, digests) = (draft.embeddingTexts, document.passages.map(\.embeddingDigest))
        for (place, passage) in document.passages.enumerated()
        where passage.label != draft.document.passages[place].label {
            texts[place] = embeddingText.of(
                passage.text, label: passage.label, title: document.title,
                section: passage.section.map { document.headings[$0] })
            digests[place] = index.keys.embeddingDigest(of: texts[place], model: index.model)
        }
        return DraftDocument(document: document.with(embeddingDigests: digests), embeddingTexts: texts)
    }

    /// Of everything that shapes a document of a file.
    func digest(of member: ExtractedMember, of source: Source) -> [UInt8] {
        guard let name = member.name else {
            return index.keys.sourceDigest(parts: [source.contentDigest, source.labelDigest])
        }
        // What the rest of the file says is no part of it.
        let fields = member.fields.sorted { ByteText($0.key) < ByteText($1.key) }
            .flatMap { [$0.key, "\($0.value)"] }
        let document = member.document
        let extracted = document.extracted
        let date = document.date.map { "\($0.instant ?? .min)" } ?? "\0"
        let texts = [Self.pipelineVersion, index.model, name, document.frontMatter ?? "\0", date] + fields
        return index.keys.sourceDigest(
            parts: texts.map { Array($0.utf8) }
                + [Array((extracted.metadataTitle ?? "\0").utf8), extracted.text, source.labelDigest]
                + (source.layout?.parts ?? []))
    }
}

/// A document that lacks nothing but the vectors of its passages, under the labels that it has by its names.
struct DraftDocument {
    let document: IndexedDocument
    /// What is embedded for each passage.
    let embeddingTexts: [String]
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

extension RecordLayout {
    /// Everything that shapes what is read out of a record.
    fileprivate var parts: [[UInt8]] {
        ([id, title ?? "\0"] + text + attributes.sorted { $0.key < $1.key }.map { "\($0.key)\0\($0.value)" }
            + metadata.sorted { ByteText($0) < ByteText($1) }).map { Array($0.utf8) }
    }
}
