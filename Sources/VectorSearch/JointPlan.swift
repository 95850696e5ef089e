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
        let members: [Member]
    }

    private(set) var pieces: [Piece] = []

    /// O(n log n) for n stretches of different plans.
    ///
    /// - Parameter plans: Of each query; all of one dimension.
    init(_ plans: [ScanPlan]) {
        // Callers of the same clearance have the same plan.
        var queries: [ObjectIdentifier: [Int]] = [:]
        var distinct: [ScanPlan] = []
        for (query, plan) in plans.enumerated() {
            if queries[ObjectIdentifier(plan)] == nil { distinct.append(plan) }
            queries[ObjectIdentifier(plan), default: []].append(query)
        }
        if distinct.count == 1 {
            let all = Array(plans.indices)
            pieces = plans[0].stretches.enumerated().map { number, stretch in
                Piece(
                    rows: stretch.rows, count: stretch.count,
                    members: all.map { Member(query: $0, stretch: number, offset: 0) })
            }
        } else {
            sweep(distinct.map { ($0, queries[ObjectIdentifier($0)] ?? []) })
        }
    }

    /// A stretch that begins or ends.
    private struct Edge {
        let address: UInt
        let isStart: Bool
        let plan: Int
        let stretch: Int
    }

    private mutating func sweep(_ plans: [(plan: ScanPlan, queries: [Int])]) {
        guard let dimension = plans.compactMap(\.plan.dimension).first else { return }
        let width = UInt(RowSlab.stride(dimension: dimension))
        var edges: [Edge] = []
        for (number, (plan, _)) in plans.enumerated() {
            for (position, stretch) in plan.stretches.enumerated() {
                let start = UInt(bitPattern: stretch.rows.codes)
                let end = start + UInt(stretch.count) * width
                edges.append(Edge(address: start, isStart: true, plan: number, stretch: position))
                edges.append(Edge(address: end, isStart: false, plan: number, stretch: position))
            }
        }
        edges.sort { $0.address < $1.address }
        /// The stretches that the address is within.
        var active: [(plan: Int, stretch: Int)] = []
        var last: UInt = 0
        for edge in edges {
            if edge.address > last, let first = active.first {
                let members = active.flatMap { plan, stretch in
                    let start = UInt(bitPattern: plans[plan].plan.stretches[stretch].rows.codes)
                    let offset = Int((last - start) / width)
                    return plans[plan].queries.map { Member(query: $0, stretch: stretch, offset: offset) }
                }
                let rows = plans[first.plan].plan.stretches[first.stretch].rows
                pieces.append(
                    Piece(
                        rows: rows.advanced(by: members[0].offset, dimension: dimension),
                        count: Int((edge.address - last) / width), members: members))
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
