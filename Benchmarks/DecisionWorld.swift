import AccessControl
import Cedar
import Labels

/// Twenty policies of the kinds that hospitals and suppliers have, one reader, and as many distinct labels as are asked
/// for: what decisions are measured on, here and with the official engine.
struct DecisionWorld: Sendable {
    static let person = EntityUID(type: "Person", id: "reader")

    /// Distinct labels.
    let labels: [Label]
    /// Of the reader.
    let treated: Int

    /// Labels that differ in level, categories, project, departments, sites and subjects.
    static func mixed(_ count: Int) -> DecisionWorld {
        DecisionWorld(labels: (0..<count).map { label($0, patients: 997) }, treated: 40)
    }

    /// One label for each patient.
    static func patients(_ count: Int) -> DecisionWorld {
        DecisionWorld(labels: (0..<count).map { label($0, patients: count) }, treated: 40)
    }

    static func label(_ number: Int, patients: Int) -> Label {
        func entity(_ type: ByteText, _ id: String) -> AttributeValue {
            .entity(EntityReference(type: type, id: ByteText(id)))
        }
        let categories = ["BH", "SUD", "PCI", "GENETIC"].enumerated().filter { number / 5 % (11 + $0.offset) == 0 }
        var attributes: [ByteText: AttributeValue] = [
            "classification": .string(["public", "internal", "confidential", "phi"][number % 4]),
            "level": .long(Int64(number % 4)), "self_paid": .bool(number % 11 == 0),
            "categories": .set(Set(categories.map { entity("Category", $0.element) })),
            "subjects": .set([entity("Patient", "p\(number % patients)")]),
            "serial": .long(Int64(number / patients)),
        ]
        if number % 3 == 0 { attributes["departments"] = .set([entity("Department", "d\(number / 3 % 8)")]) }
        if number % 5 == 0 { attributes["sites"] = .set([entity("Site", "s\(number / 5 % 4)")]) }
        if number % 7 == 0 { attributes["purposes"] = .set([.string("treatment"), .string("operations")]) }
        if number % 13 == 0 { attributes["expires"] = .datetime(4_000_000_000_000 + Int64(number % 50) * 86_400_000) }
        if number % 17 == 0 { attributes["originators"] = .set([entity("Person", "reader")]) }
        return Label(
            attributes: attributes, parents: [EntityReference(type: "Project", id: ByteText("j\(number % 50)"))])
    }

    static let schema = """
        entity Group;
        entity Program;
        entity Project in [Program];
        entity Category, Patient, Department, Site;
        entity Person, Service in [Group] {
            clearance: String, level: Long, role: String, department: Department, sites: Set<Site>, treats: Set<Patient>,
            projects: Set<Project>, covers?: Set<Patient>, cover_ends?: datetime, training_until?: datetime,
            expires?: datetime
        };
        entity Passage in [Project] {
            classification: String, level: Long, serial: Long, self_paid: Bool, categories: Set<Category>,
            subjects: Set<Patient>, departments?: Set<Department>, sites?: Set<Site>, purposes?: Set<String>,
            originators?: Set<Person>, expires?: datetime
        };
        action retrieve appliesTo {
            principal: [Person, Service], resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String }
        };
        """

    /// In the order of their numbers; each stands on its own.
    static let policies = [
        #"permit (principal, action, resource) when { resource.classification == "public" };"#,
        #"permit (principal in Group::"staff", action, resource) when { resource.classification == "internal" };"#,
        #"permit (principal, action, resource) when { resource.classification == "confidential" && resource in principal.projects };"#,
        #"permit (principal, action, resource in Program::"m0") when { resource.level <= principal.level };"#,
        #"permit (principal is Person in Group::"clinicians", action, resource) when { resource.classification == "phi" && context.purpose == "treatment" && !resource.subjects.isEmpty() && principal.treats.containsAll(resource.subjects) };"#,
        #"permit (principal is Person in Group::"clinicians", action, resource) when { resource.classification == "phi" && principal has covers && principal has cover_ends && context.now < principal.cover_ends && principal.covers.containsAll(resource.subjects) };"#,
        #"permit (principal in Group::"billing", action, resource) when { resource.classification == "phi" && context.purpose == "payment" };"#,
        #"permit (principal, action, resource) when { resource has originators && resource.originators.contains(principal) };"#,
        #"permit (principal, action, resource) when { principal.role == "privacy-officer" && context.purpose == "operations" };"#,
        #"permit (principal is Service, action, resource) when { resource.level < 2 && context.mfa };"#,
        #"forbid (principal, action, resource) when { resource.level > principal.level };"#,
        #"forbid (principal, action, resource) when { resource has departments } unless { resource.departments.contains(principal.department) };"#,
        #"forbid (principal, action, resource) when { resource has sites } unless { resource.sites.containsAny(principal.sites) };"#,
        #"forbid (principal, action, resource) when { resource has purposes } unless { resource.purposes.contains(context.purpose) };"#,
        #"forbid (principal, action, resource) when { resource has expires && resource.expires <= context.now };"#,
        #"forbid (principal, action, resource) when { principal has expires && principal.expires <= context.now };"#,
        #"forbid (principal, action, resource) when { resource.classification == "phi" && !context.mfa };"#,
        #"forbid (principal, action, resource) when { resource.classification == "phi" } unless { context.network.isInRange(ip("10.0.0.0/8")) || context.network.isLoopback() };"#,
        #"forbid (principal, action, resource) when { resource.categories.contains(Category::"BH") } unless { resource has originators && resource.originators.contains(principal) };"#,
        #"forbid (principal, action, resource) when { resource.classification != "public" && context has assistant && context.assistant like "external-*" };"#,
    ]

    var entities: [Entity] {
        func uid(_ type: EntityTypeName, _ id: String) -> EntityUID { EntityUID(type: type, id: CedarString(id)) }
        let treats = (0..<treated).map { Value.entity(uid("Patient", "p\($0 * 7)")) }
        let reader = Entity(
            uid: Self.person,
            attributes: [
                "clearance": "phi", "level": 3, "role": "physician", "department": .entity(uid("Department", "d1")),
                "sites": .set([.entity(uid("Site", "s1"))]), "treats": .set(Set(treats)),
                "projects": .set(Set((0..<5).map { .entity(uid("Project", "j\($0)")) })),
                "training_until": .datetime(Datetime(millisecondsSinceEpoch: 4_000_000_000_000)),
            ], parents: [uid("Group", "clinicians"), uid("Group", "staff")])
        let projects = (0..<50).map { Entity(uid: uid("Project", "j\($0)"), parents: [uid("Program", "m\($0 % 5)")]) }
        return [reader] + projects
    }

    func authorizer() throws -> LabelAuthorizer {
        try LabelAuthorizer(
            policies: PolicySet(parsing: Self.policies.joined(separator: "\n")), schema: Schema(parsing: Self.schema),
            entities: Entities(entities))
    }

    var table: LabelTable { LabelTable(labels.enumerated().map { (LabelID(Int64($0.offset)), $0.element) }) }

    /// - Parameter number: Requests of different numbers are different to the policies, so none finds another's decisions.
    static func request(_ number: Int) throws -> AccessRequest {
        guard let network = IPAddress(parsing: "10.1.2.3") else { throw UnexpectedAnswer(what: "10.1.2.3") }
        return AccessRequest(
            principal: person, purpose: "treatment", now: 1_800_000_000_000, network: network, mfa: true,
            assistant: ByteText("assistant-\(number)"))
    }
}
