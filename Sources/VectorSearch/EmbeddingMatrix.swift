import CVectorKernels

/// Immutable vectors: `count` rows of `dimension` float32 components, row-major and without padding.
///
/// The rows lie in one buffer that this object owns and that starts on a 64-byte boundary, so that a scan reads it
/// front to back. Every component is finite; that is checked once, here, and nothing behind this type checks again.
/// A matrix holds rows of one label alone, so what is kept about all its rows (`maximumNorm`) tells nothing about
/// rows of another label (Rule 2, non-interference).
package final class EmbeddingMatrix: Sendable {
    /// The largest number of components of a row.
    package static let dimensionLimit = 16_384

    /// The number of components of a row.
    package let dimension: Int
    /// The number of rows.
    package let count: Int
    /// An upper bound of the Euclidean length of every row; 0 where there are no rows.
    package let maximumNorm: Double

    private let memory: VectorMemory

    private var components: UnsafeMutablePointer<Float> { memory.start.assumingMemoryBound(to: Float.self) }

    /// The size of the rows in memory.
    package var byteCount: Int { count * dimension * MemoryLayout<Float>.stride }

    /// Makes a matrix whose rows `fill` writes. O(count × dimension).
    ///
    /// - Parameter fill: writes all `count * dimension` components of the buffer, which holds anything before.
    /// - Throws: `dimensionOutOfRange`; `rowNotFinite` for the first row that holds a NaN or an infinity.
    package init(
        dimension: Int, count: Int, fill: (UnsafeMutableBufferPointer<Float>) -> Void
    ) throws(VectorSearchError) {
        guard 1...Self.dimensionLimit ~= dimension else {
            throw .dimensionOutOfRange(given: dimension, limit: Self.dimensionLimit)
        }
        precondition(count >= 0)
        let size = count * dimension
        let memory = VectorMemory(byteCount: size * MemoryLayout<Float>.stride)
        let components = memory.start.bindMemory(to: Float.self, capacity: size)
        fill(UnsafeMutableBufferPointer(start: components, count: size))

        var largest = 0.0
        for row in 0..<count {
            let pointer = components + row * dimension
            // A float64 sum of squares of finite float32 values cannot overflow, so this is finite where the row is.
            let square = scan_fixed_order_dot(pointer, pointer, dimension)
            guard square.isFinite else { throw .rowNotFinite(row: row) }
            largest = max(largest, square)
        }
        self.dimension = dimension
        self.count = count
        self.maximumNorm = ScoreBound.normBound(squaredNorm: largest)
        self.memory = memory
    }

    /// Makes a matrix from rows one after another.
    ///
    /// - Precondition: the number of components is a multiple of `dimension`.
    package convenience init(dimension: Int, rows: [Float]) throws(VectorSearchError) {
        guard 1...Self.dimensionLimit ~= dimension else {
            throw .dimensionOutOfRange(given: dimension, limit: Self.dimensionLimit)
        }
        precondition(rows.count.isMultiple(of: dimension))
        try self.init(dimension: dimension, count: rows.count / dimension) { _ = $0.initialize(from: rows) }
    }

    /// Calls `body` with all rows: `count * dimension` components that must not be kept past the call.
    package func withRows<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeBufferPointer(start: components, count: count * dimension))
    }

    /// A copy of one row. O(dimension).
    package func row(_ index: Int) -> [Float] {
        precondition(0..<count ~= index)
        return Array(UnsafeBufferPointer(start: components + index * dimension, count: dimension))
    }
}
