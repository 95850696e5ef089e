import Foundation
import VectorSearch

extension SyntheticEnclave {
    /// The rows of each label, outside of the index. A row's key is its label and its number under the label.
    func partitions() throws -> [Partition] {
        let arena = try RowArena(dimension: Self.dimension)
        return try labelRows.indices.map { label in
            var builder = try PartitionBuilder(in: arena)
            for row in 0..<labelRows[label] {
                try builder.append(
                    RowKey(high: UInt64(label), low: UInt64(row)), vector(label: label, row: row))
            }
            return try builder.finish()
        }
    }

    /// The key of the row at a position where all rows stand in one list, label by label; nil beyond its end.
    func key(at position: Int) -> RowKey? {
        var row = position
        for (label, count) in labelRows.enumerated() where row >= 0 {
            if row < count { return RowKey(high: UInt64(label), low: UInt64(row)) }
            row -= count
        }
        return nil
    }
}
