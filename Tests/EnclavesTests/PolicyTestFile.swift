import AccessControl
import Cedar
import Enclaves
import Foundation
import Testing

/// A file of `policies/tests`, in the form that `cedar run-tests` reads.
struct PolicyTestFile {
    struct Case {
        let name: String
        let decision: Decision
        let reasons: Set<String>
        let errors: Int
        fileprivate let request: [String: Any]
        fileprivate let entities: [UInt8]
    }

    let cases: [Case]

    init(_ file: URL) throws {
        let list = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]], "\(file.path)")
        cases = try list.map { test in
            Case(
                name: try #require(test["name"] as? String),
                decision: try #require(Decision(rawValue: test["decision"] as? String ?? "")),
                reasons: Set(try #require(test["reason"] as? [String])),
                errors: try #require(test["num_errors"] as? Int),
                request: try #require(test["request"] as? [String: Any]),
                entities: Array(try JSONSerialization.data(withJSONObject: try #require(test["entities"]))))
        }
    }

    /// Every file of an enclave.
    static func all(of enclave: URL) throws -> [PolicyTestFile] {
        let folder = enclave.appending(path: "policies/tests")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
            .sorted()
            .map { try PolicyTestFile(folder.appending(path: $0)) }
    }
}

extension PolicyTestFile.Case {
    /// What is otherwise than the test says, or nil. Request and entities are checked by the schema.
    func disagreement(in enclave: Enclave) throws -> String? {
        let context = try JSONSerialization.data(withJSONObject: try #require(request["context"]))
        let request = try Request(
            principal: try uid("principal"), action: try uid("action"), resource: try uid("resource"),
            contextJSON: Array(context), schema: enclave.schema)
        try Conformance(schema: enclave.schema).check(request)
        let store = try Entities(json: entities, schema: enclave.schema)
        let response = Authorizer(policies: enclave.policies).authorize(request, entities: store)
        let names = enclave.policies.policies.reduce(into: [:]) { $0[$1.id] = $1.nameInTests }
        let actual = Set(response.determiningPolicies.map { names[$0] ?? "?" })
        if response.decision == decision && actual == reasons && response.errors.count == errors { return nil }
        return "\(name): \(response.decision) by \(actual.sorted()), not \(decision) by \(reasons.sorted())"
    }

    private func uid(_ key: String) throws -> EntityUID {
        let parts = try #require(request[key] as? [String: String])
        let (type, id) = (try #require(parts["type"]), try #require(parts["id"]))
        return EntityUID(
            type: try #require(EntityTypeName(parsing: CedarString(type))), id: CedarString(id))
    }
}

extension Policy {
    /// What policy tests call it.
    var nameInTests: String { (annotation("id") ?? CedarString(id.description)).description }
}
