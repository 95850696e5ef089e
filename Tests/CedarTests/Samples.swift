import Testing

@testable import Cedar

/// A small world that the unit tests speak about.
enum Samples {
    static let alice = EntityUID(type: "User", id: "alice")
    static let read = EntityUID(type: "Action", id: "read")
    static let document = EntityUID(type: "Doc", id: "d")
    static let group = EntityUID(type: "Group", id: "g")

    static func entities() throws -> Entities {
        try Entities([
            Entity(
                uid: alice,
                attributes: [
                    "n": 1, "s": "café", "rec": .record(["a": .record(["b": 1])]), "set": .set([1, 2]),
                ], parents: [group], tags: ["k": "v"]),
            Entity(uid: group, attributes: [:], parents: [EntityUID(type: "Group", id: "above")]),
        ])
    }

    static func request(context: [CedarString: Value] = [:]) -> Request {
        Request(principal: alice, action: read, resource: document, context: context)
    }

    /// The value of an expression for the sample request, as text, or the fault.
    static func evaluate(_ text: String) throws -> String {
        let expression = try PolicyParser.parseExpression(SourceText(file: "test", bytes: Array(text.utf8)))
        do {
            return try Evaluator(request: request(), entities: entities()).evaluate(expression).description
        } catch let error as EvaluationError {
            return "error: \(error)"
        }
    }

    /// `permit` under a condition.
    static func policy(when condition: String) -> String {
        "permit(principal, action, resource) when { \(condition) };"
    }

    static func parses(_ text: String) -> Bool { (try? PolicySet(parsing: text)) != nil }

    static func decide(_ policies: String, context: [CedarString: Value] = [:]) throws -> Response {
        Authorizer(policies: try PolicySet(parsing: policies))
            .authorize(request(context: context), entities: try entities())
    }
}

/// Small and repeatable: the next number is a mix of a counter.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
