import AccessControl
import Dispatch
import Labels
import Synchronization
import VectorSearch

/// Opened documents on their way into the partitions of their labels.
struct DocumentLayout: Sendable {
    /// What is gathered of one label.
    private struct Gathered: Sendable {
        var rows: PartitionBuilder
        var rowsDigest = MultisetDigest()
        var bearers = 0
    }

    /// Rows that are held as they came, at most, where memory is not to have them: 48 MiB at 384 components.
    private static let heldLimit = 32_768

    private let arena: RowArena
    private var labels: [LabelID: Gathered] = [:]
    private var held = 0
    /// The sum of the records of all documents.
    private(set) var records = MultisetDigest()
    private(set) var usedKeys: Set<DataKeyID> = []
    /// Documents that stay behind.
    private(set) var unreadable: [DocumentRecord] = []

    init(arena: RowArena) { self.arena = arena }

    mutating func add(_ document: OpenedDocument) throws {
        records += document.digest
        guard let content = document.content else { return unreadable.append(document.record) }
        usedKeys.insert(document.record.keyID)
        for label in content.labels.all { try edit(label) { $0.bearers += 1 } }
        for (label, digest) in content.rowsDigests { try edit(label) { $0.rowsDigest += digest } }
        for (position, label) in content.labels.passages.enumerated() {
            let key = content.vectors.key(position)
            try content.vectors.withVector(position) { vector in
                try edit(label) { try $0.rows.append(key, littleEndian: vector) }
            }
        }
        held += content.vectors.count
        if !arena.keepsVectors && held >= Self.heldLimit { try layOut() }
    }

    private mutating func layOut() throws {
        for label in labels.keys { try labels[label]!.rows.layOut() }
        held = 0
    }

    private mutating func edit(_ label: LabelID, _ body: (inout Gathered) throws -> Void) throws {
        if labels[label] == nil { labels[label] = Gathered(rows: try PartitionBuilder(in: arena)) }
        try body(&labels[label]!)
    }

    /// Adds what another thread gathered.
    mutating func add(_ other: consuming DocumentLayout) throws {
        if !arena.keepsVectors { try other.layOut() }
        records += other.records
        usedKeys.formUnion(other.usedKeys)
        unreadable += other.unreadable
        for (label, gathered) in other.labels {
            try edit(label) { own in
                own.bearers += gathered.bearers
                own.rowsDigest += gathered.rowsDigest
                try own.rows.append(contentsOf: gathered.rows)
            }
        }
    }

    /// Fills the partitions, each on whatever thread is free.
    ///
    /// - Parameter partitions: Of all labels, without rows.
    consuming func fill(_ partitions: inout [LabelID: LabelPartition]) throws {
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
            guard let gathered = unfinished.withLock({ $0.removeValue(forKey: ids[number]) }) else { return }
            let result = Result { try gathered.rows.finish() }
            finished.withLock { $0[ids[number]] = result }
        }
        for (id, rows) in finished.withLock({ $0 }) { partitions[id]!.rows = try rows.get() }
    }
}
