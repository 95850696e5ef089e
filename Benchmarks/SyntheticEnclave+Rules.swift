import Labels

/// What the synthetic enclave's folder says: the label of each project, who may read it, and policies of the usual kind.
extension SyntheticEnclave {
    static func label(_ number: Int) -> Label {
        Label(
            attributes: [
                "classification": .string(number % 8 == 0 ? "internal" : "secret"),
                "categories": .set(number % 3 == 0 ? [] : [.string(ByteText("category-\(number % 3)"))]),
                "dissemination": .set(number % 5 == 0 ? [.string("NOFORN")] : []),
                "projects": .set([.entity(EntityReference(type: "Project", id: ByteText("project-\(number)")))]),
                "expires": .datetime(4_102_444_800_000),
            ], parents: [EntityReference(type: "Project", id: ByteText("project-\(number)"))])
    }

    var files: [String: String] {
        [
            "portcullis.yaml": Self.settings, "labels.yaml": Self.labels, "principals.yaml": principals,
            "policies/schema.cedarschema": Self.schema, "policies/reading.cedar": Self.policies,
        ]
    }

    private var principals: String {
        var text = "people:\n"
        for share in Self.shares {
            for holder in 0..<Self.holders {
                let projects = labels(share: share, holder: holder).map { "project-\($0)" }.joined(separator: ", ")
                text += """
                      \(person(share: share, holder: holder)):
                        name: Reader
                        in: [staff]
                        purposes: [work]
                        attributes: {clearance: 2, citizenship: USA, projects: [\(projects)], expires: 2099-12-31}

                    """
            }
        }
        text += "groups:\n  staff: {}\nentities:\n  Program:\n    all: {}\n  Project:\n"
        for number in 0..<Self.labelCount { text += "    project-\(number): {in: ['Program::\"all\"']}\n" }
        return text
    }

    private static let settings = """
        name: synthetic
        mode: development
        index: index.sqlite
        purposes: [work]
        embedding:
          model: model
        service:
          port: 0
        authentication:
          issuer: portcullis-development
          audience: synthetic
          token_seconds: 86400
        citations:
          base_url: https://documents.example/synthetic/
        """

    private static let labels = """
        attributes:
          classification: {join: maximum, order: [public, internal, secret], visible: true}
          categories: {join: union, default: [], visible: true}
          dissemination: {join: union, default: [], visible: true}
          projects: {join: union, default: [], visible: true}
          expires: {join: earliest}
        marking:
          level: {attribute: classification, text: {public: P, internal: I, secret: S}}
          categories: categories
          dissemination: dissemination
        rules:
          - path: "**"
            set: {classification: secret}
        """

    private static let schema = """
        entity Group in [Group];
        entity Program;
        entity Project in [Program];
        entity Person in [Group] {
            clearance: Long, citizenship: String, projects: Set<Project>, expires?: datetime,
        };
        entity Service in [Group] { clearance: Long };
        entity Passage in [Project] {
            classification: String,
            categories: Set<String>,
            dissemination: Set<String>,
            projects: Set<Project>,
            expires?: datetime,
        };
        action retrieve appliesTo {
            principal: [Person, Service],
            resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String },
        };
        """

    private static let policies = """
        @id("public")
        permit (principal, action == Action::"retrieve", resource)
        when { resource.classification == "public" };

        @id("internal")
        permit (principal is Person in Group::"staff", action == Action::"retrieve", resource)
        when {
            resource.classification == "internal" && principal.clearance >= 1
            && principal.projects.containsAll(resource.projects)
        };

        @id("secret")
        permit (principal is Person in Group::"staff", action == Action::"retrieve", resource)
        when {
            resource.classification == "secret" && principal.clearance >= 2
            && principal.projects.containsAll(resource.projects)
        };

        @id("stronger-authentication")
        forbid (principal, action, resource)
        when { resource.classification == "secret" && !context.mfa };

        @id("noforn")
        forbid (principal is Person, action, resource)
        when { resource.dissemination.contains("NOFORN") && principal.citizenship != "USA" };

        @id("purpose")
        forbid (principal, action, resource)
        unless { ["work", "audit"].contains(context.purpose) };

        @id("outside")
        forbid (principal, action, resource)
        when {
            resource.classification == "secret"
            && !(context.network.isLoopback() || context.network.isInRange(ip("10.0.0.0/8")))
        };

        @id("expired-account")
        forbid (principal is Person, action, resource)
        when { principal has expires && context.now >= principal.expires };

        @id("expired-passage")
        forbid (principal, action, resource)
        when { resource has expires && context.now >= resource.expires };
        """
}
