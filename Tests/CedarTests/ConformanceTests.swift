import Testing

@testable import Cedar

@Suite(.enabled(if: ConformanceCases.arePresent, ConformanceCases.absence))
struct ConformanceTests {
    /// Runs all cases of a file over both cores and gives what disagreed.
    private func disagreements(_ file: String) async throws -> (cases: Int, requests: Int, found: [String]) {
        let lines = try ConformanceCases.lines(file)
        var requests = 0
        var found: [String] = []
        await withTaskGroup(of: (Int, [String]).self) { group in
            let share = (lines.count + 3) / 4
            for start in stride(from: 0, to: lines.count, by: max(1, share)) {
                let part = Array(lines[start..<min(lines.count, start + share)])
                group.addTask {
                    var count = 0
                    var found: [String] = []
                    for line in part {
                        do {
                            let result = try Self.run(line)
                            count += result.requests
                            found += result.found
                        } catch {
                            found.append("\(String(decoding: line.prefix(80), as: UTF8.self)): \(error)")
                        }
                    }
                    return (count, found)
                }
            }
            for await (count, part) in group {
                requests += count
                found += part
            }
        }
        return (lines.count, requests, found)
    }

    private static func run(_ line: [UInt8]) throws -> (requests: Int, found: [String]) {
        let test = try ConformanceCase(line: line)
        let schema = try Schema(parsing: try test.text("schema"))
        let policies = try PolicySet(parsing: try test.text("policies"))
        let entities = try Entities(try #require(test.document["entities"]), in: test.source, schema: schema)
        let authorizer = Authorizer(policies: policies)
        var found: [String] = []
        let validation = Validator(schema: schema).validate(policies)
        if validation.isValid != test.shouldValidate {
            found.append(
                "\(test.name): expected \(test.shouldValidate ? "valid" : "invalid"), got \(validation.errors)")
        }
        for json in test.requests {
            let request = try test.request(json, schema: schema)
            if case .bool(true)? = json["validateRequest"]?.kind {
                do {
                    try Conformance(schema: schema).check(request)
                } catch {
                    found.append("\(test.name): request refused: \(error)")
                }
            }
            let actual = outcome(authorizer.authorize(request, entities: entities))
            let expected = outcome(
                decision: try #require(json["decision"]?.string).description,
                reasons: (json["reason"]?.elements ?? []).compactMap { $0.string?.description },
                hasErrors: !(json["errors"]?.elements ?? []).isEmpty)
            if actual != expected { found.append("\(test.name): expected \(expected), got \(actual)") }
        }
        return (test.requests.count, found)
    }

    private func expectNone(_ found: [String]) {
        #expect(found.isEmpty, "\(found.count) disagreements:\n\(found.prefix(20).joined(separator: "\n"))")
    }

    @Test("The handwritten cases decide as the official engine does")
    func handwritten() async throws {
        let (cases, requests, found) = try await disagreements("handwritten.jsonl.gz")
        #expect(cases == 22)
        #expect(requests == 74)
        expectNone(found)
    }

    @Test("The generated corpus decides as the official engine does")
    func corpus() async throws {
        let (cases, requests, found) = try await disagreements("corpus-half.jsonl.gz")
        #expect(cases == 3957)
        #expect(requests == 5785)
        expectNone(found)
    }

    @Test("The corners of the language decide as the official engine does")
    func golden() throws {
        let lines = try ConformanceCases.lines("golden.jsonl")
        #expect(lines.count == 135)
        var found: [String] = []
        for line in lines {
            let test = try ConformanceCase(line: line)
            let policies = try test.text("policies")
            let expected = try #require(test.document["expect"]?.string).description
            guard let set = try? PolicySet(parsing: policies) else {
                if expected != "parseError" { found.append("does not parse: \(String(decoding: policies, as: UTF8.self))") }
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
