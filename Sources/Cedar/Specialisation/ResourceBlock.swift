import Synchronization

/// Numbers the values that resources have in the columns of a plan, so that equal values are recognised by their number.
///
/// All blocks that are decided together come from the same interner. It only grows.
public final class ResourceInterner: Sendable {
    /// The type of all resources.
    public let type: EntityTypeName
    private let entities: Entities
    private let attributes: [CedarString]
    private let columns: Mutex<[Column]>

    /// The number that stands for an attribute that is not there.
    static let absent: Int32 = 0

    private struct Column {
        var numbers: [Value: Int32] = [:]
        /// For the column of the identity: by what is the resource or above it.
        var closures: [Set<EntityUID>: [EntityUID: Int32]] = [:]
        var count = 1

        mutating func number(of value: Value) -> Int32 {
            if let number = numbers[value] { return number }
            defer { count += 1 }
            numbers[value] = Int32(count)
            return Int32(count)
        }

        mutating func number(of record: Entities.Record) -> Int32 {
            let uid = record.entity.uid
            if let number = closures[record.ancestors]?[uid] { return number }
            defer { count += 1 }
            closures[record.ancestors, default: [:]][uid] = Int32(count)
            return Int32(count)
        }
    }

    /// - Parameter entities: What the resources refer to; the same store as in every request.
    public init(plan: PolicyPlan, type: EntityTypeName, entities: Entities) {
        self.type = type
        self.entities = entities
        attributes = plan.columns.attributes
        columns = Mutex(Array(repeating: Column(), count: plan.columns.count))
    }

    /// A block of at most 64 resources. The store has none of them, and nothing below them.
    ///
    /// - Throws: `duplicate` for one that is in the store; `nonconforming` for one of another type.
    public func block(_ resources: [Entity]) throws(EntityError) -> ResourceBlock {
        try block(ResourceBlock(columns: attributes.count + 1), adding: resources)
    }

    /// The block with more resources behind its own, which keep their places.
    public func block(_ block: ResourceBlock, adding resources: [Entity]) throws(EntityError) -> ResourceBlock {
        var records = block.records
        records.reserveCapacity(block.count + resources.count)
        for resource in resources {
            guard resource.uid.type == type else { throw .nonconforming(resource.uid, "is not of the type \(type)") }
            records.append(try entities.record(adding: resource))
        }
        return columns.withLock { columns in
            ResourceBlock(block, growingTo: records) { record, column in
                if column == ResourceColumns.identity { return columns[column].number(of: record) }
                guard let value = record.attributes[attributes[column - 1]] else { return Self.absent }
                return columns[column].number(of: value)
            }
        }
    }

    /// How many numbers each column has, the one of what is absent included.
    var counts: [Int] { columns.withLock { $0.map(\.count) } }

    /// The numbers that values have in a column; values that no resource has have none.
    func numbers(of values: some Sequence<Value>, column: Int) -> [Int32] {
        columns.withLock { columns in values.compactMap { columns[column].numbers[$0] } }
    }
}

/// Up to 64 resources that are decided together.
public final class ResourceBlock: Sendable {
    public static let capacity = 64

    let records: [Entities.Record]
    /// By column, with room for as many resources as there can be, then by resource.
    private let numbers: [Int32]
    /// By column: the highest number.
    let highest: [Int32]

    public var count: Int { records.count }

    /// One bit for each resource, the first in the lowest.
    public var all: UInt64 { count == Self.capacity ? .max : (1 << UInt64(count)) - 1 }

    /// The block without resources.
    fileprivate init(columns: Int) {
        records = []
        numbers = Array(repeating: 0, count: columns * Self.capacity)
        highest = Array(repeating: 0, count: columns)
    }

    /// - Parameter records: Those of `other`, with more behind them.
    fileprivate init(
        _ other: ResourceBlock, growingTo records: [Entities.Record], number: (Entities.Record, _ column: Int) -> Int32
    ) {
        precondition(records.count <= Self.capacity)
        var (numbers, highest) = (other.numbers, other.highest)
        for column in highest.indices {
            for row in other.count..<records.count {
                let number = number(records[row], column)
                numbers[column * Self.capacity + row] = number
                highest[column] = max(highest[column], number)
            }
        }
        (self.records, self.numbers, self.highest) = (records, numbers, highest)
    }

    /// The number that a resource has in a column.
    func number(column: Int, row: Int) -> Int32 { numbers[column * Self.capacity + row] }
}
