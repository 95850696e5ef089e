import CVectorKernels

/// The rows of a matrix as one byte a component, with a scale and a radius for each row: what a scan reads to choose its
/// candidates.
///
/// A row x becomes codes c, a scale s and a radius r with ‖x − s·c‖ ≤ r. All three are functions of that row alone: no
/// scale or codebook is fitted over rows (Rule 2, non-interference).
final class RowCodes: Sendable {
    /// Bytes of a row: its codes, and what is behind the last one up to the next cache line.
    let stride: Int
    let count: Int
    private let codes: VectorMemory
    /// The scales of all rows, then the radii of all rows.
    private let factors: VectorMemory

    var byteCount: Int { codes.byteCount + factors.byteCount }

    /// O(count × dimension).
    init(_ matrix: EmbeddingMatrix) {
        let (dimension, count, stride) = (matrix.dimension, matrix.count, code_stride(matrix.dimension))
        codes = VectorMemory(byteCount: count * stride)
        factors = VectorMemory(byteCount: 2 * count * MemoryLayout<Float>.stride)
        self.stride = stride
        self.count = count
        let bytes = codes.start.bindMemory(to: UInt8.self, capacity: count * stride)
        let floats = factors.start.bindMemory(to: Float.self, capacity: 2 * count)
        matrix.withRows { rows in
            for row in 0..<count {
                let isFinite = code_encode(
                    rows.baseAddress! + row * dimension, dimension, bytes + row * stride, floats + row,
                    floats + count + row)
                precondition(isFinite, "rows of a matrix are finite")
            }
        }
    }

    /// - Precondition: what is written through the pointers is nothing.
    func at(_ row: Int) -> UnsafePointer<UInt8> {
        UnsafePointer(codes.start.assumingMemoryBound(to: UInt8.self) + row * stride)
    }

    var scales: UnsafePointer<Float> { UnsafePointer(factors.start.assumingMemoryBound(to: Float.self)) }
    var radii: UnsafePointer<Float> { scales + count }
}
