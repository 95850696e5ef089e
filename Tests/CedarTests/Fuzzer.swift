import CedarCases
import Foundation

@testable import Cedar

/// Feeds mutated and random bytes to every reader and to what follows it, and watches the time of each input.
///
/// Input `n` of a seed is always the same, so that one that failed can be made again.
struct Fuzzer {
    /// What an input is read as.
    enum Target: CaseIterable {
        case policies, schema, entities, context, policyJSON, schemaJSON
    }

    /// Texts that go together, which inputs are made from.
    struct Sample {
        let policies: [UInt8]
        let schema: [UInt8]
        let entities: [UInt8]
        let contexts: [[UInt8]]
        let parsedPolicies: PolicySet
        let parsedSchema: Schema
        let parsedEntities: Entities
        let request: Request

        init(
            policies: [UInt8], schema: [UInt8], entities: [UInt8], contexts: [[UInt8]], request: Request
        ) throws {
            self.policies = policies
            self.schema = schema
            self.entities = entities
            self.contexts = contexts
            self.request = request
            parsedPolicies = try PolicySet(parsing: policies)
            parsedSchema = try Schema(parsing: schema)
            parsedEntities = try Entities(json: entities, schema: parsedSchema)
        }
    }

    /// What was seen of one input.
    struct Observation {
        let target: Target
        let bytes: [UInt8]
        /// Whether the reader took it.
        let isAccepted: Bool
        /// Of the processor, not of the clock on the wall.
        let seconds: Double
    }

    let seed: UInt64
    let samples: [Sample]

    func run(_ number: Int) -> Observation {
        var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
        let target = Target.allCases.randomElement(using: &generator) ?? .policies
        let sample = samples.randomElement(using: &generator) ?? samples[0]
        let bytes = input(for: target, sample, &generator)
        let start = Self.processorSeconds()
        let isAccepted = read(bytes, as: target, beside: sample)
        return Observation(
            target: target, bytes: bytes, isAccepted: isAccepted, seconds: Self.processorSeconds() - start)
    }

    /// The time that this thread has had of the processor.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    // MARK: Reading

    private func read(_ bytes: [UInt8], as target: Target, beside sample: Sample) -> Bool {
        do {
            switch target {
            case .policies:
                var set = try PolicySet(parsing: bytes)
                for template in set.templates {
                    let values = template.slots.map { ($0, sample.request.principal) }
                    try? set.link(template.id, as: "link", Dictionary(uniqueKeysWithValues: values))
                }
                decide(set, sample.request, sample.parsedEntities)
                validate(set, sample.parsedSchema)
                let formatted = try PolicyFormatter.format(bytes)
                let again = try PolicyFormatter.format(formatted)
                let printed = try PolicySet(parsing: set.description).description
                precondition(again == formatted && printed == set.description)
            case .policyJSON:
                let set = try PolicySet(json: bytes)
                decide(set, sample.request, sample.parsedEntities)
                let again = try PolicySet(json: set.json).json
                precondition(again == set.json)
            case .schemaJSON:
                validate(sample.parsedPolicies, try Schema(json: bytes))
            case .schema:
                validate(sample.parsedPolicies, try Schema(parsing: bytes))
            case .entities:
                _ = try? Entities(json: bytes, schema: sample.parsedSchema)
                decide(sample.parsedPolicies, sample.request, try Entities(json: bytes, schema: nil))
            case .context:
                _ = try? Conformance(schema: sample.parsedSchema).context(json: bytes, for: sample.request.action)
                let request = try Request(
                    principal: sample.request.principal, action: sample.request.action,
                    resource: sample.request.resource, contextJSON: bytes, schema: nil)
                try? Conformance(schema: sample.parsedSchema).check(request)
                decide(sample.parsedPolicies, request, sample.parsedEntities)
            }
            return true
        } catch {
            precondition(!"\(error)".isEmpty)
            return false
        }
    }

    private func decide(_ policies: PolicySet, _ request: Request, _ entities: Entities) {
        _ = Authorizer(policies: policies).authorize(request, entities: entities).errors.map(\.description)
    }

    private func validate(_ policies: PolicySet, _ schema: Schema) {
        let result = Validator(schema: schema).validate(policies, maximumLevel: 1)
        _ = result.errors.map(\.description)
        _ = result.warnings.map(\.description)
    }

    // MARK: Inputs

    private static let mostBytes = 256 << 10

    private func input(for target: Target, _ sample: Sample, _ generator: inout SeededGenerator) -> [UInt8] {
        let seed = seedText(for: target, sample, &generator)
        // One in twenty is noise, one in fifty is as it was.
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<5: return noise(Int.random(in: 0...400, using: &generator), &generator)
        case 5..<7: return seed
        default: break
        }
        var bytes = seed
        let other = seedText(for: target, samples.randomElement(using: &generator) ?? sample, &generator)
        // Often few, so that much is still taken and comes to what follows the readers.
        let mutations = Int.random(in: 1...Int.random(in: 1...6, using: &generator), using: &generator)
        for _ in 0..<mutations { mutate(&bytes, other, &generator) }
        return bytes.count > Self.mostBytes ? Array(bytes.prefix(Self.mostBytes)) : bytes
    }

    private func seedText(for target: Target, _ sample: Sample, _ generator: inout SeededGenerator) -> [UInt8] {
        switch target {
        case .policies: sample.policies
        case .schema: sample.schema
        case .policyJSON: sample.parsedPolicies.json
        case .schemaJSON: Array(SchemaJSONText.text(of: sample.parsedSchema).utf8)
        case .entities: sample.entities
        case .context: sample.contexts.randomElement(using: &generator) ?? Array("{}".utf8)
        }
    }

    private func noise(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// Pieces of the languages and values at their edges.
    private static let pieces: [[UInt8]] = [
        "(", ")", "{", "}", "[", "]", "\"", "\\", ":", "::", ";", ",", ".", "?", "-", "!", "*", "@", "//", "\0", "\r\n",
        "\u{FEFF}", "\u{202E}", "e\u{301}", "é", "🔒", "\\u{10FFFF}", "\\u{D800}", "\\ud83d", "\\x7f", "\\*",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "99999999999999999999999", "1e9", "-0",
        "1.5",
        " && ", " || ", " == ", " in ", " has ", " like ", " is ", "if true then ", " else ", "!!!!", "----",
        "principal.",
        "context.a.b.c.d", ".contains(", ".getTag(", ".isEmpty()", "ip(\"::/0\")", "decimal(\"922337203685477.5807\")",
        "datetime(\"9999-12-31T23:59:59.999Z\")", "duration(\"-9223372036854775808ms\")", "?principal", "?resource",
        "permit(principal, action, resource);", "when { ", " unless { ", "action in [", "principal is ",
        "Set<", "entity A in A { a: A } tags A;", "type T = T;", "namespace N { ", "enum [\"a\"]", "__cedar::Long",
        "appliesTo { principal: ", "{\"__entity\":", "{\"__extn\":{\"fn\":\"ip\",\"arg\":",
        "{\"type\":\"A\",\"id\":\"a\"}",
        "\"uid\":", "\"attrs\":{", "\"parents\":[", "\"tags\":{", "null", "true", "{\"a\":1,\"a\":1}",
    ].map { Array($0.utf8) }

    private func mutate(_ bytes: inout [UInt8], _ other: [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else {
            bytes = Self.pieces.randomElement(using: &generator) ?? []
            return
        }
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        let end = min(bytes.count, index + Int.random(in: 1...60, using: &generator))
        let piece = Self.pieces.randomElement(using: &generator) ?? []
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.removeSubrange(index..<end)
        case 3, 4: bytes.insert(contentsOf: piece, at: index)
        case 5: bytes.replaceSubrange(index..<end, with: piece)
        case 6:
            bytes.insert(contentsOf: Array(bytes[index..<end]), at: Int.random(in: 0...bytes.count, using: &generator))
        case 7: bytes.removeSubrange(index...)
        case 8:
            let from = Int.random(in: 0...other.count, using: &generator)
            let length = Int.random(in: 0...200, using: &generator)
            bytes.insert(contentsOf: other[from..<min(other.count, from + length)], at: index)
        case 9: bytes = Array(bytes[..<index] + other.suffix(from: min(other.count, index)))
        case 10:
            // Many times over: deep, long or wide.
            let copies = Int.random(in: 2...2000, using: &generator)
            let unit = Bool.random(using: &generator) ? piece : Array(bytes[index..<end])
            bytes.insert(contentsOf: Array(repeatElement(unit, count: copies).joined()), at: index)
        default: bytes.insert(contentsOf: noise(Int.random(in: 1...20, using: &generator), &generator), at: index)
        }
    }
}

extension Fuzzer {
    /// Texts that hold every construct of the languages.
    static func ownSamples() throws -> [Sample] {
        let policies = """
            @id("a") permit(principal == User::"alice", action in [Action::"read", Action::"w"], resource is Doc in Doc::"x")
            when { principal has rec.a.b && principal.rec["a"].b + 1 * -2 < 9223372036854775807 }
            unless { [1, "é", {a: 1}].contains(context.x) || !(resource like "a*\\*") };
            forbid(principal, action, resource) when { if principal.hasTag("k") then principal.getTag("k") == "v" else
            ip("10.0.0.1").isInRange(ip("10.0.0.0/8")) && datetime("2024-01-01").offset(duration("-1d2h")) <= datetime("2024-02-29") };
            permit(principal in ?principal, action, resource == ?resource) when { context.r.b like "p\u{0430}*" && principal is User };
            """
        let schema = """
            type T = { a?: Set<Long>, "b c": decimal }; entity User in [G] = { t: T, n?: Set<Long> } tags String; entity G enum ["x"];
            entity Doc in Doc;
            action read in w appliesTo { principal: User, resource: [Doc], context: { x?: Long, r?: { b: ipaddr, d?: datetime } } };
            action w;
            namespace N { entity D; action a, "b" in [c] appliesTo { principal: User, resource: [D], context: T }; action c; }
            """
        let entities = """
            [{"uid":{"type":"User","id":"alice"},"attrs":{"t":{"b c":{"__extn":{"fn":"decimal","arg":"1.0"}}},
            "n":[-9223372036854775808,9223372036854775807]},"parents":[{"__entity":{"type":"G","id":"x"}}],"tags":{"k":"v\\ud83d\\udd12"}},
            {"uid":{"type":"Doc","id":"d"},"attrs":{},"parents":[{"type":"Doc","id":"x"}]}]
            """
        let contexts = ["{}", "{\"x\":1}", "{\"x\":-3,\"r\":{\"b\":{\"__extn\":{\"fn\":\"ip\",\"arg\":\"::1\"}}}}"]
        return [
            try Sample(
                policies: Array(policies.utf8), schema: Array(schema.utf8), entities: Array(entities.utf8),
                contexts: contexts.map { Array($0.utf8) }, request: Samples.request())
        ]
    }

    /// Every `step`th of the official cases, if they are there.
    static func officialSamples(every step: Int) async throws -> [Sample] {
        guard ConformanceCases.arePresent else { return [] }
        var lines = try await ConformanceCases.lines("handwritten.jsonl.gz")
        let corpus = try await ConformanceCases.lines("corpus-half.jsonl.gz")
        lines += stride(from: 0, to: corpus.count, by: step).map { corpus[$0] }
        return try lines.compactMap { line in
            let test = try PolicyCase(line: line)
            guard let schema = test.schema, let first = test.requests.first, let principal = first.principal.uid,
                let action = first.action.uid, let resource = first.resource.uid
            else { return nil }
            return try Sample(
                policies: test.policies, schema: schema, entities: test.entities,
                contexts: test.requests.map(\.context),
                request: Request(
                    principal: principal, action: action, resource: resource, contextJSON: first.context, schema: nil))
        }
    }
}
