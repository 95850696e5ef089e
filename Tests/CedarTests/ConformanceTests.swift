import Testing

@testable import Cedar

@Suite(.enabled(if: ConformanceCases.arePresent, ConformanceCases.absence))
struct ConformanceTests {
    /// Runs all cases of a file over both cores and counts what it saw.
    private func run(_ file: String) async throws -> Tally {
        let lines = try await ConformanceCases.lines(file)
        var total = Tally()
        await withTaskGroup(of: Tally.self) { group in
            let share = (lines.count + 3) / 4
            for start in stride(from: 0, to: lines.count, by: max(1, share)) {
                let part = Array(lines[start..<min(lines.count, start + share)])
                group.addTask {
                    var tally = Tally()
                    for line in part {
                        tally.cases += 1
                        do {
                            try Self.run(line, &tally)
                        } catch {
                            tally.disagreements.append("\(String(decoding: line.prefix(80), as: UTF8.self)): \(error)")
                        }
                    }
                    return tally
                }
            }
            for await tally in group { total.add(tally) }
        }
        return total
    }

    /// What a run saw and where it disagreed; the numbers show that nothing was left out.
    private struct Tally {
        var cases = 0
        var requests = 0
        var invalidCases = 0
        var requestsWithErrors = 0
        var disagreements: [String] = []

        mutating func add(_ other: Tally) {
            cases += other.cases
            requests += other.requests
            invalidCases += other.invalidCases
            requestsWithErrors += other.requestsWithErrors
            disagreements += other.disagreements
        }
    }

    private static func run(_ line: [UInt8], _ tally: inout Tally) throws {
        let test = try ConformanceCase(line: line)
        let schema = try Schema(parsing: try test.text("schema"))
        let policies = try PolicySet(parsing: try test.text("policies"))
        let entities = try Entities(try #require(test.document["entities"]), in: test.source, schema: schema)
        let authorizer = Authorizer(policies: policies)
        let validation = Validator(schema: schema).validate(policies)
        if validation.isValid != test.shouldValidate {
            tally.disagreements.append(
                "\(test.name): expected \(test.shouldValidate ? "valid" : "invalid"), got \(validation.errors)")
        }
        if !validation.isValid { tally.invalidCases += 1 }
        for json in test.requests {
            tally.requests += 1
            let request = try test.request(json, schema: schema)
            if case .bool(true)? = json["validateRequest"]?.kind {
                do {
                    try Conformance(schema: schema).check(request)
                } catch {
                    tally.disagreements.append("\(test.name): request refused: \(error)")
                }
            }
            let response = authorizer.authorize(request, entities: entities)
            if !response.errors.isEmpty { tally.requestsWithErrors += 1 }
            let actual = outcome(response)
            let expected = outcome(
                decision: try #require(json["decision"]?.string).description,
                reasons: (json["reason"]?.elements ?? []).compactMap { $0.string?.description },
                hasErrors: !(json["errors"]?.elements ?? []).isEmpty)
            if actual != expected { tally.disagreements.append("\(test.name): expected \(expected), got \(actual)") }
        }
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
        let lines = try await ConformanceCases.lines("golden.jsonl")
        #expect(lines.count == 135)
        var found: [String] = []
        for line in lines {
            let test = try ConformanceCase(line: line)
            let policies = try test.text("policies")
            let expected = try #require(test.document["expect"]?.string).description
            guard let set = try? PolicySet(parsing: policies) else {
                if expected != "parseError" {
                    found.append("does not parse: \(String(decoding: policies, as: UTF8.self))")
                }
                continue
            }
            let entities = try Entities(try #require(test.document["entities"]), in: test.source, schema: nil)
            let request = try test.request(try #require(test.document["request"]), schema: nil)
            let response = Authorizer(policies: set).authorize(request, entities: entities)
            var isErrored = false
            if case .bool(true)? = test.document["errored"]?.kind { isErrored = true }
            var reasons = response.determiningPolicies.map(\.description)
            if let listed = test.document["reason"]?.elements {
                reasons = listed.compactMap { $0.string?.description }
            }
            let wanted = outcome(decision: expected, reasons: reasons, hasErrors: isErrored)
            if outcome(response) != wanted {
                found.append(
                    "\(String(decoding: policies, as: UTF8.self)): expected \(wanted), got \(outcome(response))")
            }
        }
        expectNone(found)
    }
}
