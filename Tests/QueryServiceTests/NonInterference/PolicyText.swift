import IndexStore
import Passages
import TestSupport

/// Random policies: permits and forbids with conditions on everything that a policy can read.
struct PolicyText: Sendable {
    let permits: String
    let forbids: String

    init(using generator: inout SeededGenerator) {
        var permits: [String] = []
        // Somebody can always read something, or a world shows nothing.
        permits.append(Self.policy("permit", when: #"resource.classification == "public""#))
        for _ in 0..<Int.random(in: 2...4, using: &generator) { permits.append(Self.permit(using: &generator)) }
        self.permits = permits.joined(separator: "\n")
        forbids = (0..<Int.random(in: 1...3, using: &generator)).map { _ in Self.forbid(using: &generator) }
            .joined(separator: "\n")
    }

    private static func policy(
        _ effect: String, _ principal: String = "principal", _ resource: String = "resource", when: String,
        unless: String? = nil
    ) -> String {
        let exception = unless.map { " unless { \($0) }" } ?? ""
        return "\(effect) (\(principal), action == Action::\"retrieve\", \(resource)) when { \(when) }\(exception);"
    }

    private static func permit(using generator: inout SeededGenerator) -> String {
        let level = Vocabulary.levels.randomElement(using: &generator)!
        let clearance = Int.random(in: 0...3, using: &generator)
        let group = "principal in Group::\"g\(Int.random(in: 0...1, using: &generator))\""
        let contract = Vocabulary.contracts.randomElement(using: &generator)!
        let category = Vocabulary.categories.randomElement(using: &generator)!
        switch Int.random(in: 0..<9, using: &generator) {
        case 0:
            return policy("permit", group, when: #"resource.classification == "\#(level)""#)
        case 1:
            return policy(
                "permit",
                when: "principal.clearance >= \(clearance) && principal.projects.containsAll(resource.projects)",
                unless: #"resource.classification == "top" && !context.mfa"#)
        case 2:
            return policy(
                "permit", "principal", "resource in Contract::\"\(contract)\"",
                when: "principal.contracts.contains(Contract::\"\(contract)\")")
        case 3:
            return policy(
                "permit", #"principal == Person::"p0""#, when: "resource.weight <= principal.limit",
                unless: "resource.categories.contains(Category::\"\(category)\")")
        case 4:
            return policy(
                "permit", when: #"context.purpose == "audit" && resource.classification != "top""#,
                unless: "resource has expires")
        case 5:
            return policy(
                "permit", group,
                when:
                    #"if resource.categories.isEmpty() then principal.clearance >= \#(clearance) else principal.citizen"#
            )
        case 6:
            return policy(
                "permit", "principal is Person", "resource is Passage",
                when: "resource.projects.containsAny(principal.projects) && context.mfa")
        case 7:
            return policy(
                "permit",
                when:
                    #"context.network.isInRange(ip("127.0.0.0/8")) && resource.classification like "\#(level.prefix(1))*""#,
                unless: "resource.weight > 8")
        default:
            return policy("permit", "principal is Service", when: "resource.projects.isEmpty()")
        }
    }

    /// The last one overflows for heavy labels: a policy that fails must deny.
    private static func forbid(using generator: inout SeededGenerator) -> String {
        let project = Vocabulary.projects.randomElement(using: &generator)!
        let category = Vocabulary.categories.randomElement(using: &generator)!
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: return policy("forbid", when: "resource has expires && context.now >= resource.expires")
        case 1:
            return policy(
                "forbid", when: "resource.categories.contains(Category::\"\(category)\")",
                unless: "principal in Group::\"g1\"")
        case 2: return policy("forbid", when: #"resource.projects.contains("\#(project)") && !principal.citizen"#)
        case 3: return policy("forbid", when: #"context.purpose == "audit" && resource.weight > 5"#)
        default: return policy("forbid", when: "resource.weight * 3 > 1000", unless: "principal.citizen")
        }
    }

    /// Policies that name documents and passages by their ids.
    static func named(_ documents: [IndexedDocument], using generator: inout SeededGenerator) -> String {
        func document() -> String { "Document::\"\(documents.randomElement(using: &generator)!.id)\"" }
        func passage() -> String {
            "Passage::\"\(documents.flatMap(\.passages).randomElement(using: &generator)!.id)\""
        }
        return (0..<Int.random(in: 2...4, using: &generator)).map { _ in
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: policy("forbid", "principal", "resource == \(passage())", when: "!principal.citizen")
            case 1: policy("forbid", "principal", "resource in \(document())", when: "true", unless: "context.mfa")
            case 2: policy("permit", "principal", "resource in \(document())", when: "true")
            case 3: policy("permit", when: "[\(passage()), \(passage())].contains(resource)")
            case 4: policy("permit", when: "resource in [\(document()), \(document())]")
            default: policy("forbid", when: "resource == \(passage()) || resource in \(document())")
            }
        }.joined(separator: "\n")
    }

    static let schema = """
        entity Group;
        entity Contract;
        entity Document;
        entity Category enum ["SP-EXPT", "SP-CTI", "PRVCY"];
        entity Person, Service in [Group] {
            clearance: Long, projects: Set<String>, contracts: Set<Contract>, limit: Long, citizen: Bool,
        };
        entity Passage in [Contract, Document] {
            classification: String, projects: Set<String>, categories: Set<Category>, weight: Long, expires?: datetime,
        };
        action retrieve, verify appliesTo {
            principal: [Person, Service], resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String },
        };
        """
}

/// Random label rules: one for each folder.
struct LabelRuleText {
    let text: String

    static let folders = ["f0", "f1", "f2", "f3", "f4"]

    init(using generator: inout SeededGenerator) {
        let visible = Bool.random(using: &generator)
        var lines = [
            "attributes:",
            "  classification: {join: maximum, order: [\(Vocabulary.levels.joined(separator: ", "))], visible: true}",
            "  projects: {join: union, default: [], visible: true}",
            "  categories: {join: union, default: [], visible: \(visible)}",
            "  weight: {join: largest, default: 1, visible: \(!visible)}",
            "  expires: {join: earliest}",
            "marking:",
            "  level: {attribute: classification, text: {public: P, internal: I, secret: S, top: T}}",
            "  categories: categories",
            "rules:",
        ]
        for folder in Self.folders {
            let level = Vocabulary.levels.randomElement(using: &generator)!
            let projects = Vocabulary.projects.filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }
            // The largest overflows when multiplied.
            let weight = [1, 1, 5, 9, Int64.max].randomElement(using: &generator)!
            let contracts = Vocabulary.contracts.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
            lines += [
                "  - path: \(folder)/**",
                "    set: {classification: \(level), projects: [\(projects.joined(separator: ", "))], weight: \(weight)}",
                "    in: [\(contracts.map { "'Contract::\"\($0)\"'" }.joined(separator: ", "))]",
            ]
            if Int.random(in: 0..<4, using: &generator) > 0 {
                lines += ["    may_lower:", "      portion_marks: [classification, categories]"]
            }
        }
        text = lines.joined(separator: "\n") + "\n"
    }
}
