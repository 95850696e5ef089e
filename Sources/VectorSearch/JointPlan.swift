/// The stretches of several plans, cut so that each piece is read once, for those queries that may read all of it and for
/// no others.
struct JointPlan {
    /// A query that may read a piece, and where that lies in the query's own plan.
    struct Member {
        let query: Int
        let stretch: Int
        /// The first row of the piece, counted from the first of the stretch.
        let offset: Int
    }

    struct Piece {
        let rows: RowPointers
        let count: Int
        /// Memory that is there while the piece is looked at: a scan of many small stretches counts no references.
        let members: UnsafeBufferPointer<Member>
    }

    /// The different plans, each with its queries: callers of the same clearance have the same plan.
    private var plans: [(plan: ScanPlan, queries: [Int])] = []

    /// - Parameter plans: Of each query; all of one dimension.
    init(_ plans: [ScanPlan]) {
        var positions: [ObjectIdentifier: Int] = [:]
        for (query, plan) in plans.enumerated() {
            if let position = positions[ObjectIdentifier(plan)] {
                self.plans[position].queries.append(query)
            } else {
                positions[ObjectIdentifier(plan)] = self.plans.count
                self.plans.append((plan, [query]))
            }
        }
    }

    /// Calls `body` with one piece after another, in the order in which they lie in memory. The list of members is the
    /// same memory each time, so a plan of many small stretches allocates nothing for them.
    ///
    /// O(n) for one plan of n stretches, O(n log n) for n stretches of different plans.
    ///
    /// - Parameters:
    ///   - ahead: how many rows of the next stretches are fetched before they are needed, where there is one plan: the
    ///     processor does not know where the next one lies, and would wait for it once for each label.
    ///   - fetch: asks for rows, the given number of them.
    func forEachPiece(
        ahead: Int = 0, fetch: (RowPointers, Int) -> Void = { _, _ in }, _ body: (Piece) -> Void
    ) {
        if plans.count == 1 { stretches(of: plans[0], ahead: ahead, fetch, body) } else { sweep(body) }
    }

    private func stretches(
        of one: (plan: ScanPlan, queries: [Int]), ahead: Int, _ fetch: (RowPointers, Int) -> Void,
        _ body: (Piece) -> Void
    ) {
        let stretches = one.plan.stretches
        var members: [Member] = []
        // The first stretch that nothing was fetched of, and the rows that were, of those behind this one.
        var (next, fetched) = (0, 0)
        for (number, stretch) in stretches.enumerated() {
            if next <= number { next = number + 1 } else { fetched -= min(stretch.count, ahead) }
            while fetched < ahead, next < stretches.count {
                let count = min(stretches[next].count, ahead)
                fetch(stretches[next].rows, count)
                fetched += count
                next += 1
            }
            members.removeAll(keepingCapacity: true)
            for query in one.queries { members.append(Member(query: query, stretch: number, offset: 0)) }
            members.withUnsafeBufferPointer {
                body(Piece(rows: stretch.rows, count: stretch.count, members: $0))
            }
        }
    }

    /// A stretch that begins or ends.
    private struct Edge {
        let address: UInt
        let isStart: Bool
        let plan: Int
        let stretch: Int
    }

    private func edges(width: UInt) -> [Edge] {
        var edges: [Edge] = []
        for (number, (plan, _)) in plans.enumerated() {
            for (position, stretch) in plan.stretches.enumerated() {
                let start = UInt(bitPattern: stretch.rows.coarse)
                let end = start + UInt(stretch.count) * width
                edges.append(Edge(address: start, isStart: true, plan: number, stretch: position))
                edges.append(Edge(address: end, isStart: false, plan: number, stretch: position))
            }
        }
        return edges.sorted { $0.address < $1.address }
    }

    private func sweep(_ body: (Piece) -> Void) {
        guard let dimension = plans.compactMap(\.plan.dimension).first else { return }
        let width = UInt(RowSlab.half(dimension: dimension))
        /// The stretches that the address is within.
        var active: [(plan: Int, stretch: Int)] = []
        var members: [Member] = []
        var last: UInt = 0
        for edge in edges(width: width) {
            if edge.address > last, let first = active.first {
                members.removeAll(keepingCapacity: true)
                for (plan, stretch) in active {
                    let start = UInt(bitPattern: plans[plan].plan.stretches[stretch].rows.coarse)
                    let offset = Int((last - start) / width)
                    for query in plans[plan].queries {
                        members.append(Member(query: query, stretch: stretch, offset: offset))
                    }
                }
                let rows = plans[first.plan].plan.stretches[first.stretch].rows
                members.withUnsafeBufferPointer {
                    body(
                        Piece(
                            rows: rows.advanced(by: $0[0].offset, dimension: dimension),
                            count: Int((edge.address - last) / width), members: $0))
                }
            }
            last = edge.address
            if edge.isStart {
                active.append((edge.plan, edge.stretch))
            } else {
                active.removeAll { $0 == (edge.plan, edge.stretch) }
            }
        }
    }
}
