import CVectorKernels

/// A query that was checked: every component is a finite number.
package struct QueryVector: Sendable {
    /// The components.
    package let components: [Float]
    /// An upper bound of the Euclidean length.
    let norm: Double
    /// The same in bytes, for the scan of codes.
    let planes: QueryPlanes

    /// The number of components.
    package var dimension: Int { components.count }

    /// Checks a query. O(dimension).
    ///
    /// - Throws: `dimensionOutOfRange`, `queryNotFinite`.
    package init(_ components: [Float]) throws(VectorSearchError) {
        guard 1...RowArena.dimensionLimit ~= components.count else {
            throw .dimensionOutOfRange(given: components.count, limit: RowArena.dimensionLimit)
        }
        let square = FixedOrderKernel.dot(components, components)
        guard square.isFinite else { throw .queryNotFinite }
        self.components = components
        norm = ScoreBound.normBound(squaredNorm: square)
        planes = QueryPlanes(components, norm: norm)
    }
}

/// The one source of scores that leave the room (see `scan_kernels.h`, which defines its order of operations).
package enum FixedOrderKernel {
    /// The inner product of two vectors of the same dimension, in float64 and in one fixed order of additions: the
    /// same bits on every machine and beside any other rows (Rule 2, non-interference). O(dimension).
    package static func dot(_ left: [Float], _ right: [Float]) -> Double {
        precondition(left.count == right.count)
        return left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                left.isEmpty ? 0 : scan_fixed_order_dot(left.baseAddress!, right.baseAddress!, left.count)
            }
        }
    }

    /// The inner product of a query and a row of as many components. O(dimension).
    static func dot(_ query: QueryVector, _ row: UnsafePointer<Float>) -> Double {
        query.components.withUnsafeBufferPointer { scan_fixed_order_dot($0.baseAddress!, row, $0.count) }
    }
}
