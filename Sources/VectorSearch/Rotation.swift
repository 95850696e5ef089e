import CVectorKernels

/// The rotation of approximate mode for one dimension: the same on every machine and for every index, so that nothing
/// in it tells about rows (Rule 2, non-interference).
final class Rotation: Sendable {
    let dimension: Int
    private let table: [Float]

    init(dimension: Int) {
        self.dimension = dimension
        table = [Float](unsafeUninitializedCapacity: bit_rotation_size(dimension)) { buffer, count in
            bit_rotation(dimension, buffer.baseAddress!)
            count = bit_rotation_size(dimension)
        }
    }

    /// Calls `body` with the rotated components and the power of two that they are to be multiplied by. They must not
    /// be kept past the call. O(dimension · log dimension).
    ///
    /// - Parameter vector: `dimension` finite components.
    func rotate<Result>(
        _ vector: UnsafePointer<Float>, _ body: (UnsafeBufferPointer<Float>, _ exponent: Int32) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * dimension) { memory in
            let rotated = memory.baseAddress!
            let exponent = bit_rotate(table, vector, dimension, rotated, rotated + dimension)
            return body(UnsafeBufferPointer(rebasing: memory[..<dimension]), exponent)
        }
    }
}
