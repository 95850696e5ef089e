/// Makes a case on which the engines differ smaller, for as long as they differ in the same way.
///
/// Each round draws up what could be left out, puts some of it to both engines in one go, and keeps the first that still
/// differs. Larger parts come first, and where they are needed the rounds put more at a time.
package struct Shrinker {
    private let comparison: Comparison
    /// How many cases a round puts to the engines, and how many rounds there are.
    private static let widths = (least: 16, most: 200)
    private static let rounds = 150

    package init(_ comparison: Comparison) {
        self.comparison = comparison
    }

    package func shrink(_ disagreement: Disagreement) async throws -> Disagreement {
        var best = disagreement
        var start = 0
        var width = Self.widths.least
        for _ in 0..<Self.rounds {
            let candidates = Self.candidates(for: best.draft)
            guard start < candidates.count else { break }
            var batch = Array(candidates[start..<min(candidates.count, start + width)])
            // Verdicts are told apart by the names of their cases.
            for index in batch.indices { batch[index].name = "\(disagreement.draft.name) part \(index)" }
            var tally = Comparison.Tally()
            let found = try await comparison.compare(batch, &tally)
            if let smaller = found.first(where: { $0.kind == disagreement.kind }) {
                best = smaller
                start = 0
                width = Self.widths.least
            } else {
                start += batch.count
                width = min(2 * width, Self.widths.most)
            }
        }
        best.draft.name = disagreement.draft.name
        return best
    }

    private static func candidates(for draft: CaseDraft) -> [CaseDraft] {
        var found: [CaseDraft] = []
        func add(_ change: (inout CaseDraft) -> Void) {
            var copy = draft
            change(&copy)
            found.append(copy)
        }
        if draft.schema != nil { add { $0.schema = nil } }
        let requests = draft.requests.count
        for part in halves(requests) { add { $0.requests.removeSubrange(part) } }
        for part in halves(draft.links.count) { add { $0.links.removeSubrange(part) } }
        if draft.policyText == nil {
            policies(draft, add)
        } else {
            texts(draft.policyText ?? [], add) { $0.policyText = $1 }
        }
        if draft.entityText == nil {
            entities(draft, add)
        } else {
            texts(draft.entityText ?? [], add) { $0.entityText = $1 }
        }
        for index in draft.requests.indices {
            if let text = draft.requests[index].contextText {
                texts(text, add) { $0.requests[index].contextText = $1 }
            } else {
                for part in halves(draft.requests[index].context.count) {
                    add { $0.requests[index].context.removeSubrange(part) }
                }
            }
        }
        if let schema = draft.schema {
            texts(schema, add) { $0.schema = $1 }
        }
        return found
    }

    private static func policies(_ draft: CaseDraft, _ add: ((inout CaseDraft) -> Void) -> Void) {
        for part in halves(draft.policies.count) { add { $0.removePolicies(part) } }
        for (position, policy) in draft.policies.enumerated() {
            if !policy.annotations.isEmpty { add { $0.policies[position].annotations = "" } }
            for (index, condition) in policy.conditions.enumerated() {
                add { $0.policies[position].conditions.remove(at: index) }
                for smaller in condition.body.reductions.sorted(by: { $0.text.utf8.count < $1.text.utf8.count }) {
                    add { $0.policies[position].conditions[index].body = smaller }
                }
            }
            if policy.principal != "principal" { add { $0.policies[position].principal = "principal" } }
            if policy.action != "action" { add { $0.policies[position].action = "action" } }
            if policy.resource != "resource" { add { $0.policies[position].resource = "resource" } }
        }
    }

    private static func entities(_ draft: CaseDraft, _ add: ((inout CaseDraft) -> Void) -> Void) {
        for part in halves(draft.entities.count) { add { $0.entities.removeSubrange(part) } }
        for (position, entity) in draft.entities.enumerated() {
            for part in halves(entity.attributes.count) {
                add { $0.entities[position].attributes.removeSubrange(part) }
            }
            for part in halves(entity.parents.count) { add { $0.entities[position].parents.removeSubrange(part) } }
            for part in halves(entity.tags?.count ?? 0) { add { $0.entities[position].tags?.removeSubrange(part) } }
        }
    }

    /// The text without pieces of it, long ones first.
    private static func texts(
        _ text: [Unicode.Scalar], _ add: ((inout CaseDraft) -> Void) -> Void,
        _ replace: @escaping (inout CaseDraft, [Unicode.Scalar]) -> Void
    ) {
        for part in halves(text.count) {
            var shorter = text
            shorter.removeSubrange(part)
            add { replace(&$0, shorter) }
        }
    }

    /// All of a list, its halves, their halves, down to single elements; of a long list down to its hundredths.
    private static func halves(_ count: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var size = count
        while size > 0, size >= count / 100 {
            for start in stride(from: 0, to: count, by: size) { ranges.append(start..<min(count, start + size)) }
            if size == 1 { break }
            size = (size + 1) / 2
        }
        return ranges
    }
}

extension CaseDraft {
    /// Takes policies away; links of those that stay follow their templates.
    fileprivate mutating func removePolicies(_ range: Range<Int>) {
        policies.removeSubrange(range)
        links.removeAll { range.contains($0.template) }
        for index in links.indices where links[index].template >= range.upperBound {
            links[index].template -= range.count
        }
    }
}
