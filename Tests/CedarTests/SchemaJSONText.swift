@testable import Cedar

/// A schema as JSON, with all common types written out: what the tests compare the two syntaxes by.
enum SchemaJSONText {
    static func text(of schema: Schema) -> String {
        var namespaces: [CedarString: (types: [String], actions: [String])] = [:]
        for (name, type) in schema.entityTypes.sorted(by: { $0.key < $1.key }) {
            namespaces[name.namespace, default: ([], [])].types.append("\(quoted(name.basename)):\(entity(type))")
        }
        for (uid, action) in schema.actions.sorted(by: { $0.key < $1.key }) {
            namespaces[uid.type.namespace, default: ([], [])].actions.append("\(quoted(uid.id)):\(self.action(action))")
        }
        return object(
            namespaces.sorted { $0.key < $1.key }.map { name, parts in
                "\(quoted(name)):{\"entityTypes\":\(object(parts.types)),\"actions\":\(object(parts.actions))}"
            })
    }

    private static func object(_ members: [String]) -> String { "{" + members.joined(separator: ",") + "}" }

    private static func quoted(_ string: CedarString) -> String {
        var writer = JSONWriter()
        writer.string(string)
        return String(decoding: writer.output, as: UTF8.self)
    }

    private static func list(_ names: some Sequence<CedarString>) -> String {
        "[" + names.map(quoted).joined(separator: ",") + "]"
    }

    private static func entity(_ type: EntityType) -> String {
        if let ids = type.enumeration { return "{\"enum\":\(list(ids))}" }
        let tags = type.tags.map { ",\"tags\":\(object(self.type($0)))" } ?? ""
        return
            "{\"memberOfTypes\":\(list(type.memberOf.map(\.name))),\"shape\":\(object(record(type.attributes)))\(tags)}"
    }

    private static func action(_ action: Action) -> String {
        let parents = action.parents.map { "{\"id\":\(quoted($0.id)),\"type\":\(quoted($0.type.name))}" }
        let memberOf = "\"memberOf\":[\(parents.joined(separator: ","))]"
        guard !action.principalTypes.isEmpty else { return "{\(memberOf)}" }
        return """
            {\(memberOf),"appliesTo":{"principalTypes":\(list(action.principalTypes.map(\.name))),\
            "resourceTypes":\(list(action.resourceTypes.map(\.name))),"context":\(object(record(action.context)))}}
            """
    }

    private static func record(_ type: RecordType) -> [String] {
        let attributes = type.attributes.sorted { $0.key < $1.key }.map { name, attribute in
            "\(quoted(name)):\(object(self.type(attribute.type) + (attribute.isRequired ? [] : ["\"required\":false"])))"
        }
        return ["\"type\":\"Record\"", "\"attributes\":\(object(attributes))"]
    }

    private static func type(_ type: SchemaType) -> [String] {
        switch type {
        case .bool: ["\"type\":\"Boolean\""]
        case .long: ["\"type\":\"Long\""]
        case .string: ["\"type\":\"String\""]
        case .entity(let name): ["\"type\":\"Entity\"", "\"name\":\(quoted(name.name))"]
        case .set(let element): ["\"type\":\"Set\"", "\"element\":\(object(self.type(element)))"]
        case .record(let record): self.record(record)
        case .decimal, .ipaddr, .datetime, .duration: ["\"type\":\"Extension\"", "\"name\":\"\(type)\""]
        }
    }
}

/// All that a schema says, annotations included, to compare two.
struct SchemaContent: Equatable {
    private let types: [EntityTypeName: [String]]
    private let actions: [EntityUID: [String]]

    init(_ schema: Schema) {
        func shown(_ annotations: [Annotation]) -> String {
            annotations.map { "@\($0.name)(\($0.value.quoted))" }.sorted().joined()
        }
        types = schema.entityTypes.mapValues { type in
            [
                "\(type.memberOf.sorted())", "\(type.ancestors.sorted())", "\(type.attributes)",
                type.tags?.description ?? "no tags", "\(type.enumeration?.map(\.quoted) ?? [])",
                shown(type.annotations),
            ]
        }
        actions = schema.actions.mapValues { action in
            [
                "\(action.parents.sorted())", "\(action.ancestors.sorted())", "\(action.principalTypes.sorted())",
                "\(action.resourceTypes.sorted())", "\(action.context)", shown(action.annotations),
            ]
        }
    }
}
