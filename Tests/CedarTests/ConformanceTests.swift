import Cedar
import CedarCases
import Testing

@Suite(.enabled(if: ConformanceCases.arePresent, ConformanceCases.absence))
struct ConformanceTests {
    /// What a run saw and where it disagreed; the numbers show that nothing was left out.
    private struct Tally {
        var cases = 0
        var requests = 0
        var unreadable = 0
        var invalidCases = 0
        var requestsWithErrors = 0
        var disagreements: [String] = []

        mutating func add(_ other: Tally) {
            cases += other.cases
            requests += other.requests
            unreadable += other.unreadable
            invalidCases += other.invalidCases
            requestsWithErrors += other.requestsWithErrors
            disagreements += other.disagreements
        }

        /// Runs a case and compares each part of the verdict that the case says something about.
        mutating func run(_ line: [UInt8], number: Int) throws {
            let test = try PolicyCase(line: line, number: number)
            let verdict = test.run()
            cases += 1
            switch verdict {
            case .unreadable(let fault):
                unreadable += 1
                if !test.shouldFailToParse || fault.file != "policies" {
                    disagreements.append("\(test.name): \(fault.file):\(fault.line):\(fault.column): \(fault.message)")
                }
            case .answered(let validates, let answers):
                if test.shouldFailToParse { disagreements.append("\(test.name): it parses") }
                if validates == false { invalidCases += 1 }
                if let expected = test.shouldValidate, expected != validates {
                    disagreements.append("\(test.name): expected \(expected ? "valid" : "invalid")")
                }
                for (request, answer) in zip(test.requests, answers) { compare(answer, request, test.name) }
            }
        }

        private mutating func compare(
            _ answer: CaseAnswer, _ request: PolicyCase.RequestCase, _ name: CedarString
        ) {
            requests += 1
            guard case .decided(let decision, let reasons, let errors) = answer else {
                disagreements.append("\(name): \(answer)")
                return
            }
            if errors > 0 { requestsWithErrors += 1 }
            guard let expected = request.expected else { return }
            let isAsExpected =
                decision == expected.decision && (errors > 0) == expected.hasErrors
                && expected.reasons.map { $0 == Set(reasons) } ?? true
            if !isAsExpected { disagreements.append("\(name): expected \(expected), got \(answer)") }
        }
    }

    /// Runs all cases of a file over both cores.
    private func run(_ file: String) async throws -> Tally {
        let lines = try await ConformanceCases.lines(file)
        var total = Tally()
        await withTaskGroup(of: Tally.self) { group in
            let share = max(1, (lines.count + 3) / 4)
            for start in stride(from: 0, to: lines.count, by: share) {
                let part = lines[start..<min(lines.count, start + share)]
                group.addTask {
                    var tally = Tally()
                    for (index, line) in zip(part.indices, part) {
                        await Task.yield()
                        do {
                            try tally.run(line, number: index + 1)
                        } catch {
                            tally.disagreements.append("line \(index + 1): \(error)")
                        }
                    }
                    return tally
                }
            }
            for await tally in group { total.add(tally) }
        }
        return total
    }

    private func expectNone(_ found: [String]) {
        #expect(found.isEmpty, "\(found.count) disagreements:\n\(found.prefix(20).joined(separator: "\n"))")
    }

    @Test("The handwritten cases decide as the official engine does")
    func handwritten() async throws {
        let tally = try await run("handwritten.jsonl.gz")
        #expect(tally.cases == 22)
        #expect(tally.requests == 74)
        expectNone(tally.disagreements)
    }

    @Test("The generated corpus decides as the official engine does")
    func corpus() async throws {
        let tally = try await run("corpus-half.jsonl.gz")
        #expect(tally.cases == 3957)
        #expect(tally.requests == 5785)
        #expect(tally.invalidCases == 831)
        #expect(tally.requestsWithErrors == 458)
        expectNone(tally.disagreements)
    }

    @Test("The corners of the language decide as the official engine does")
    func golden() async throws {
        let tally = try await run("golden.jsonl")
        #expect(tally.cases == 135)
        #expect(tally.unreadable == 18)
        expectNone(tally.disagreements)
    }
}
