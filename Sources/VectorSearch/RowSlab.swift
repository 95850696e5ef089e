import CVectorKernels

/// Room for rows that lie one behind the other, each in three forms: as codes of one byte a component with a scale and
/// two radii, which an exact scan reads, the coarse half of all and the fine half of few; as bits with a factor, which an
/// approximate one reads; and as float32, from which exact scores come, unless these are elsewhere or not there yet; and
/// with its key.
///
/// A row x becomes codes c, a scale s and a radius r with ‖x − s·c‖ ≤ r, a radius of what the coarse half leaves over
/// (`code_kernels.h`), and signs of its rotated components with a factor (`bit_kernels.h`). All of them are functions of
/// that row alone: no scale or codebook is fitted over rows (Rule 2, non-interference).
///
/// | form | bytes a row | at 384 components |
/// | --- | --- | --- |
/// | coarse half of the codes | `half`: half the dimension, rounded up to 64 | 192 |
/// | fine half | `half` | 192 |
/// | bits, in groups of eight rows | the dimension / 8, rounded up to 8 | 48 |
/// | key | 16 | 16 |
/// | scale, radius, coarse radius, factor | 4, 4, 4, 4 | 16 |
/// | float32, and whether they are there, where they are kept | 4 · dimension + 1 | 1,537 |
final class RowSlab: Sendable {
    /// Rows of a slab: at 384 components so many that what a scan reads of them fills a huge page of 2 MiB.
    static let capacity = 4_512

    let dimension: Int
    /// Bytes from the coarse half of one row's codes to that of the next, and likewise of fine halves.
    let half: Int
    let rotation: Rotation
    /// Words of the bits of a row.
    private let words: Int
    private let codeMemory: VectorMemory
    private let vectorMemory: VectorMemory?
    /// A byte a row: 1 where its vector is there. The rest of the vectors' memory is not touched.
    private let presence: VectorMemory?
    /// The ranges of rows that are not taken, ascending, none beside another. Its arena's lock guards them.
    nonisolated(unsafe) var free: [Range<Int>]

    init(_ rotation: Rotation, keepsVectors: Bool) {
        self.rotation = rotation
        dimension = rotation.dimension
        half = Self.half(dimension: dimension)
        words = bit_words(dimension)
        codeMemory = VectorMemory(
            byteCount: Self.capacity * Self.bytesPerRow(dimension: dimension, keepsVectors: false))
        vectorMemory =
            keepsVectors ? VectorMemory(byteCount: Self.capacity * dimension * MemoryLayout<Float>.stride) : nil
        presence = keepsVectors ? VectorMemory(byteCount: Self.capacity) : nil
        presence?.wipe(0..<Self.capacity)
        free = [0..<Self.capacity]
    }

    static func half(dimension: Int) -> Int { code_half(dimension) }

    /// Bytes of one row in all forms that are kept.
    static func bytesPerRow(dimension: Int, keepsVectors: Bool) -> Int {
        2 * half(dimension: dimension) + bit_words(dimension) * MemoryLayout<UInt64>.stride
            + (4 + (keepsVectors ? dimension : 0)) * MemoryLayout<Float>.stride + MemoryLayout<RowKey>.stride
            + (keepsVectors ? 1 : 0)
    }

    // MARK: - Where things are

    private var coarse: UnsafeMutablePointer<UInt8> { codeMemory.start.assumingMemoryBound(to: UInt8.self) }
    private var fine: UnsafeMutablePointer<UInt8> { coarse + Self.capacity * half }
    private var bits: UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(fine + Self.capacity * half).assumingMemoryBound(to: UInt64.self)
    }
    private var keys: UnsafeMutablePointer<RowKey> {
        UnsafeMutableRawPointer(bits + Self.capacity * words).assumingMemoryBound(to: RowKey.self)
    }
    private var scales: UnsafeMutablePointer<Float> {
        UnsafeMutableRawPointer(keys + Self.capacity).assumingMemoryBound(to: Float.self)
    }
    private var radii: UnsafeMutablePointer<Float> { scales + Self.capacity }
    private var coarseRadii: UnsafeMutablePointer<Float> { radii + Self.capacity }
    private var factors: UnsafeMutablePointer<Float> { coarseRadii + Self.capacity }
    private var vectors: UnsafeMutablePointer<Float>? { vectorMemory?.start.assumingMemoryBound(to: Float.self) }
    private var present: UnsafeMutablePointer<UInt8>? { presence?.start.assumingMemoryBound(to: UInt8.self) }

    /// The rows from one on, with the place of their vectors, whether these are there or not.
    func rows(from row: Int) -> RowPointers {
        precondition(0..<Self.capacity ~= row)
        return RowPointers(
            coarse: UnsafePointer(coarse + row * half), fine: UnsafePointer(fine + row * half),
            scales: UnsafePointer(scales + row), radii: UnsafePointer(radii + row),
            coarseRadii: UnsafePointer(coarseRadii + row), bits: UnsafePointer(bits), bitRow: row,
            factors: UnsafePointer(factors + row), vectors: vectors.map { UnsafePointer($0 + row * dimension) },
            keys: UnsafePointer(keys + row))
    }

    private func bits(of row: Int) -> UnsafeMutablePointer<UInt64> {
        UnsafeMutablePointer(mutating: rows(from: row).bits(of: 0, words: words))
    }

    // MARK: - Writing

    /// Writes a row.
    ///
    /// - Parameters:
    ///   - vector: `dimension` components.
    ///   - keepingVector: Whether it is kept, where vectors are; otherwise it can be added (`addVector`).
    /// - Returns: False where one of them is not finite.
    func write(_ row: Int, _ key: RowKey, _ vector: UnsafePointer<Float>, keepingVector: Bool) -> Bool {
        precondition(0..<Self.capacity ~= row)
        var measures = code_measures()
        guard code_encode(vector, dimension, coarse + row * half, fine + row * half, &measures) else { return false }
        scales[row] = measures.scale
        radii[row] = measures.radius
        coarseRadii[row] = measures.coarse_radius
        rotation.rotate(vector) { rotated, exponent in
            bit_encode(rotated.baseAddress!, exponent, dimension, bits(of: row), factors + row)
        }
        if keepingVector { addVector(vector, to: row) }
        keys[row] = key
        return true
    }

    /// Adds the vector of a row that was written without it. Nobody may be reading it.
    func addVector(_ vector: UnsafePointer<Float>, to row: Int) {
        precondition(0..<Self.capacity ~= row)
        guard let vectors, let present else { return }
        (vectors + row * dimension).update(from: vector, count: dimension)
        present[row] = 1
    }

    func hasVector(_ row: Int) -> Bool { present?[row] == 1 }

    /// Whether the vectors of rows are there. O(rows).
    func hasVectors(_ rows: Range<Int>) -> Bool {
        guard let present else { return false }
        return UnsafeBufferPointer(start: present + rows.lowerBound, count: rows.count).allSatisfy { $0 == 1 }
    }

    /// Writes a row that another slab has, or another place of this one, with its vector where that is there.
    func write(_ row: Int, _ key: RowKey, copying place: RowArena.Place, row other: Int) {
        precondition(0..<Self.capacity ~= row)
        let source = place.slab.rows(from: place.rows.lowerBound)
        (coarse + row * half).update(from: source.coarse + other * half, count: half)
        (fine + row * half).update(from: source.fine + other * half, count: half)
        scales[row] = source.scales[other]
        radii[row] = source.radii[other]
        coarseRadii[row] = source.coarseRadii[other]
        let (from, to) = (source.bits(of: other, words: words), bits(of: row))
        for word in 0..<words { to[word * Int(BIT_GROUP)] = from[word * Int(BIT_GROUP)] }
        factors[row] = source.factors[other]
        if place.slab.hasVector(place.rows.lowerBound + other), let from = source.vectors {
            addVector(from + other * dimension, to: row)
        }
        keys[row] = key
    }

    func wipe(_ rows: Range<Int>) {
        func wipe(_ memory: VectorMemory, _ start: UnsafeMutableRawPointer, _ width: Int) {
            let offset = start - memory.start
            memory.wipe(offset + rows.lowerBound * width..<offset + rows.upperBound * width)
        }
        wipe(codeMemory, coarse, half)
        wipe(codeMemory, fine, half)
        wipe(codeMemory, keys, MemoryLayout<RowKey>.stride)
        wipe(codeMemory, scales, MemoryLayout<Float>.stride)
        wipe(codeMemory, radii, MemoryLayout<Float>.stride)
        wipe(codeMemory, coarseRadii, MemoryLayout<Float>.stride)
        wipe(codeMemory, factors, MemoryLayout<Float>.stride)
        wipeBits(rows)
        wipeVectors(rows)
    }

    /// What was never written is not touched: it would take memory.
    private func wipeVectors(_ rows: Range<Int>) {
        guard let vectorMemory, let presence, let present else { return }
        let width = dimension * MemoryLayout<Float>.stride
        for row in rows where present[row] == 1 { vectorMemory.wipe(row * width..<(row + 1) * width) }
        presence.wipe(rows)
    }

    /// Rows of one group lie beside each other, word by word.
    private func wipeBits(_ rows: Range<Int>) {
        let group = Int(BIT_GROUP)
        var row = rows.lowerBound
        while row < rows.upperBound {
            let count = min(rows.upperBound, (row / group + 1) * group) - row
            for word in 0..<words {
                let start = UnsafeMutableRawPointer(bits(of: row) + word * group) - codeMemory.start
                codeMemory.wipe(start..<start + count * MemoryLayout<UInt64>.stride)
            }
            row += count
        }
    }
}

/// Rows of a slab that lie one behind the other, valid for as long as somebody has their chunks.
struct RowPointers: @unchecked Sendable {
    let coarse: UnsafePointer<UInt8>
    let fine: UnsafePointer<UInt8>
    let scales: UnsafePointer<Float>
    let radii: UnsafePointer<Float>
    let coarseRadii: UnsafePointer<Float>
    /// The bits of the slab, and which of its rows is the first one here.
    let bits: UnsafePointer<UInt64>
    let bitRow: Int
    let factors: UnsafePointer<Float>
    /// nil where they are not in memory.
    var vectors: UnsafePointer<Float>?
    let keys: UnsafePointer<RowKey>

    func advanced(by rows: Int, dimension: Int) -> RowPointers {
        RowPointers(
            coarse: coarse + rows * RowSlab.half(dimension: dimension),
            fine: fine + rows * RowSlab.half(dimension: dimension), scales: scales + rows, radii: radii + rows,
            coarseRadii: coarseRadii + rows, bits: bits, bitRow: bitRow + rows, factors: factors + rows,
            vectors: vectors.map { $0 + rows * dimension }, keys: keys + rows)
    }

    /// The same rows for whoever cannot rely on all vectors being there.
    func withoutVectors() -> RowPointers {
        var rows = self
        rows.vectors = nil
        return rows
    }

    /// Asks for the coarse halves of the first rows before they are needed, and for what belongs to them.
    func fetchCoarse(_ count: Int, half: Int) {
        code_fetch(coarse, count * half)
        code_fetch(scales, count * MemoryLayout<Float>.stride)
        code_fetch(coarseRadii, count * MemoryLayout<Float>.stride)
    }

    /// A row as the kernel for single rows takes it.
    func codes(of position: Int, half: Int) -> code_row {
        code_row(coarse: coarse + position * half, fine: fine + position * half)
    }

    /// Where the first word of a row's bits is; the next one is `BIT_GROUP` words behind it.
    func bits(of row: Int, words: Int) -> UnsafePointer<UInt64> {
        let group = Int(BIT_GROUP)
        return bits + (bitRow + row) / group * words * group + (bitRow + row) % group
    }
}
