import AccessControl
import Labels
import LexicalSearch
import Passages
import Sealing
import VectorSearch

/// Gathers what one caller may read into an index of its own.
struct OracleBuilder {
    private let whole: IndexSnapshot
    private let keys: IndexKeys
    private var labels: [(id: LabelID, label: Label)] = []
    /// By their numbers in the whole index, those that labels have here.
    private var numbers: [LabelID: LabelID] = [:]
    private var partitions: [LabelID: LabelPartition] = [:]
    private var batches: [LabelID: RowBatch] = [:]
    private var documents: [StoredDocument] = []
    private var passages: [OracleIndex.Place: StoredPassage] = [:]
    private var words = LexicalIndexBuilder()
    private let arena: RowArena
    private let none: RowBatch

    init(_ whole: IndexSnapshot) throws {
        self.whole = whole
        keys = whole.keys
        arena = try RowArena(dimension: whole.dimension)
        none = try RowBatch(dimension: whole.dimension)
    }

    /// A document of which something may be read.
    ///
    /// - Parameters:
    ///   - passages: In the order of the text, each with its label in the whole index and its vector.
    ///   - labels: Labels of the whole index that its title and headings bear.
    mutating func add(
        _ document: StoredDocument, passages: [(label: LabelID, passage: StoredPassage, vector: [Float])],
        labels: [LabelID]
    ) throws {
        documents.append(document)
        var ids: [LabelID: [PassageID]] = [:]
        for label in labels { try edit(label) { $0.bearers += 1 } }
        var searched: [LexicalPassage] = []
        for (label, passage, vector) in passages {
            let own = try edit(label) { $0.bearers += 1 }
            ids[own, default: []].append(passage.id)
            try batches[own, default: none].append(RowKey(passage.id), vector)
            self.passages[OracleIndex.Place(id: passage.id, label: own)] = passage
            searched.append(
                LexicalPassage(
                    key: LexicalKey(passage.id.bytes), partition: own.partition,
                    text: SearchText.of(
                        passage.text, label: passage.label,
                        title: passage.title.map { Heading(text: $0.text, label: $0.label) }, section: passage.section))
            )
        }
        words.append(LexicalDocument(key: LexicalKey(document.id.bytes), passages: searched))
        for (label, ids) in ids {
            guard var partition = partitions[label] else { continue }
            partition.rowsDigest += keys.rowsDigest(of: ids, label: partition.digest)
            partitions[label] = partition
        }
    }

    /// - Parameter label: In the whole index.
    /// - Returns: Its number here: numbers are given in the order in which labels come.
    @discardableResult
    private mutating func edit(_ label: LabelID, _ body: (inout LabelPartition) -> Void) throws -> LabelID {
        guard let original = whole.partitions[label] else { throw IndexError.outdated }
        let own = numbers[label] ?? LabelID(Int64(numbers.count + 1))
        if numbers[label] == nil {
            numbers[label] = own
            labels.append((own, original.label))
            partitions[own] = LabelPartition(
                label: original.label, digest: original.digest, keyID: original.keyID, rows: Partition(in: arena))
        }
        body(&partitions[own]!)
        return own
    }

    consuming func finish() throws -> OracleIndex {
        for (label, batch) in batches { partitions[label]!.rows = try partitions[label]!.rows.inserting(batch) }
        let rows = IndexSnapshot(
            generation: whole.generation, arena: arena, partitions: partitions,
            labels: LabelTable(labels.map { ($0.id, $0.label) }), records: MultisetDigest(), database: whole.database,
            keyStore: whole.keyStore, keys: keys,
            scan: SharedScan(ExactScan(), on: whole.scan.pool, isShared: false), lexical: LexicalIndex([words]))
        return OracleIndex(of: whole, rows: rows, documents: documents, passages: passages)
    }
}
