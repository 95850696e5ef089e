import Cedar
import CedarCases

/// Puts cases to both engines and finds where they differ.
package struct Comparison: Sendable {
    let official: OfficialEngine

    package init(official: OfficialEngine) {
        self.official = official
    }

    /// What a run saw; the numbers show what the cases reach.
    package struct Tally: Sendable, CustomStringConvertible {
        package var cases = 0
        package var requests = 0
        package var decided = 0
        package var allowed = 0
        /// Denied by a forbid.
        package var forbidden = 0
        package var withErrors = 0
        package var refused = 0
        package var valid = 0
        package var invalid = 0
        package var unreadable = 0
        /// Decided by a link of a template.
        package var byLink = 0
        /// Differences that are meant; see `isMeant`.
        package var meant = 0

        package var description: String {
            """
            \(cases) cases, \(requests) requests: \(unreadable) cases unreadable, \(valid) valid, \(invalid) invalid; \
            \(decided) requests decided (\(allowed) allowed, \(forbidden) forbidden, \(byLink) by links, \
            \(withErrors) with errors), \(refused) refused; \(meant) differences that are meant
            """
        }
    }

    /// Puts each case to both engines, at the same time.
    package func compare(_ drafts: [CaseDraft], _ tally: inout Tally) async throws -> [Disagreement] {
        let lines = drafts.map(\.line)
        async let theirs = official.verdicts(on: lines)
        var ours: [[String]] = []
        for (draft, line) in zip(drafts, lines) {
            ours.append(Self.verdicts(on: line, of: draft))
            await Task.yield()
        }
        var rest = try await theirs[...]
        var found: [Disagreement] = []
        for (draft, mine) in zip(drafts, ours) {
            let name = CedarString(draft.name)
            var other: [(line: String, verdict: Verdict)] = []
            while let line = rest.first {
                let verdict = try Verdict(line: line)
                // A case without a verdict of its own would leave the one of the next.
                guard verdict.name == name, other.isEmpty || verdict.request == Int64(other.count) else { break }
                other.append((line, verdict))
                rest.removeFirst()
            }
            tally.cases += 1
            tally.requests += draft.requests.count
            let verdicts = try mine.map { line throws in try Verdict(line: line) }
            tally.add(verdicts)
            if let disagreement = Self.first(draft, mine, verdicts, other, &tally) { found.append(disagreement) }
        }
        guard rest.isEmpty else {
            throw OfficialEngine.Failure(
                description: "\(rest.count) verdicts belong to no case, from \(rest.first ?? "")")
        }
        return found
    }

    /// The verdict of our engine. That the line itself cannot be read is one too: it was written to be read.
    private static func verdicts(on line: String, of draft: CaseDraft) -> [String] {
        do {
            return try PolicyCase(line: Array(line.utf8)).verdictLines()
        } catch {
            func quote(_ text: String) -> String { JSONText.string(CedarString(text)) }
            let fault = "{\"file\": \"case\", \"message\": \(quote(error.message))}"
            return ["{\"name\": \(quote(draft.name)), \"parseError\": \(fault)}"]
        }
    }

    private static func first(
        _ draft: CaseDraft, _ lines: [String], _ verdicts: [Verdict], _ other: [(line: String, verdict: Verdict)],
        _ tally: inout Tally
    ) -> Disagreement? {
        for position in 0..<max(lines.count, other.count) {
            guard let mine = verdicts.indices.contains(position) ? verdicts[position] : verdicts.last,
                let theirs = other.indices.contains(position) ? other[position] : other.last
            else { return Disagreement(kind: .request, draft: draft, ours: lines.first ?? "", theirs: "nothing") }
            guard let kind = Verdict.difference(mine, theirs.verdict) else { continue }
            let line = lines[min(position, lines.count - 1)]
            if isMeant(kind, line) {
                tally.meant += 1
                continue
            }
            return Disagreement(kind: kind, draft: draft, ours: line, theirs: theirs.line)
        }
        return nil
    }

    /// Whether our engine is stricter on purpose: it takes no context in which a key stands twice. The official one
    /// takes the last of them there, and refuses such keys in entities as ours does.
    private static func isMeant(_ kind: Disagreement.Kind, _ line: String) -> Bool {
        kind == .request && line.contains("\"file\":\"context\"") && line.contains("stands here twice")
    }
}

extension Comparison.Tally {
    fileprivate mutating func add(_ verdicts: [Verdict]) {
        guard let first = verdicts.first else { return }
        if case .unreadable = first.outcome {
            unreadable += 1
            return
        }
        if first.validates == true { valid += 1 }
        if first.validates == false { invalid += 1 }
        for verdict in verdicts {
            switch verdict.outcome {
            case .refused: refused += 1
            case .decided(let decision, let reasons, let errors):
                decided += 1
                if decision == "allow" { allowed += 1 } else if !reasons.isEmpty { forbidden += 1 }
                if errors > 0 { withErrors += 1 }
                if reasons.contains(where: { $0.utf8.starts(with: "link".utf8) }) { byLink += 1 }
            default: break
            }
        }
    }
}
