import CVectorKernels

/// Codes of rows that lie far apart, copied one behind the other, so that the kernels of a scan can be put to them.
final class GatheredRows {
    let dimension: Int
    private let stride: Int
    private let memory: VectorMemory
    /// How many rows are fetched from memory at once.
    private static let fetchAhead = 12

    /// - Parameter dimension: 0 for no room at all.
    init(dimension: Int) {
        self.dimension = dimension
        stride = RowSlab.stride(dimension: dimension)
        memory = VectorMemory(
            byteCount: dimension == 0 ? 0 : ScanScratch.block * (stride + 2 * MemoryLayout<Float>.stride))
    }

    var codes: UnsafeMutablePointer<UInt8> { memory.start.assumingMemoryBound(to: UInt8.self) }
    var scales: UnsafeMutablePointer<Float> {
        (memory.start + ScanScratch.block * stride).assumingMemoryBound(to: Float.self)
    }
    var radii: UnsafeMutablePointer<Float> { scales + ScanScratch.block }

    /// Copies rows of a plan, at most a block of them. O(rows × dimension).
    func gather(_ rows: ArraySlice<BestEstimates.Row>, of plan: ScanPlan) {
        precondition(rows.count <= ScanScratch.block)
        for (number, index) in rows.indices.enumerated() {
            if index + Self.fetchAhead < rows.endIndex {
                let next = rows[index + Self.fetchAhead]
                code_fetch(plan.stretches[Int(next.stretch)].rows.codes + Int(next.row) * stride, stride)
            }
            let (source, row) = (plan.stretches[Int(rows[index].stretch)].rows, Int(rows[index].row))
            (codes + number * stride).update(from: source.codes + row * stride, count: stride)
            scales[number] = source.scales[row]
            radii[number] = source.radii[row]
        }
    }

    func wipe() { memory.wipe(0..<memory.byteCount) }
}
