import AccessControl
import Dispatch
import Labels
import Synchronization
import VectorSearch

/// Opened documents on their way into the partitions of their labels.
struct DocumentLayout: Sendable {
    private let dimension: Int
    private var partitions: [LabelID: LabelPartition]
    private var builders: [LabelID: PartitionBuilder] = [:]
    /// The sum of the records of all documents.
    private(set) var records = MultisetDigest()
    private(set) var usedKeys: Set<DataKeyID> = []
    /// Documents that stay behind.
    private(set) var unreadable: [DocumentRecord] = []

    /// - Parameter partitions: Of all labels, without rows.
    init(dimension: Int, partitions: [LabelID: LabelPartition]) {
        self.dimension = dimension
        self.partitions = partitions
    }

    mutating func add(_ document: OpenedDocument) throws {
        records += document.digest
        guard let content = document.content else { return unreadable.append(document.record) }
        usedKeys.insert(document.record.keyID)
        for label in content.labels.all { partitions[label]!.bearers += 1 }
        for (label, digest) in content.rowsDigests { partitions[label]!.rowsDigest += digest }
        for (position, label) in content.labels.passages.enumerated() {
            if builders[label] == nil { builders[label] = try PartitionBuilder(dimension: dimension) }
            let key = content.vectors.key(position)
            try content.vectors.withVector(position) { try builders[label]!.append(key, littleEndian: $0) }
        }
    }

    /// The partitions with their rows, each laid out on whatever thread is free.
    consuming func finish() throws -> [LabelID: LabelPartition] {
        let labels = Array(builders.keys)
        let unfinished = Mutex(builders)
        builders = [:]
        let finished = Mutex<[LabelID: Result<Partition, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: labels.count) { number in
            let label = labels[number]
            guard let builder = unfinished.withLock({ $0.removeValue(forKey: label) }) else { return }
            let result = Result { try builder.finish() }
            finished.withLock { $0[label] = result }
        }
        for (label, rows) in finished.withLock({ $0 }) { partitions[label]!.rows = try rows.get() }
        return partitions
    }
}
