import CVectorKernels

/// The scores of a block of rows for the queries of a pass, by the BLAS library.
///
/// Memory for them is taken by the first scan that needs it.
struct LibraryScores: ~Copyable {
    private var scores = VectorMemory(byteCount: 0)
    /// The queries of the last pass, one behind the other, and their numbers.
    private var queries = VectorMemory(byteCount: 0)
    private var queriesOf: [Int] = []

    /// Multiplies rows that lie one behind the other with the queries that may read them. O(rows × dimension × members)
    ///
    /// - Parameters:
    ///   - vectors: of `count` rows, at most `ScanScratch.block`.
    ///   - queries: of the scan, all of one dimension.
    /// - Returns: The scores of each member, `count` of them, one member's behind the other's.
    mutating func multiply(
        _ vectors: UnsafePointer<Float>, count: Int, members: UnsafeBufferPointer<JointPlan.Member>,
        _ queries: [ScanQuery]
    ) -> UnsafeMutableBufferPointer<Float> {
        precondition(count <= ScanScratch.block && members.count <= ExactScan.queryLimit)
        let dimension = queries[0].vector.dimension
        if scores.byteCount == 0 {
            let capacity = ExactScan.queryLimit * ScanScratch.block
            scores = VectorMemory(byteCount: capacity * MemoryLayout<Float>.stride)
            scores.start.initializeMemory(as: Float.self, repeating: 0, count: capacity)
        }
        let products = UnsafeMutableBufferPointer(
            start: scores.start.assumingMemoryBound(to: Float.self), count: members.count * count)
        BLASLibrary.current.scores(
            of: vectors, count: count, queries: matrix(of: members, queries, dimension), members.count,
            dimension: dimension, into: products.baseAddress!)
        return products
    }

    private mutating func matrix(
        of members: UnsafeBufferPointer<JointPlan.Member>, _ all: [ScanQuery], _ dimension: Int
    ) -> UnsafePointer<Float> {
        let byteCount = ExactScan.queryLimit * dimension * MemoryLayout<Float>.stride
        if queries.byteCount < byteCount {
            clear()
            queries = VectorMemory(byteCount: byteCount)
        }
        let start = queries.start.assumingMemoryBound(to: Float.self)
        if !queriesOf.elementsEqual(members, by: { $0 == $1.query }) {
            queriesOf.removeAll(keepingCapacity: true)
            for (number, member) in members.enumerated() {
                all[member.query].vector.components.withUnsafeBufferPointer {
                    (start + number * dimension).update(from: $0.baseAddress!, count: dimension)
                }
                queriesOf.append(member.query)
            }
        }
        return UnsafePointer(start)
    }

    /// Leaves nothing of the queries and of what was computed, and nothing but numbers: some libraries compute 0 × y where
    /// they are asked to overwrite y.
    mutating func clear() {
        if queriesOf.isEmpty { return }
        scores.wipe(0..<scores.byteCount)
        queries.wipe(0..<queries.byteCount)
        queriesOf = []
    }
}
