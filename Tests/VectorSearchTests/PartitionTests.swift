import TestSupport
import Testing

@testable import VectorSearch

/// Keys, rows and partitions as values: what they refuse, what they share, what an edit costs.
@Suite struct PartitionTests {
    @Test func keysOrderAsTheirBytesDo() throws {
        var random = SeededRandom(30)
        for _ in 0..<300 {
            let bytes = (0..<2).map { _ in (0..<16).map { _ in UInt8(random.below(3) * 127) } }
            let keys = try bytes.map { try #require(RowKey($0)) }
            #expect((keys[0] < keys[1]) == bytes[0].lexicographicallyPrecedes(bytes[1]))
            #expect((keys[0] == keys[1]) == (bytes[0] == bytes[1]))
            #expect(keys.map(\.bytes) == bytes)
        }
        #expect(RowKey([UInt8](repeating: 0, count: 15)) == nil)
        #expect(RowKey([UInt8](repeating: 0, count: 17)) == nil)
    }

    @Test func refusesRowsThatAreNoNumbers() throws {
        var random = SeededRandom(31)
        for bad in [Float.nan, .infinity, -.infinity, .signalingNaN] {
            for position in [0, PartitionChunk.rowLimit + 4] {
                var batch = try RowBatch(dimension: 2)
                var builder = try PartitionBuilder(dimension: 2)
                for row in 0..<PartitionChunk.rowLimit + 100 {
                    let (key, vector) = (random.key(), row == position ? [1, bad] : [1, 2])
                    try batch.append(key, vector)
                    if row < position || row == position { try builder.append(key, vector) }
                }
                #expect(throws: VectorSearchError.rowNotFinite(row: position)) { try Partition(batch) }
                let pending = builder
                #expect(throws: VectorSearchError.rowNotFinite(row: position)) { try pending.finish() }
            }
        }
    }

    @Test func refusesRowsOfAnotherDimensionAndKeysTwice() throws {
        var random = SeededRandom(32)
        var rows = try random.batch(5, dimension: 3)
        #expect(throws: VectorSearchError.rowDimension(row: 5, given: 2, expected: 3)) {
            try rows.append(random.key(), [1, 2])
        }
        #expect(throws: VectorSearchError.dimensionOutOfRange(given: 0, limit: 16_384)) {
            try RowBatch(dimension: 0)
        }
        #expect(throws: VectorSearchError.dimensionOutOfRange(given: 16_385, limit: 16_384)) {
            try Partition(dimension: 16_385)
        }
        let partition = try Partition(rows)
        #expect(throws: VectorSearchError.duplicateKey(row: 0)) { try partition.inserting(rows) }
        try rows.append(rows.keys[2], [1, 2, 3])
        #expect(throws: VectorSearchError.duplicateKey(row: 5)) { try Partition(rows) }
        let other = try random.batch(1, dimension: 4)
        #expect(throws: VectorSearchError.rowDimension(row: 0, given: 4, expected: 3)) {
            try partition.inserting(other)
        }
        var builder = try PartitionBuilder(dimension: 1)
        for row in 0..<5_000 { try builder.append(RowKey(high: UInt64(row % 4_999), low: 0), [1]) }
        let pending = builder
        #expect(throws: VectorSearchError.duplicateKey(row: PartitionChunk.rowLimit)) { try pending.finish() }
    }

    @Test(
        arguments: [0, 1, PartitionChunk.rowLimit - 1, PartitionChunk.rowLimit, PartitionChunk.rowLimit + 904],
        [0, 1, PartitionChunk.rowLimit, 2 * PartitionChunk.rowLimit + 808])
    func buildersTogetherMakeOnePartition(first: Int, second: Int) throws {
        var random = SeededRandom(34)
        var builders = [try PartitionBuilder(dimension: 2), try PartitionBuilder(dimension: 2)]
        var rows: [RowKey: [Float]] = [:]
        for row in 0..<first + second {
            let (key, vector) = (random.key(), [Float(row), 1])
            rows[key] = vector
            try builders[row < first ? 0 : 1].append(key, vector)
        }
        var whole = builders[0]
        try whole.append(contentsOf: builders[1])
        #expect(whole.count == first + second)
        let partition = try whole.finish()
        #expect(partition.count == rows.count)
        #expect(rows.allSatisfy { partition.vector(of: $0.key) == $0.value })
    }

    @Test func errorsHoldNoComponents() {
        let errors: [VectorSearchError] = [.rowNotFinite(row: 3), .queryNotFinite, .duplicateKey(row: 3)]
        for error in errors { #expect(!error.description.contains("nan") && !error.description.contains(".")) }
    }

    @Test func readsStoredRowsAtAnyAlignment() throws {
        let vector: [Float] = [1, -2.5, 0x1p-131]
        var rows = try RowBatch(dimension: 3)
        var bytes: [UInt8] = []
        for offset in 0..<8 {
            bytes = [UInt8](repeating: 9, count: offset)
            for value in vector { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
            rows = try RowBatch(dimension: 3)
            try bytes.withUnsafeBytes {
                try rows.append(RowKey(high: 1, low: 1), littleEndian: .init(rebasing: $0[offset...]))
            }
            #expect(rows.components == vector)
        }
        bytes.removeFirst(6)
        #expect(throws: VectorSearchError.rowDimension(row: 1, given: 3, expected: 3)) {
            try bytes.withUnsafeBytes { try rows.append(RowKey(high: 1, low: 2), littleEndian: $0) }
        }
    }

    @Test func rowsAreAlignedAndKept() throws {
        var random = SeededRandom(33)
        for dimension in [1, 3, 63, 64, 65, 384] {
            let rows = try random.batch(5, dimension: dimension)
            let partition = try Partition(rows)
            let chunk = partition.chunks[0]
            #expect(UInt(bitPattern: chunk.rows.coarse) % 64 == 0 && UInt(bitPattern: chunk.rows.fine) % 64 == 0)
            #expect(chunk.place.slab.half % 64 == 0)
            for (row, key) in rows.keys.enumerated() {
                let vector = Array(rows.components[row * dimension..<(row + 1) * dimension])
                #expect(partition.vector(of: key) == vector)
            }
            let (half, bits) = ((dimension + 127) / 128 * 64, (dimension + 63) / 64 * 8)
            #expect(partition.byteCount == 5 * (2 * half + bits + 32 + 4 * dimension + 1))
        }
    }

    /// An edit leaves the old generation as it was and shares what it did not touch.
    @Test func editsShareUntouchedChunks() throws {
        var random = SeededRandom(34)
        let old = try Partition(random.batch(10_000, dimension: 3))
        let added = try random.batch(10, dimension: 3)
        let new = try old.inserting(added)
        #expect(new.count == 10_010 && old.count == 10_000)
        #expect(zip(old.chunks, new.chunks).allSatisfy { $0 === $1 })

        let gone = old.chunks[1].keys[7]
        let less = new.removing([gone, random.key()])
        #expect(less.count == 10_009 && !less.contains(gone) && new.contains(gone))
        #expect(less.chunks[0] === old.chunks[0] && less.chunks[1] !== old.chunks[1])
        #expect(less.chunks[2] === old.chunks[2])
        #expect(Set(less.keys) == Set(new.keys).subtracting([gone]))
    }

    @Test func editsKeepRowsWithTheirKeys() throws {
        var random = SeededRandom(35)
        var partition = try Partition(dimension: 3)
        var model: [RowKey: [Float]] = [:]
        for _ in 0..<300 {
            if random.below(3) == 0 {
                let gone = model.keys.sorted().shuffled(using: &random).prefix(random.below(30))
                for key in gone { model[key] = nil }
                partition = partition.removing(gone)
            } else {
                let rows = try random.batch(random.below(40), dimension: 3)
                for (row, key) in rows.keys.enumerated() {
                    model[key] = Array(rows.components[row * 3..<row * 3 + 3])
                }
                partition = try partition.inserting(rows)
            }
            #expect(partition.count == model.count)
            for chunk in partition.chunks {
                #expect(zip(chunk.keys, chunk.keys.dropFirst()).allSatisfy { $0 < $1 })
            }
        }
        for (key, vector) in model { #expect(partition.vector(of: key) == vector) }
        #expect(Set(partition.keys) == Set(model.keys))
    }

    @Test func repeatedAppendsKeepChunksFew() throws {
        var random = SeededRandom(36)
        var partition = try Partition(dimension: 1)
        var rebuilt = 0
        for _ in 0..<2_000 {
            let before = Set(partition.chunks.map(ObjectIdentifier.init))
            let next = try partition.inserting(random.batch(10, dimension: 1))
            rebuilt += next.chunks.filter { !before.contains(ObjectIdentifier($0)) }.reduce(0) { $0 + $1.count }
            partition = next
        }
        #expect(partition.count == 20_000)
        #expect(partition.chunks.count <= 5 + 12)
        #expect(partition.chunks.allSatisfy { 1...PartitionChunk.rowLimit ~= $0.count })
        // A row is copied at most about log2(`rowLimit`) times, not once for each append.
        #expect(rebuilt <= 20_000 * 13)
    }

    @Test func removingMostRowsMergesWhatIsLeft() throws {
        var random = SeededRandom(37)
        let full = try Partition(random.batch(20_000, dimension: 1))
        let rest = full.removing(full.keys.filter { $0.low % 10 != 0 })
        #expect(rest.chunks.count == 1 && rest.chunks[0].count == rest.count)
        #expect(full.removing(full.keys).chunks.isEmpty)
    }

    @Test func rowsMoveToAnotherPartition() throws {
        var random = SeededRandom(38)
        let source = try Partition(random.batch(50, dimension: 3))
        let moving = Array(source.keys.prefix(7))
        let target = try Partition(in: source.arena).inserting(source.copying(moving + [random.key()]))
        #expect(Set(target.keys) == Set(moving))
        for key in moving { #expect(target.vector(of: key) == source.vector(of: key)) }
    }
}
