import Foundation
import GRDB
import Labels
import Passages
import Sealing

/// A row of `documents`, its labels as they are sealed: they say which label each part of a document has.
///
/// The labels are sealed apart from everything else, so that a relabel seals no text again. That an older sealed form of
/// them was put back shows in the sum of all records (`IndexState`).
struct DocumentRecord {
    let row: Int64
    let id: DocumentID
    let source: DocumentID
    var sourceDigest: [UInt8]
    var generation: Int64
    let keyID: DataKeyID
    /// The sealed `DocumentLabels`.
    var labels: Data

    static let columns = "document_row, document_id, source_id, source_digest, generation, key_id, labels"
    /// The same, of a query that joins other tables.
    static let joined = columns.split(separator: ", ").map { "documents.\($0)" }.joined(separator: ", ")

    init(
        row: Int64, id: DocumentID, source: DocumentID, sourceDigest: [UInt8], generation: Int64, keyID: DataKeyID,
        labels: Data
    ) {
        self.row = row
        self.id = id
        self.source = source
        self.sourceDigest = sourceDigest
        self.generation = generation
        self.keyID = keyID
        self.labels = labels
    }

    /// - Parameter row: With `columns` before all others.
    init(_ row: Row) throws {
        self.init(
            row: try row.number(at: 0), id: try row.documentID(at: 1), source: try row.documentID(at: 2),
            sourceDigest: Array(try row.data(at: 3)), generation: try row.number(at: 4), keyID: try row.keyID(at: 5),
            labels: try row.data(at: 6))
    }

    static func fetch(_ id: DocumentID, in db: Database) throws -> DocumentRecord? {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT \(columns) FROM documents WHERE document_id = ?"),
            arguments: [Data(id.bytes)])
        return try row.map(DocumentRecord.init)
    }

    static func fetch(row: Int64, in db: Database) throws -> DocumentRecord? {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT \(columns) FROM documents WHERE document_row = ?"), arguments: [row])
        return try row.map(DocumentRecord.init)
    }

    /// The ids of its passages, in the order of the text.
    func passageIDs(in db: Database) throws -> [PassageID] {
        try Row.fetchAll(
            db.cachedStatement(sql: "SELECT passage_id FROM passages WHERE document_row = ? ORDER BY ordinal"),
            arguments: [row]
        ).map { try $0.passageID() }
    }

    /// - Parameter sealer: The document's.
    func openLabels(_ sealer: RecordSealer) throws(IndexError) -> DocumentLabels {
        try DocumentLabels(
            sealer.open(labels, as: .documentLabels, "the record of labels of document \(id)"), of: id)
    }

    /// What stands for the document in the sum of all records. The key's name stands for everything that is sealed under
    /// it once; nonce and tag stand for the labels.
    func digest(_ keys: IndexKeys) -> MultisetDigest {
        var message: [UInt8] = [1]
        message.reserveCapacity(160)
        message += id.bytes
        message += source.bytes
        message += keyID.bytes
        message.append(bigEndian: generation)
        message.append(bigEndian: row)
        message += sourceDigest
        message += labels.prefix(14)
        message += labels.suffix(Cipher.tagLength)
        return MultisetDigest(element: keys.records(message))
    }
}

/// The label of each part of a document.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 4 | number of headings |
/// | 4 | 4 | number of passages |
/// | 8 | 4 | label of the title |
/// | 12 | 4 each | labels of the headings, then of the passages, in order |
///
/// Numbers are big endian.
struct DocumentLabels: Equatable {
    var title: LabelID
    var headings: [LabelID]
    var passages: [LabelID]

    init(title: LabelID, headings: [LabelID], passages: [LabelID]) {
        self.title = title
        self.headings = headings
        self.passages = passages
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(12 + 4 * (headings.count + passages.count))
        bytes.append(bigEndian: headings.count)
        bytes.append(bigEndian: passages.count)
        for label in [title] + headings + passages { bytes.append(bigEndian: Int(label.rawValue)) }
        return bytes
    }

    init(_ payload: Data, of id: DocumentID) throws(IndexError) {
        let bytes = Array(payload)
        func number(_ index: Int) -> Int {
            bytes[4 * index..<4 * index + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        guard bytes.count >= 12, bytes.count == 12 + 4 * (number(0) + number(1)) else {
            throw .damaged(what: "the labels of document \(id)")
        }
        let (headings, passages) = (number(0), number(1))
        title = LabelID(Int64(number(2)))
        self.headings = (3..<3 + headings).map { LabelID(Int64(number($0))) }
        self.passages = (3 + headings..<3 + headings + passages).map { LabelID(Int64(number($0))) }
    }

    /// Every label that something bears, once for each thing that bears it.
    var all: [LabelID] { [title] + headings + passages }

    /// The ids of the passages by label, those of one label in their order.
    /// - Parameter ids: Of all passages, in order.
    func grouped(_ ids: [PassageID]) -> [(label: LabelID, passages: [PassageID])] {
        guard let first = passages.first else { return [] }
        // Most documents have one label.
        if passages.allSatisfy({ $0 == first }) { return [(first, ids)] }
        return Dictionary(grouping: zip(passages, ids), by: \.0).map { ($0, $1.map(\.1)) }
    }
}

extension [LabelID] {
    /// Equal labels that follow each other, once for all of them: most documents have one label, and one stretch.
    var stretches: [(label: LabelID, range: Range<Int>)] {
        var found: [(label: LabelID, range: Range<Int>)] = []
        var start = 0
        while start < count {
            let end = self[start...].firstIndex { $0 != self[start] } ?? count
            found.append((self[start], start..<end))
            start = end
        }
        return found
    }
}
