import AccessControl
import Dispatch
import Labels
import Synchronization
import VectorSearch

/// Opened documents on their way into the partitions of their labels, without their vectors: those that memory is to have
/// come later (`SQLiteIndex.readVectors`).
struct DocumentLayout: Sendable {
    /// What is gathered of one label.
    private struct Gathered: Sendable {
        var rows: PartitionBuilder
        /// What other threads gathered of its rows.
        var others: [PartitionBuilder] = []
        var rowsDigest = MultisetDigest()
        var bearers = 0

        mutating func finish() throws -> Partition {
            for other in others { try rows.append(contentsOf: other) }
            return try rows.finish()
        }
    }

    private let arena: RowArena
    /// Rows that are held as they came, at most: 48 MiB at 384 components, and twice that where memory is to have their
    /// vectors in the end. More of them make larger chunks.
    private let heldLimit: Int
    private var labels: [LabelID: Gathered] = [:]
    private var held = 0
    /// The sum of the records of all documents.
    private(set) var records = MultisetDigest()
    private(set) var usedKeys: Set<DataKeyID> = []
    /// Documents that stay behind.
    private(set) var unreadable: [DocumentRecord] = []

    init(arena: RowArena) {
        self.arena = arena
        heldLimit = arena.keepsVectors ? 65_536 : 32_768
    }

    mutating func add(_ document: OpenedDocument) throws {
        records += document.digest
        guard let content = document.content else { return unreadable.append(document.record) }
        usedKeys.insert(document.record.keyID)
        for (label, bearers) in content.labels.all.stretches { try edit(label) { $0.bearers += bearers.count } }
        for (label, digest) in content.rowsDigests { try edit(label) { $0.rowsDigest += digest } }
        for (label, passages) in content.labels.passages.stretches {
            var more = 0
            try edit(label) { gathered in
                let before = gathered.rows.held
                for passage in passages {
                    let key = content.vectors.key(passage)
                    try content.vectors.withVector(passage) { try gathered.rows.append(key, littleEndian: $0) }
                }
                more = gathered.rows.held - before
            }
            held += more
        }
        if held >= heldLimit { try layOut() }
    }

    private mutating func layOut() throws {
        for label in labels.keys { try labels[label]!.rows.layOut() }
        held = 0
    }

    private mutating func edit(_ label: LabelID, _ body: (inout Gathered) throws -> Void) throws {
        if labels[label] == nil { labels[label] = Gathered(rows: try PartitionBuilder(in: arena, keepsVectors: false)) }
        try body(&labels[label]!)
    }

    /// Adds what another thread gathered. Rows are put together when the partitions are filled.
    mutating func add(_ other: DocumentLayout) {
        records += other.records
        usedKeys.formUnion(other.usedKeys)
        unreadable += other.unreadable
        for (label, gathered) in other.labels {
            guard labels[label] != nil else {
                labels[label] = gathered
                continue
            }
            labels[label]!.bearers += gathered.bearers
            labels[label]!.rowsDigest += gathered.rowsDigest
            labels[label]!.others.append(gathered.rows)
        }
    }

    /// Fills the partitions, each on whatever thread is free.
    ///
    /// - Parameter partitions: Of all labels, without rows.
    mutating func fill(_ partitions: inout [LabelID: LabelPartition]) throws {
        for (id, gathered) in labels {
            partitions[id]!.bearers = gathered.bearers
            partitions[id]!.rowsDigest = gathered.rowsDigest
        }
        let ids = Array(labels.keys)
        // Each is taken out, so that its rows are not there twice for longer than it takes to lay them out.
        let unfinished = Mutex(labels)
        labels = [:]
        let finished = Mutex<[LabelID: Result<Partition, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: ids.count) { number in
            guard var gathered = unfinished.withLock({ $0.removeValue(forKey: ids[number]) }) else { return }
            let result = Result { try gathered.finish() }
            finished.withLock { $0[ids[number]] = result }
        }
        for (id, rows) in finished.withLock({ $0 }) { partitions[id]!.rows = try rows.get() }
    }
}
