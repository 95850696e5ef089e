/// One policy test of the template: who asks for what, and which policy decides. It is printed as the JSON that
/// `policies/tests/` holds, whole, so that a reader finds in it everything that the decision depends on.
struct PolicyTestExample {
    /// A person or service with the attributes that the test gives.
    struct Principal {
        var type = "Person"
        let id: String
        let clearance: String
        let departments: [String]
        /// A date.
        var until: String?
        /// From the innermost group on; each is in the next.
        var groups: [String] = []
    }

    /// What is asked for.
    struct Passage {
        let classification: String
        var categories: [String] = []
        var department: String?
        /// A date.
        var expires: String?
    }

    enum Outcome {
        /// By the policy of this `@id`.
        case allowed(String)
        /// By the policy of this `@id`; nil where none permits.
        case denied(String?)
    }

    let name: String
    let principal: Principal
    let passage: Passage
    var action = "retrieve"
    var purpose = "work"
    var mfa = true
    var now = "2026-03-02T09:00:00Z"
    let outcome: Outcome

    /// The file that holds these tests.
    static func file(_ examples: [PolicyTestExample]) -> String {
        "[\n" + examples.map(\.json).joined(separator: ",\n") + "\n]\n"
    }

    private var json: String {
        let (decision, policy) =
            switch outcome {
            case .allowed(let policy): ("allow", Optional(policy))
            case .denied(let policy): ("deny", policy)
            }
        return """
              {
                "name": "\(name)",
                "request": {
                  "principal": \(Self.uid(principal.type, principal.id)),
                  "action": \(Self.uid("Action", action)),
                  "resource": \(Self.uid("Passage", "p")),
                  "context": {
                    "purpose": "\(purpose)", "mfa": \(mfa),
                    "now": \(Self.datetime(now)),
                    "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
                  }
                },
                "entities": [
            \(entities.joined(separator: ",\n"))
                ],
                "decision": "\(decision)", "reason": [\(policy.map { "\"\($0)\"" } ?? "")], "num_errors": 0
              }
            """
    }

    private var entities: [String] {
        var attributes = [
            #""clearance": "\#(principal.clearance)""#,
            #""departments": \#(Self.entities("Department", principal.departments))"#,
        ]
        if let until = principal.until { attributes.append(#""until": \#(Self.datetime(until))"#) }
        let person = Self.entity(
            Self.uid(principal.type, principal.id), attributes, parents: principal.groups.prefix(1))
        attributes = [
            #""classification": "\#(passage.classification)""#,
            #""categories": \#(Self.entities("Category", passage.categories))"#,
        ]
        if let department = passage.department {
            attributes.append(#""departments": \#(Self.entities("Department", [department]))"#)
        }
        if let expires = passage.expires { attributes.append(#""expires": \#(Self.datetime(expires))"#) }
        let resource = Self.entity(Self.uid("Passage", "p"), attributes, parents: [])
        let groups = principal.groups.indices.map { index in
            let parents = principal.groups[(index + 1)...].prefix(1).map { Self.uid("Group", $0) }
            let uid = Self.uid("Group", principal.groups[index])
            return #"      {"uid": \#(uid), "attrs": {}, "parents": [\#(parents.joined())]}"#
        }
        return [person, resource] + groups
    }

    private static func entity(_ uid: String, _ attributes: [String], parents: ArraySlice<String>) -> String {
        """
              {
                "uid": \(uid),
                "attrs": {
                  \(attributes.joined(separator: ",\n          "))
                },
                "parents": [\(parents.map { Self.uid("Group", $0) }.joined(separator: ", "))]
              }
        """
    }

    private static func uid(_ type: String, _ id: String) -> String { #"{"type": "\#(type)", "id": "\#(id)"}"# }

    private static func entities(_ type: String, _ ids: [String]) -> String {
        let references = ids.map { #"{"__entity": \#(uid(type, $0))}"# }
        guard references.count > 1 else { return "[\(references.joined())]" }
        return "[\n            \(references.joined(separator: ",\n            "))\n          ]"
    }

    private static func datetime(_ text: String) -> String { #"{"__extn": {"fn": "datetime", "arg": "\#(text)"}}"# }
}

extension PolicyTestExample.Principal {
    static let tom = Self(id: "tom.reed", clearance: "confidential", departments: ["workshop"], groups: ["staff"])
    static let ines = Self(
        id: "ines.varga", clearance: "confidential", departments: ["workshop", "office", "sales"],
        groups: ["management", "staff"])
    static let sofia = Self(id: "sofia.lind", clearance: "internal", departments: ["sales"], groups: ["staff"])
    static let jan = Self(id: "jan.moss", clearance: "public", departments: [], until: "2031-12-31")
    static let screen = Self(type: "Service", id: "showroom-screen", clearance: "public", departments: [])

    func with(clearance: String) -> Self {
        Self(type: type, id: id, clearance: clearance, departments: departments, until: until, groups: groups)
    }

    func with(until: String) -> Self {
        Self(type: type, id: id, clearance: clearance, departments: departments, until: until, groups: groups)
    }
}
