import Enclaves
import Foundation
import Testing

/// Each mistake in a good enclave gives its own message, with the file, the line, and what to do.
@Suite("Mistakes in an enclave")
struct MistakeTests {
    struct Mistake: CustomTestStringConvertible {
        let file: String
        let text: String
        let other: String
        /// How the first message begins.
        let message: String

        var testDescription: String { "\(file): \(other)" }
    }

    private func problems(_ sample: SampleEnclave) throws -> [String] {
        try sample.write { folder in
            do {
                _ = try Enclave(folder: folder)
                return []
            } catch let error as EnclaveError {
                return error.problems.map(\.description)
            }
        }
    }

    private func check(_ mistake: Mistake, in sample: SampleEnclave = SampleEnclave()) throws {
        var sample = sample
        sample.replace(mistake.text, with: mistake.other, in: mistake.file)
        let problems = try problems(sample)
        let first = try #require(problems.first, "the mistake goes unnoticed")
        #expect(first.hasPrefix(mistake.message), "\(problems.joined(separator: "\n"))")
    }

    static let inSettings: [Mistake] = [
        ("mode: development", "mode: test", "portcullis.yaml:2: `mode` must be development or production, not `test`"),
        (
            "mode: development", "mode: development\nmood: x",
            "portcullis.yaml:3: the key `mood` is not known here; known are"
        ),
        (
            "mode: development", "mode: development\nmode: production",
            "portcullis.yaml:2: `mode` stands here more than once"
        ),
        ("name: sample", "name: Sample One", "portcullis.yaml:1: `name` must be at most 64 small letters"),
        ("name: sample\n", "", "portcullis.yaml:1: `name` is missing"),
        ("purposes: [engineering, quality]", "purposes: []", "portcullis.yaml:1: `purposes` must list at least one"),
        ("purposes: [engineering, quality]", "purposes: engineering", "portcullis.yaml:4: `purposes` must be a list"),
        ("purposes: [engineering, quality]", "purposes: [a, a]", "portcullis.yaml:4: the purpose `a` is listed twice"),
        ("embedding:\n", "embedding:\n  size: 3\n", "portcullis.yaml:6: the key `embedding.size` is not known here"),
        (
            "embedding:\n", "ingest: {pdf: {seconds: 0}}\nembedding:\n",
            "portcullis.yaml:5: `ingest.pdf.seconds` is 0; it must be from 1 to 3600"
        ),
        (
            "embedding:\n", "ingest: {maximum_file_bytes: 1e6}\nembedding:\n",
            "portcullis.yaml:5: `ingest.maximum_file_bytes` must be a whole number, not `1e6`"
        ),
        (
            "embedding:\n", "ingest: {maximum_file_bytes: '100'}\nembedding:\n",
            "portcullis.yaml:5: `ingest.maximum_file_bytes` must be a whole number, not \"100\" in quotes"
        ),
        ("embedding:\n", "ingest: 5\nembedding:\n", "portcullis.yaml:5: `ingest` must be a mapping"),
        (
            "embedding:\n", "service: {port: 70000}\nembedding:\n",
            "portcullis.yaml:5: `service.port` is 70000; it must be from 0 to 65535"
        ),
        (
            "embedding:\n", "service: {maximum_k: 99999999999999999999}\nembedding:\n",
            "portcullis.yaml:5: `service.maximum_k` must be a whole number"
        ),
        (
            "embedding:\n", "service: {host: 0.0.0.0}\nembedding:\n",
            "portcullis.yaml:5: `service.host` is 0.0.0.0, and mode development binds to loopback only"
        ),
        (
            "embedding:\n", "service: {trusted_proxies: [proxy]}\nembedding:\n",
            "portcullis.yaml:5: `service.trusted_proxies`: `proxy` is not an IP address"
        ),
        (
            "https://documents.example/sample/", "https://documents.example/sample",
            "portcullis.yaml:11: `citations.base_url` must be an https or http URL that ends with /"
        ),
        ("https://documents.example/sample/", "file:///sample/", "portcullis.yaml:11: `citations.base_url` must be"),
        ("audience: sample", "audience:", "portcullis.yaml:9: `authentication.audience` has no value"),
        ("audience: sample", "audience: &a sample", "portcullis.yaml:9: anchors and aliases are not taken"),
        ("audience: sample", "audience: *a", "portcullis.yaml:9: is not YAML: found undefined alias"),
        ("audience: sample", "audience: !!str sample", "portcullis.yaml:9: tags (!) are not taken"),
        ("audience: sample", "audience: [sample", "portcullis.yaml:10: is not YAML: "),
        ("audience: sample", "audience: a\u{7}b", "portcullis.yaml:9: has a control character"),
    ].map { Mistake(file: "portcullis.yaml", text: $0.0, other: $0.1, message: $0.2) }

    @Test("in portcullis.yaml", arguments: inSettings)
    func settings(_ mistake: Mistake) throws { try check(mistake) }

    static let inLabels: [Mistake] = [
        (
            "  expires: {join: earliest}", "  expired: {join: earliest}",
            "labels.yaml:7: `attributes.expired`: the schema gives Passage no such attribute"
        ),
        (
            "  expires: {join: earliest}\n", "",
            "labels.yaml:2: `attributes` lacks `expires`, which the schema gives Passage"
        ),
        (
            "expires: {join: earliest}", "expires: {join: union}",
            "labels.yaml:7: `attributes.expires`: the join does not fit the type datetime"
        ),
        (
            "expires: {join: earliest}", "expires: {join: latest}",
            "labels.yaml:7: `attributes.expires.join` is `latest`; it must be"
        ),
        (
            "expires: {join: earliest}", "expires: {join: earliest, order: [a]}",
            "labels.yaml:7: `attributes.expires.order` is for the join maximum only"
        ),
        (
            "expires: {join: earliest}", "expires: {join: earliest, default: tomorrow}",
            "labels.yaml:7: `attributes.expires.default` must be a date (2026-11-21)"
        ),
        ("order: [public, internal, cui], ", "", "labels.yaml:2: `attributes.classification`: maximum needs `order`"),
        (
            "order: [public, internal, cui]", "order: [public, cui, cui]",
            "labels.yaml:2: `attributes.classification`: maximum needs `order`"
        ),
        (
            "visible: true}\n  categories", "visible: yes}\n  categories",
            "labels.yaml:2: `attributes.classification.visible` must be true or false, not `yes`"
        ),
        (
            "categories: {join: union, default: [], visible", "categories: {join: union, default: [SP-X], visible",
            "labels.yaml:3: `attributes.categories.default` must be one of the ids of Category: SP-EXPT, SP-CTI, not `SP-X`"
        ),
        (
            "text: {public: PUBLIC, internal: U, cui: CUI}", "text: {public: PUBLIC, internal: U}",
            "labels.yaml:9: `marking.level.text.cui` is missing"
        ),
        (
            "text: {public: PUBLIC, internal: U, cui: CUI}", "text: {public: U, internal: U, cui: CUI}",
            "labels.yaml:9: `marking.level.text.internal`: `U` stands for another level too"
        ),
        (
            "text: {public: PUBLIC, internal: U, cui: CUI}", "text: {public: PUBLIC, internal: U, cui: C//I}",
            "labels.yaml:9: `marking.level.text.cui`: texts of marks are"
        ),
        (
            "text: {public: PUBLIC, internal: U, cui: CUI}", "text: {public: PUBLIC, internal: U, cui: CUI, top: T}",
            "labels.yaml:9: the key `marking.level.text.top` is not known here"
        ),
        (
            "level: {attribute: classification", "level: {attribute: expires",
            "labels.yaml:9: `marking.level.attribute`: `expires` is not an attribute whose join is maximum"
        ),
        (
            "  categories: categories", "  categories: releasable_to",
            "labels.yaml:10: `marking.categories`: `releasable_to` is not an attribute whose join is union"
        ),
        (
            "  dissemination: dissemination", "  dissemination: categories",
            "labels.yaml:9: `marking`: categories and dissemination are the same attribute"
        ),
        (
            "metadata: [author, date]", "metadata: [author, expires]",
            "labels.yaml:13: `front_matter.metadata`: `expires` is an attribute, and cannot be ignored"
        ),
        (
            "set: {classification: public}", "set: {classification: secret}",
            "labels.yaml:16: `set.classification` is secret: the value of `classification` is none of public, internal, cui"
        ),
        (
            "set: {classification: public}", "set: {clasification: public}",
            "labels.yaml:16: `set.clasification`: there is no such attribute; there are: categories"
        ),
        ("set: {classification: public}", "set: [public]", "labels.yaml:16: `set` must be a mapping"),
        (
            "categories: [SP-EXPT], projects", "categories: SP-EXPT, projects",
            "labels.yaml:18: `set.categories` must be a list"
        ),
        ("path: public/**", "path: /public/**", "labels.yaml:15: `path`: the pattern `/public/**` has an empty name"),
        (
            "path: public/**", "path: public/**.md",
            "labels.yaml:15: `path`: the pattern `public/**.md` has ** beside other bytes"
        ),
        ("path: public/**", "path: **/a", "labels.yaml:15: is not YAML: "),
        ("  - path: public/**\n    set", "  - set", "labels.yaml:15: the rule has no `path`"),
        (
            "in: ['Project::\"falcon\"']", "in: [falcon]",
            "labels.yaml:19: `in`: `falcon` is not an entity; write it like"
        ),
        (
            "in: ['Project::\"falcon\"']", "in: ['Document::\"0123456789abcdef0123456789abcdef\"']",
            "labels.yaml:19: `in`: every passage is in its document already"
        ),
        (
            "in: ['Project::\"falcon\"']", "in: ['Projekt::\"falcon\"']",
            "labels.yaml:19: `in`: the schema has no entity type Projekt"
        ),
        (
            "in: ['Project::\"falcon\"']", "in: ['Group::\"falcon\"']",
            "labels.yaml:19: `in`: the schema does not let Passage be in Group"
        ),
        (
            "portion_marks: [classification,", "portion_marks: [level,",
            "labels.yaml:21: `may_lower.portion_marks`: there is no attribute `level`"
        ),
        ("      portion_marks:", "      portions:", "labels.yaml:21: the key `may_lower.portions` is not known here"),
    ].map { Mistake(file: "labels.yaml", text: $0.0, other: $0.1, message: $0.2) }

    static let inRetention: [Mistake] = [
        ("retain: forever", "retain: ''", "labels.yaml:23: `retention.retain` has no value"),
        ("retain: forever", "retain: [forever]", "labels.yaml:23: `retention.retain` must be text, not a list"),
        (
            "- {where: {categories: [SP-EXPT]}, retain: forever}", "- where: {categories: [SP-EXPT]}",
            "labels.yaml:23: `retention.retain` is missing"
        ),
        ("retain: forever", "keep: forever, retain: forever", "labels.yaml:23: the key `retention.keep` is not known"),
        ("- {where", "where: {where", "labels.yaml:23: `retention` must be a list, not a mapping"),
        (
            "- {where: {categories: [SP-EXPT]}, retain: forever}", "- 6y",
            "labels.yaml:23: `retention` must be a mapping"
        ),
        (
            "retain: forever", "retain: 6y",
            "labels.yaml:23: `retain` is `6y`; write a span and what it begins with, such as 6y after document.date"
        ),
        ("retain: forever", "retain: forever after document.date", "labels.yaml:23: `retain`: `forever` is no span"),
        ("retain: forever", "retain: Forever", "labels.yaml:23: `retain` is `Forever`; write a span"),
        ("retain: forever", "retain: 6y before document.date", "labels.yaml:23: `retain` is `6y before document.date`"),
        ("retain: forever", "retain: 6y  after document.date", "labels.yaml:23: `retain` is `6y  after document.date`"),
        ("retain: forever", "retain: 6 y after document.date", "labels.yaml:23: `retain` is `6 y after document.date`"),
        (
            "retain: forever", "retain: 6m after document.date",
            "labels.yaml:23: `retain`: `6m` is no span; write years, months and days without blanks"
        ),
        (
            "retain: forever", "retain: 0d after document.date",
            "labels.yaml:23: `retain`: `0d` is no time at all; the shortest span is 1d"
        ),
        (
            "retain: forever", "retain: 1000y1d after document.date",
            "labels.yaml:23: `retain`: `1000y1d` is longer than 1000 years, which is the limit"
        ),
        (
            "retain: forever", "retain: 6y after date",
            "labels.yaml:23: `retain`: a span cannot begin with `date`; it can with: document.date, document.ingested, expires"
        ),
        (
            "retain: forever", "retain: 6y after classification",
            "labels.yaml:23: `retain`: a span cannot begin with `classification`; it can with"
        ),
        ("where: {categories: [SP-EXPT]}", "where: cui", "labels.yaml:23: `where` must be a mapping"),
        ("where: {categories: [SP-EXPT]}", "where: {}", "labels.yaml:23: `where` has no condition; leave it out"),
        (
            "where: {categories: [SP-EXPT]}", "where: {categories: []}",
            "labels.yaml:23: `where.categories` is an empty list, which every set contains"
        ),
        (
            "where: {categories: [SP-EXPT]}", "where: {categories: SP-EXPT}",
            "labels.yaml:23: `where.categories` must be a list"
        ),
        (
            "where: {categories: [SP-EXPT]}", "where: {categories: [SP-X]}",
            "labels.yaml:23: `where.categories` must be one of the ids of Category: SP-EXPT, SP-CTI, not `SP-X`"
        ),
        (
            "where: {categories: [SP-EXPT]}", "where: {classification: secret}",
            "labels.yaml:23: `where.classification` is secret: the value of `classification` is none of public"
        ),
        (
            "where: {categories: [SP-EXPT]}", "where: {expires: soon}",
            "labels.yaml:23: `where.expires` must be a date (2026-11-21)"
        ),
        (
            "where: {categories: [SP-EXPT]}", "where: {category: SP-EXPT}",
            "labels.yaml:23: `where.category`: there is no such attribute; there are: categories"
        ),
    ].map { Mistake(file: "labels.yaml", text: $0.0, other: $0.1, message: $0.2) }

    @Test("in the retention rules of labels.yaml", arguments: inRetention)
    func retention(_ mistake: Mistake) throws {
        var sample = SampleEnclave()
        sample.files["labels.yaml"]! += "\nretention:\n  - {where: {categories: [SP-EXPT]}, retain: forever}"
        #expect(try problems(sample) == [])
        try check(mistake, in: sample)
    }

    @Test("A pattern that is wrong is reported once, and not as missing besides")
    func wrongPattern() throws {
        var sample = SampleEnclave()
        sample.replace("path: public/**", with: "path: /public/**", in: "labels.yaml")
        let problems = try problems(sample)
        #expect(problems.count == 1, "\(problems.joined(separator: "\n"))")
    }

    @Test("in labels.yaml", arguments: inLabels)
    func labels(_ mistake: Mistake) throws { try check(mistake) }

    static let inPrincipals: [Mistake] = [
        (
            "in: [engineering]\n", "in: [enginering]\n",
            "principals.yaml:7: `people.maria.chen.in`: there is no group `enginering`; declare it under groups"
        ),
        (
            "in: [engineering]\n", "in: ['Project::\"falcon\"']\n",
            "principals.yaml:7: `people.maria.chen.in`: the schema does not let Person be in Project"
        ),
        (
            "purposes: [engineering]", "purposes: [marketing]",
            "principals.yaml:8: `people.maria.chen.purposes`: `marketing` is not among the purposes"
        ),
        (
            "expires: 2027-03-31", "expires: 2027-02-30",
            "principals.yaml:9: `people.maria.chen.attributes.expires` must be a date"
        ),
        (
            "expires: 2027-03-31", "expiry: 2027-03-31",
            "principals.yaml:9: `people.maria.chen.attributes.expiry`: the schema gives Person no such attribute; it has: citizenship"
        ),
        (
            "projects: [falcon], expires", "projects: falcon, expires",
            "principals.yaml:9: `people.maria.chen.attributes.projects` must be a list"
        ),
        ("citizenship: NO, ", "", "principals.yaml:10: `people.ole`: the attribute `citizenship` is missing"),
        ("  kiosk:", "  ole:", "principals.yaml:13: `services.ole`: people has the same id"),
        (
            "site: 10.1.0.0/16", "site: 10.1.0.0/33",
            "principals.yaml:16: `services.kiosk.attributes.site` must be an IP address"
        ),
        (
            "    name: Maria Chen", "    nickname: Maria",
            "principals.yaml:6: the key `people.maria.chen.nickname` is not known here"
        ),
        ("  Program:", "  Programme:", "principals.yaml:18: `entities.Programme`: the schema has no such entity type"),
        ("  Program:", "  Passage:", "principals.yaml:18: `entities.Passage`: passages come from documents alone"),
        ("  Program:", "  Document:", "principals.yaml:18: `entities.Document`: documents come from the folder alone"),
        ("  Program:", "  Person:", "principals.yaml:18: `entities.Person`: write it under people"),
        (
            "in: ['Program::\"f-35\"']", "in: [f-35]",
            "principals.yaml:21: `entities.Project.falcon.in`: `f-35` is not an entity"
        ),
        (
            "manager: Maria", "manager: [Maria]",
            "principals.yaml:21: `entities.Project.falcon.attributes.manager` must be text"
        ),
        ("all-staff: {}", "all-staff: {in: [engineering]}", "principals.yaml: Group::\""),
        ("all-staff: {}", "all-staff:", "principals.yaml:2: `groups.all-staff` must be a mapping"),
    ].map { Mistake(file: "principals.yaml", text: $0.0, other: $0.1, message: $0.2) }

    @Test("in principals.yaml", arguments: inPrincipals)
    func principals(_ mistake: Mistake) throws { try check(mistake) }

    static let inSchema: [Mistake] = [
        ("mfa: Bool, ", "", "policies/schema.cedarschema: the context of retrieve lacks `mfa: Bool`"),
        (
            "mfa: Bool, ", "mfa: Bool, device: String, ",
            "policies/schema.cedarschema: the context of retrieve declares `device: String`; no request supplies it; take it out"
        ),
        (
            "mfa: Bool, ", "mfa?: Bool, ",
            "policies/schema.cedarschema: the context of retrieve declares `mfa?: Bool`; declare it as `mfa: Bool`"
        ),
        (
            "network: ipaddr", "network: String",
            "policies/schema.cedarschema: the context of retrieve declares `network: String`; declare it as `network: ipaddr`"
        ),
        (
            "principal: [Person, Service], resource", "principal: [Person], resource",
            "policies/schema.cedarschema: the action retrieve must apply to principal: [Person, Service]"
        ),
        (
            "entity Program;", "entity Program { first?: Passage };",
            "policies/schema.cedarschema: the entity type Program refers to Passage"
        ),
        (
            "entity Program;", "entity Program in [Passage];",
            "policies/schema.cedarschema: the entity type Program refers to Passage"
        ),
        (
            "entity Program;", "entity Program; entity Document { pages: Long };",
            "policies/schema.cedarschema: Document is more than a name; declare it as `entity Document;`"
        ),
        (
            "entity Program;", "entity Document; entity Program in [Document];",
            "policies/schema.cedarschema: the entity type Program refers to Document"
        ),
        (
            "entity Program;", "entity Document; entity Program { first?: Set<Document> };",
            "policies/schema.cedarschema: the entity type Program refers to Document"
        ),
        (
            "releasable_to?: Set<String>", "releasable_to?: Set<Set<String>>",
            "policies/schema.cedarschema: the attribute `releasable_to` of Passage is Set<Set<String>>"
        ),
        (
            "releasable_to?: Set<String>", "releasable_to?: Set<String>, title?: String",
            "policies/schema.cedarschema: Passage has an attribute `title`"
        ),
        (
            "releasable_to?: Set<String>, expires?: datetime\n}",
            "releasable_to?: Set<String>, expires?: datetime\n} tags String",
            "policies/schema.cedarschema: Passage has tags"
        ),
        ("entity Program;", "entity Program", "policies/schema.cedarschema:3:"),
    ].map { Mistake(file: "policies/schema.cedarschema", text: $0.0, other: $0.1, message: $0.2) }

    @Test("in the schema", arguments: inSchema)
    func schema(_ mistake: Mistake) throws { try check(mistake) }

    static let inPolicies: [Mistake] = [
        ("resource.dissemination.contains(", "resource.dissemination.contains((", "policies/20-export.cedar:3:"),
        (
            "forbid (principal, action == Action::\"retrieve\", resource)",
            "forbid (principal, action == Action::\"retrieve\", resource == ?resource)",
            "policies/20-export.cedar:1:1: the policy is a template"
        ),
        (
            "forbid (principal, action == Action::\"retrieve\", resource)",
            "forbid (principal, action == Action::\"retrieve\", resource == Passage::\"a\")",
            "policies/20-export.cedar:1:1: the policy names Passage::\"a\"; an id of a document or passage is the 32"
        ),
        ("principal.citizenship != \"USA\"", "principal.nation != \"USA\"", "policies/20-export.cedar:3:"),
        ("principal.citizenship != \"USA\"", "resource.expires < context.now", "policies/20-export.cedar:3:"),
        ("Control::\"NOFORN\"", "Control::\"NOFORM\"", "policies/20-export.cedar:3:"),
        (
            "principal.citizenship != \"USA\"", "resource == Passage::\"0123456789ABCDEF0123456789abcdef\"",
            "policies/20-export.cedar:1:1: the policy names Passage::\"0123456789ABCDEF0123456789abcdef\"; an id"
        ),
    ].map { Mistake(file: "policies/20-export.cedar", text: $0.0, other: $0.1, message: $0.2) }

    /// Changes to the declaration of an action besides retrieving.
    static let inErasing: [(String, String, String)] = [
        (
            "principal: [Person]", "principal: [Group]",
            "the action erase must apply to principal: [Person], [Service] or [Person, Service]"
        ),
        (
            "principal: [Person]", "principal: [Person, Group]",
            "the action erase must apply to principal: [Person], [Service] or [Person, Service]"
        ),
        (
            SampleEnclave.erasing, "action erase;",
            "the action erase must apply to principal: [Person], [Service] or [Person, Service]"
        ),
        ("resource: [Passage]", "resource: [Project]", "the action erase must apply to resource: [Passage]"),
        ("resource: [Passage]", "resource: [Passage, Group]", "the action erase must apply to resource: [Passage]"),
        ("mfa: Bool, ", "", "the context of erase lacks `mfa: Bool`, which every request has"),
        (
            "mfa: Bool, ", "mfa: Bool, reason: String, ",
            "the context of erase declares `reason: String`; no request supplies it; take it out"
        ),
        (
            "assistant?: String", "assistant: String",
            "the context of erase declares `assistant: String`; declare it as `assistant?: String`"
        ),
        ("action erase", "action hold in [erase]", "the action hold is in Action::\"erase\"; declare it on its own"),
        (
            "action erase", "action erase in [retrieve]",
            "the action erase is in Action::\"retrieve\"; declare it on its own"
        ),
        (" appliesTo {", " in [everything] appliesTo {", ""),
        ("principal: [Person]", "principal: [Service]", ""),
        ("principal: [Person]", "principal: [Service, Person]", ""),
        ("action erase", "action hold, erase", ""),
    ]

    @Test("in the declaration of erasing", arguments: inErasing)
    func erasing(text: String, other: String, message: String) throws {
        var sample = SampleEnclave()
        #expect(SampleEnclave.erasing.contains(text))
        let declaration = SampleEnclave.erasing.replacing(text, with: other)
        let more = other.contains("[erase]") ? SampleEnclave.erasing : ""
        sample.files["policies/schema.cedarschema"]! += "\naction everything;\n\(declaration)\n\(more)"
        let problems = try problems(sample)
        #expect(problems.first ?? "" == (message.isEmpty ? "" : "policies/schema.cedarschema: \(message)"))
    }

    @Test("in a policy", arguments: inPolicies)
    func policies(_ mistake: Mistake) throws { try check(mistake) }

    @Test("a policy that does not parse is shown with line, column and a caret")
    func caret() throws {
        var sample = SampleEnclave()
        sample.files["policies/15-broken.cedar"] =
            "permit (principal, action, resource)\nwhen { principal.level = 3 };\n"
        let message = try #require(try problems(sample).first)
        #expect(message.hasPrefix("policies/15-broken.cedar:2:24: "))
        #expect(message.contains("2 | when { principal.level = 3 };") && message.contains("^"))
    }

    @Test(
        "a file that is missing",
        arguments: ["portcullis.yaml", "labels.yaml", "principals.yaml", "policies/schema.cedarschema"])
    func missing(_ file: String) throws {
        var sample = SampleEnclave()
        sample.files[file] = nil
        #expect(try problems(sample).contains("\(file): is missing; every enclave has this file"))
    }

    @Test(
        "a policy file with a slip in its name",
        arguments: ["20-export.Cedar", "20-export.cedar.txt", "export/20.cedar"])
    func misnamed(_ name: String) throws {
        var sample = SampleEnclave()
        sample.files["policies/\(name)"] = sample.files.removeValue(forKey: "policies/20-export.cedar")
        let top = name.prefix { $0 != "/" }
        #expect(
            try problems(sample).first?.hasPrefix("policies/\(top): is not read: policies are in *.cedar files") == true
        )
    }

    @Test("the readme and the tests of the policies are no mistakes")
    func besides() throws {
        var sample = SampleEnclave()
        sample.files["policies/README.md"] = "Why these policies are as they are."
        sample.files["policies/tests/base.json"] = "[]"
        sample.files["policies/.hidden"] = ""
        #expect(try problems(sample).isEmpty)
    }

    @Test("no policies, no documents, no folder")
    func missingFolders() throws {
        var sample = SampleEnclave()
        sample.files["policies/10-base.cedar"] = nil
        sample.files["policies/20-export.cedar"] = nil
        sample.files["documents/public/brochure.md"] = nil
        let problems = try problems(sample)
        #expect(problems.contains { $0.hasPrefix("policies: there is no *.cedar file") })
        #expect(problems.contains { $0.hasPrefix("documents: is missing") })
        let error = #expect(throws: EnclaveError.self) { try Enclave(folder: URL(filePath: "/nowhere/at-all")) }
        #expect(error?.description == "at-all: there is no such folder; name the folder of an enclave")
    }

    @Test("mistakes in several files are reported together")
    func together() throws {
        var sample = SampleEnclave()
        sample.replace("mode: development", with: "mode: x", in: "portcullis.yaml")
        sample.replace("join: earliest", with: "join: x", in: "labels.yaml")
        sample.replace("expires: 2027-03-31", with: "expires: x", in: "principals.yaml")
        let files = Set(try problems(sample).map { $0.prefix { $0 != ":" } })
        #expect(files == ["portcullis.yaml", "labels.yaml", "principals.yaml"])
    }

    @Test("files that are too large, empty, or no text")
    func odd() throws {
        var sample = SampleEnclave()
        sample.files["labels.yaml"] = String(repeating: "#", count: 1 << 20) + "\n"
        #expect(try problems(sample).first == "labels.yaml: is 1048577 bytes long; the limit is 1048576")
        sample.files["labels.yaml"] = "# nothing\n"
        #expect(try problems(sample).first == "labels.yaml: is empty")
        sample.files["labels.yaml"] = "just text"
        #expect(try problems(sample).first?.hasPrefix("labels.yaml:1: the file must be a mapping") == true)
        try SampleEnclave().write { folder in
            try Data([0x61, 0x0A, 0xFF]).write(to: folder.appending(path: "labels.yaml"))
            let error = #expect(throws: EnclaveError.self) { try Enclave(folder: folder) }
            #expect(error?.description == "labels.yaml:2: is not UTF-8; save it as UTF-8")
        }
    }
}
