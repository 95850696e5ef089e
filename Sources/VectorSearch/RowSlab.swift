import CVectorKernels

/// Room for rows that lie one behind the other, each in two forms: as codes of one byte a component with a scale and a
/// radius, which a scan reads, and as float32, from which exact scores come; and with its key.
///
/// A row x becomes codes c, a scale s and a radius r with ‖x − s·c‖ ≤ r. All three are functions of that row alone: no
/// scale or codebook is fitted over rows (Rule 2, non-interference).
///
/// | form | bytes a row | at 384 components |
/// | --- | --- | --- |
/// | codes | `stride`: the dimension, rounded up to 64 | 384 |
/// | scale, radius | 4, 4 | 8 |
/// | key | 16 | 16 |
/// | float32 | 4 · dimension | 1,536 |
final class RowSlab: Sendable {
    /// Rows of a slab.
    static let capacity = 4_096

    let dimension: Int
    /// Bytes from the codes of one row to those of the next.
    let stride: Int
    private let codeMemory: VectorMemory
    private let vectorMemory: VectorMemory
    /// The ranges of rows that are not taken, ascending, none beside another. Its arena's lock guards them.
    nonisolated(unsafe) var free: [Range<Int>]

    init(dimension: Int) {
        self.dimension = dimension
        stride = Self.stride(dimension: dimension)
        codeMemory = VectorMemory(
            byteCount: Self.capacity * (stride + 2 * MemoryLayout<Float>.stride + MemoryLayout<RowKey>.stride))
        vectorMemory = VectorMemory(byteCount: Self.capacity * dimension * MemoryLayout<Float>.stride)
        free = [0..<Self.capacity]
    }

    static func stride(dimension: Int) -> Int { code_stride(dimension) }

    /// Bytes of one row in all forms.
    static func bytesPerRow(dimension: Int) -> Int {
        stride(dimension: dimension) + (2 + dimension) * MemoryLayout<Float>.stride + MemoryLayout<RowKey>.stride
    }

    // MARK: - Where things are

    private var codes: UnsafeMutablePointer<UInt8> { codeMemory.start.assumingMemoryBound(to: UInt8.self) }
    private var keys: UnsafeMutablePointer<RowKey> {
        (codeMemory.start + Self.capacity * stride).assumingMemoryBound(to: RowKey.self)
    }
    private var scales: UnsafeMutablePointer<Float> {
        (codeMemory.start + Self.capacity * (stride + MemoryLayout<RowKey>.stride)).assumingMemoryBound(to: Float.self)
    }
    private var radii: UnsafeMutablePointer<Float> { scales + Self.capacity }
    private var vectors: UnsafeMutablePointer<Float> { vectorMemory.start.assumingMemoryBound(to: Float.self) }

    /// The rows from one on.
    func rows(from row: Int) -> RowPointers {
        precondition(0..<Self.capacity ~= row)
        return RowPointers(
            codes: UnsafePointer(codes + row * stride), scales: UnsafePointer(scales + row),
            radii: UnsafePointer(radii + row), vectors: UnsafePointer(vectors + row * dimension),
            keys: UnsafePointer(keys + row))
    }

    // MARK: - Writing

    /// Writes a row.
    ///
    /// - Parameter vector: `dimension` components.
    /// - Returns: False where one of them is not finite.
    func write(_ row: Int, _ key: RowKey, _ vector: UnsafePointer<Float>) -> Bool {
        precondition(0..<Self.capacity ~= row)
        guard code_encode(vector, dimension, codes + row * stride, scales + row, radii + row) else { return false }
        (vectors + row * dimension).update(from: vector, count: dimension)
        keys[row] = key
        return true
    }

    /// Writes a row that another slab has.
    func write(_ row: Int, _ key: RowKey, copying source: RowPointers, row other: Int) {
        precondition(0..<Self.capacity ~= row)
        (codes + row * stride).update(from: source.codes + other * stride, count: stride)
        scales[row] = source.scales[other]
        radii[row] = source.radii[other]
        (vectors + row * dimension).update(from: source.vectors + other * dimension, count: dimension)
        keys[row] = key
    }

    func wipe(_ rows: Range<Int>) {
        func wipe(_ memory: VectorMemory, _ start: UnsafeMutableRawPointer, _ width: Int) {
            let offset = start - memory.start
            memory.wipe(offset + rows.lowerBound * width..<offset + rows.upperBound * width)
        }
        wipe(codeMemory, codes, stride)
        wipe(codeMemory, keys, MemoryLayout<RowKey>.stride)
        wipe(codeMemory, scales, MemoryLayout<Float>.stride)
        wipe(codeMemory, radii, MemoryLayout<Float>.stride)
        wipe(vectorMemory, vectors, dimension * MemoryLayout<Float>.stride)
    }
}

/// Rows of a slab that lie one behind the other, valid for as long as somebody has their chunks.
struct RowPointers: @unchecked Sendable {
    let codes: UnsafePointer<UInt8>
    let scales: UnsafePointer<Float>
    let radii: UnsafePointer<Float>
    let vectors: UnsafePointer<Float>
    let keys: UnsafePointer<RowKey>

    func advanced(by rows: Int, dimension: Int) -> RowPointers {
        RowPointers(
            codes: codes + rows * RowSlab.stride(dimension: dimension), scales: scales + rows, radii: radii + rows,
            vectors: vectors + rows * dimension, keys: keys + rows)
    }
}
