import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import Sealing

/// A row of `documents` and its vectors, as they lie in the file.
struct SealedDocument: Sendable {
    let record: DocumentRecord
    /// Those of a document that stays behind may be missing.
    fileprivate let vectors: Result<Data, any Error>

    /// - Parameter row: With `DocumentRecord.columns` and the vectors behind them.
    init(_ row: Row) throws {
        record = try DocumentRecord(row)
        vectors = Result { try row.data(at: 7) }
    }

    /// Bytes to open.
    var size: Int { record.labels.count + ((try? vectors.get().count) ?? 0) }
}

/// A document on its way into memory.
struct OpenedDocument: Sendable {
    struct Content: Sendable {
        let labels: DocumentLabels
        let vectors: VectorRecord
        /// Of its rows of each label.
        let rowsDigests: [(label: LabelID, digest: MultisetDigest)]
    }

    let record: DocumentRecord
    /// What stands for it in the sum of all records.
    let digest: MultisetDigest
    /// nil where it stays behind: its key or the key of one of its labels is gone.
    let content: Content?
}

/// Opens the records of documents, on any thread.
///
/// It has no hold of the file: which thread lets go of that last is not left to chance.
struct DocumentOpener: Sendable {
    private let ring: KeyRing
    private let register: Register
    private let enclave: [UInt8]
    private let keys: IndexKeys
    private let dimension: Int
    private let labels: [LabelID: LabelDigest]
    private let lost: Set<LabelID>
    private let isRestored: Bool

    /// - Parameters:
    ///   - labels: Those that there are.
    ///   - lost: Those whose keys are gone.
    init(
        keyStore: KeyStore, keys: IndexKeys, dimension: Int, labels: [LabelID: LabelDigest], lost: Set<LabelID>,
        isRestored: Bool
    ) {
        ring = keyStore.ring
        register = keyStore.register
        enclave = keyStore.enclave
        self.keys = keys.prepared()
        self.dimension = dimension
        self.labels = labels
        self.lost = lost
        self.isRestored = isRestored
    }

    func opened(_ document: SealedDocument) throws -> OpenedDocument {
        OpenedDocument(
            record: document.record, digest: document.record.digest(keys), content: try content(of: document))
    }

    private func content(of document: SealedDocument) throws -> OpenedDocument.Content? {
        let record = document.record
        guard let key = try ring.key(record.keyID) else {
            guard isRestored || register.isErased(document: record.id.description) else {
                throw IndexError.damaged(what: "the key store has no key for document \(record.id)")
            }
            return nil
        }
        let sealer = RecordSealer(enclave: enclave, owner: record.id.bytes, keyID: record.keyID, key: key)
        let labels = try record.openLabels(sealer)
        // A text whose label cannot be read is shown to nobody.
        if !lost.isEmpty && labels.all.contains(where: lost.contains) { return nil }
        let vectors = try VectorRecord(
            sealer.open(document.vectors.get(), as: .vectors, "the vectors of document \(record.id)"),
            dimension: dimension, of: record.id)
        guard vectors.count == labels.passages.count else {
            throw IndexError.damaged(what: "document \(record.id) has vectors for other passages")
        }
        guard labels.all.stretches.allSatisfy({ self.labels[$0.label] != nil }) else {
            throw IndexError.damaged(what: "document \(record.id) has a label that is missing")
        }
        let rowsDigests = labels.grouped(vectors.passages).map { label, ids in
            (label: label, digest: keys.rowsDigest(of: ids, label: self.labels[label]!))
        }
        return OpenedDocument.Content(labels: labels, vectors: vectors, rowsDigests: rowsDigests)
    }
}
