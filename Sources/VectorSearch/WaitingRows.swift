import CVectorKernels

/// The rows of each query of a scan that can be among its best by their coarse halves, until they are looked at whole,
/// many at a time: their fine halves are on their way from memory meanwhile, and the most promising of them rule out many
/// of the others.
///
/// When a row is looked at depends on what else was read before; what becomes of it does not. Its interval ends with the
/// lower one of its two upper bounds, so whether it is a candidate in the end is a matter of the last threshold alone, which
/// is a function of the query and of the rows scanned (Rule 2, non-interference). In company the BLAS library can give
/// tighter intervals of the same scores (`CandidateSource`): then there are other candidates, and the same answer.
struct WaitingRows: ~Copyable {
    /// What is known of a row besides its codes.
    struct Row {
        /// What its score can reach, by its coarse half.
        let upper: Double
        let scale: Float
        let radius: Float
        /// Its place in the plan.
        let stretch: UInt32
        let row: UInt32
    }

    /// Of one query.
    private static let limit = 256

    /// Of each query, one query's behind the other's.
    private let codes: UnsafeMutablePointer<code_row>
    private let rows: UnsafeMutablePointer<Row>
    private let counts: UnsafeMutablePointer<Int>
    /// Of those of one query that still wait while they are looked at: upper bounds and places.
    private let uppers: UnsafeMutablePointer<Double>
    private let places: UnsafeMutablePointer<UInt32>
    /// The places of those that are looked at now, and their sums with both planes of the query.
    private let leading: UnsafeMutablePointer<UInt32>
    private let sums: UnsafeMutablePointer<Int32>

    init() {
        codes = .allocate(capacity: ExactScan.queryLimit * Self.limit)
        rows = .allocate(capacity: ExactScan.queryLimit * Self.limit)
        counts = .allocate(capacity: ExactScan.queryLimit)
        uppers = .allocate(capacity: Self.limit)
        places = .allocate(capacity: Self.limit)
        leading = .allocate(capacity: Self.limit)
        sums = .allocate(capacity: 2 * Self.limit)
        clear(queries: ExactScan.queryLimit)
    }

    deinit {
        codes.deallocate()
        rows.deallocate()
        counts.deallocate()
        uppers.deallocate()
        places.deallocate()
        leading.deallocate()
        sums.deallocate()
    }

    /// - Returns: Whether there is no room for another one.
    func add(_ code: code_row, _ row: Row, of query: Int) -> Bool {
        let place = query * Self.limit + counts[query]
        codes[place] = code
        rows[place] = row
        counts[query] += 1
        return counts[query] == Self.limit
    }

    /// Offers the rows of a query that wait, the most promising ones first, and none that its threshold rules out.
    func settle(_ query: Int, _ prepared: ScanScratch.Prepared, _ kernel: CodeKernel, into top: inout TopK) {
        let (codes, rows) = (codes + query * Self.limit, rows + query * Self.limit)
        let bound = prepared.bound
        var left = counts[query]
        for place in 0..<left {
            uppers[place] = rows[place].upper
            places[place] = UInt32(place)
        }
        while left > 0 {
            let count = code_leading(uppers, places, &left, top.threshold, leading)
            precondition(count > 0 || left == 0, "rows that can be among the best are looked at")
            code_sums(kernel.variant, codes, leading, count, prepared.half, prepared.planes, sums)
            for number in 0..<count {
                let row = rows[Int(leading[number])]
                let sum = 254 * Double(sums[number]) + Double(sums[count + number])
                let (scale, reach) = (Double(row.scale), Double(row.radius) * bound.reach)
                top.offer(
                    TopK.Candidate(
                        lower: scale * (sum * bound.step - bound.spread) - reach,
                        upper: min(row.upper, scale * (sum * bound.step + bound.spread) + reach),
                        stretch: row.stretch, row: row.row))
            }
        }
        counts[query] = 0
    }

    /// Clears what is known of the rows of the first queries.
    func clear(queries: Int) {
        codes.initialize(repeating: code_row(), count: queries * Self.limit)
        rows.initialize(
            repeating: Row(upper: 0, scale: 0, radius: 0, stretch: 0, row: 0), count: queries * Self.limit)
        counts.initialize(repeating: 0, count: queries)
        uppers.initialize(repeating: 0, count: Self.limit)
        places.initialize(repeating: 0, count: Self.limit)
        leading.initialize(repeating: 0, count: Self.limit)
        sums.initialize(repeating: 0, count: 2 * Self.limit)
    }
}
