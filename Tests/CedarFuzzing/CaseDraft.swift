import Cedar
import CedarCases

/// A case in parts, which the shrinker can take away one by one.
package struct CaseDraft: Sendable {
    package struct Condition: Sendable {
        let word: String
        var body: ExpressionDraft
    }

    package struct PolicyDraft: Sendable {
        var annotations: String
        let effect: String
        var principal: String
        var action: String
        var resource: String
        var conditions: [Condition]

        var text: String {
            let scope = "\(annotations)\(effect)(\(principal), \(action), \(resource))"
            return scope + conditions.map { " \($0.word) { \($0.body.text) }" }.joined() + ";"
        }
    }

    package struct Link: Sendable {
        /// The position of the template among the policies; the id follows it when policies are taken away.
        var template: Int
        let id: String
        /// Members of the `values` object, as JSON.
        let values: String
    }

    package struct EntityDraft: Sendable {
        let uid: String
        /// Members as JSON.
        var attributes: [String]
        var parents: [String]
        var tags: [String]?

        var json: String {
            let tags = tags.map { ", \"tags\": {\($0.joined(separator: ", "))}" } ?? ""
            return """
                {"uid": \(uid), "attrs": {\(attributes.joined(separator: ", "))}, \
                "parents": [\(parents.joined(separator: ", "))]\(tags)}
                """
        }
    }

    package struct RequestDraft: Sendable {
        /// The members `principal`, `action` and `resource`.
        let entities: String
        var context: [String]
        /// A context that is no JSON.
        var contextText: [Unicode.Scalar]?
    }

    package var name: String
    var schema: [Unicode.Scalar]?
    var policies: [PolicyDraft]
    /// Text in place of the policies, after mutation.
    var policyText: [Unicode.Scalar]?
    var links: [Link]
    var entities: [EntityDraft]
    /// Text in place of the entities, after mutation.
    var entityText: [Unicode.Scalar]?
    var requests: [RequestDraft]

    var renderedPolicies: String {
        policyText.map(Self.string) ?? policies.map(\.text).joined(separator: "\n")
    }

    static func string(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    var renderedEntities: String { "[\(entities.map(\.json).joined(separator: ", "))]" }

    /// The case as a line of a file of cases, without the end of line.
    package var line: String {
        func quote(_ text: String) -> String { JSONText.string(CedarString(text)) }
        var members = ["\"name\": \(quote(name))", "\"policies\": \(quote(renderedPolicies))"]
        if let schema { members.append("\"schema\": \(quote(Self.string(schema)))") }
        if !links.isEmpty {
            let list = links.map {
                "{\"template\": \"policy\($0.template)\", \"id\": \(quote($0.id)), \"values\": {\($0.values)}}"
            }
            members.append("\"links\": [\(list.joined(separator: ", "))]")
        }
        members.append("\"entities\": \(entityText.map { quote(Self.string($0)) } ?? renderedEntities)")
        let list = requests.map { request in
            let context =
                request.contextText.map { quote(Self.string($0)) } ?? "{\(request.context.joined(separator: ", "))}"
            return "{\(request.entities), \"context\": \(context)}"
        }
        members.append("\"requests\": [\(list.joined(separator: ", "))]")
        return "{\(members.joined(separator: ", "))}"
    }

    package var requestCount: Int { requests.count }
}
