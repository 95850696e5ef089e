import AccessControl
import Cedar
import Enclaves
import Foundation
import Labels
import Testing

@Suite("Opening an enclave")
struct EnclaveTests {
    @Test("a good enclave opens with all that it says")
    func opens() throws {
        try SampleEnclave().write { folder in
            let enclave = try Enclave(folder: folder)
            #expect(enclave.settings.name == "sample" && enclave.settings.mode == .development)
            #expect(enclave.settings.purposes == ["engineering", "quality"])
            #expect(enclave.settings.service.port == 8471 && enclave.settings.service.host == "127.0.0.1")
            #expect(enclave.settings.ingest.pdfSeconds == 30)
            #expect(enclave.settings.index.lastPathComponent == "sample.sqlite")
            #expect(
                enclave.settings.index.deletingLastPathComponent().deletingLastPathComponent().standardizedFileURL.path
                    == folder.deletingLastPathComponent().standardizedFileURL.path)
            #expect(enclave.policies.policies.count == 3)
            #expect(enclave.labelScheme.attributes.count == 6 && enclave.labelRules.rules.count == 2)
            #expect(enclave.labelScheme.attributes["categories"]?.isVisible == true)
            #expect(enclave.labelScheme.attributes["projects"]?.isVisible == false)
            #expect(enclave.labelRules.metadataKeys == ["title", "author", "date"])
            #expect(enclave.labelRules.rules.map(\.line) == [15, 17])
            #expect(enclave.principals.principals.map(\.id) == ["kiosk", "maria.chen", "ole"])
            #expect(enclave.documents.lastPathComponent == "documents")
        }
    }

    @Test("values are typed by the schema and never by YAML's guess")
    func typed() throws {
        try SampleEnclave().write { folder in
            let enclave = try Enclave(folder: folder)
            let maria = try #require(enclave.principals.principal("maria.chen"))
            #expect(maria.displayName == "Maria Chen" && maria.purposes == ["engineering"])
            let record = try #require(enclave.principals.entities.record(of: maria.uid))
            #expect(record.attributes["projects"] == .set([.entity(EntityUID(type: "Project", id: "falcon"))]))
            #expect(record.attributes["expires"] == Datetime(parsing: "2027-03-31").map { .datetime($0) })
            #expect(record.ancestors.contains(EntityUID(type: "Group", id: "all-staff")))
            let ole = try #require(enclave.principals.principal("ole"))
            #expect(ole.displayName == "ole")
            #expect(enclave.principals.entities.record(of: ole.uid)?.attributes["citizenship"] == "NO")
            let kiosk = try #require(enclave.principals.principal("kiosk"))
            #expect(kiosk.uid.type == "Service")
            let falcon = EntityUID(type: "Project", id: "falcon")
            #expect(enclave.principals.entities.isEntity(falcon, in: EntityUID(type: "Program", id: "f-35")))
        }
    }

    @Test("the parts work together: a document's label is decided for its readers")
    func decides() throws {
        try SampleEnclave().write { folder in
            let enclave = try Enclave(folder: folder)
            let labeling = try enclave.labelRules.labeling(path: "projects/falcon/torque.md")
            let marks = try enclave.labelScheme.marking.portionMarks(in: Array("(CUI//NOFORN) x".utf8))
            let labels = [labeling.documentLabel, try labeling.label(marked: marks)]
            #expect(labels.map { enclave.labelScheme.marking.marking(of: $0).text } == ["CUI//SP-EXPT", "CUI//NOFORN"])
            let numbered = LabelTable(labels.enumerated().map { (LabelID(Int64($0.offset)), $0.element) })
            func permitted(_ id: ByteText) throws -> [LabelID] {
                let request = AccessRequest(
                    principal: try #require(enclave.principals.principal(id)).uid, purpose: "engineering",
                    now: 1_800_000_000_000, network: try #require(IPAddress(parsing: "127.0.0.1")), mfa: true)
                return enclave.authorizer.permittedLabels(among: numbered, for: request).ids
            }
            #expect(try permitted("maria.chen") == [LabelID(0), LabelID(1)])
            #expect(try permitted("ole").isEmpty)
        }
    }

    @Test("principals are found by bytes")
    func bytes() throws {
        var sample = SampleEnclave()
        sample.replace("  ole:", with: "  olé:", in: "principals.yaml")
        try sample.write { folder in
            let enclave = try Enclave(folder: folder)
            #expect(enclave.principals.principal("olé") != nil)
            #expect(enclave.principals.principal("ole\u{301}") == nil)
        }
    }

    @Test("the policy version changes with any byte of policies or schema, and with nothing else")
    func version() throws {
        func version(_ change: (inout SampleEnclave) -> Void) throws -> String {
            var sample = SampleEnclave()
            change(&sample)
            return try sample.write { try Enclave(folder: $0).policyVersion }
        }
        let plain = try version { _ in }
        #expect(plain.count == 16 && plain.allSatisfy(\.isHexDigit))
        #expect(try version { $0.files["labels.yaml"]! += "\n" } == plain)
        #expect(try version { $0.files["policies/10-base.cedar"]! += "\n" } != plain)
        #expect(try version { $0.files["policies/schema.cedarschema"]! += " " } != plain)
        #expect(
            try version { sample in
                sample.files["policies/11-base.cedar"] = sample.files.removeValue(forKey: "policies/10-base.cedar")
            } != plain)
    }

    @Test("a policy that can never apply is a warning")
    func warnings() throws {
        var sample = SampleEnclave()
        sample.files["policies/30-never.cedar"] = "permit (principal, action, resource) when { false };"
        try sample.write { folder in
            let warnings = try Enclave(folder: folder).warnings
            #expect(warnings.map(\.file) == ["policies/30-never.cedar"])
        }
        try SampleEnclave().write { folder in
            let enclave = try Enclave(folder: folder)
            #expect(enclave.warnings.isEmpty)
        }
    }

    @Test("a permit that leaves the action open is a warning where there is more to do than reading")
    func openPermit() throws {
        var sample = SampleEnclave()
        sample.files["policies/10-base.cedar"] = "permit (principal, action, resource);"
        #expect(try sample.write { try Enclave(folder: $0).warnings }.isEmpty)
        sample.files["policies/schema.cedarschema"]! += "\n" + SampleEnclave.erasing
        sample.files["policies/30-more.cedar"] = """
            forbid (principal, action, resource) when { !context.mfa };
            permit (principal, action in [Action::"retrieve", Action::"erase"], resource);
            """
        #expect(
            try sample.write { try Enclave(folder: $0).warnings.map(\.description) } == [
                "policies/10-base.cedar:1:1: the permit leaves the action open, and so permits to erase too; write action == "
                    + "Action::\"retrieve\" if it is about reading"
            ])
    }

    @Test("policies about erasing are validated, name documents, and decide")
    func erasing() throws {
        let name = "0123456789abcdef0123456789abcdef"
        var sample = SampleEnclave()
        sample.replace(
            "entity Passage in [Project]", with: "entity Document;\nentity Passage in [Project, Document]",
            in: "policies/schema.cedarschema")
        sample.files["policies/schema.cedarschema"]! += "\n" + SampleEnclave.erasing
        sample.files["policies/30-erasure.cedar"] = """
            permit (principal == Person::"maria.chen", action == Action::"erase", resource)
            unless { resource in Document::"\(name)" };
            """
        try sample.write { folder in
            let enclave = try Enclave(folder: folder)
            #expect(enclave.warnings.isEmpty && enclave.authorizer.names.documents == [ByteText(name)])
            let label = try enclave.labelRules.labeling(path: "projects/falcon/torque.md").documentLabel
            let request = AccessRequest(
                principal: try #require(enclave.principals.principal("maria.chen")).uid, purpose: "engineering",
                now: 1_800_000_000_000, network: try #require(IPAddress(parsing: "127.0.0.1")), mfa: true)
            let action = try enclave.authorizer.authorization(of: .erase, on: [label], for: request)
            #expect(action.labels == [label])
            let own = enclave.authorizer.names.label(label, document: ByteText(name), passage: nil)
            #expect(throws: ActionRefused.self) {
                try enclave.authorizer.authorization(of: .erase, on: [label, own], for: request)
            }
        }
        sample.replace(
            "unless {", with: "unless { resource.expires < context.now };//", in: "policies/30-erasure.cedar")
        let error = try sample.write { folder in
            #expect(throws: EnclaveError.self) { try Enclave(folder: folder) }
        }
        #expect(error?.description.contains("policies/30-erasure.cedar:2:") == true)
        #expect(error?.description.contains(#"Person × Action::"erase" × Passage"#) == true)
    }

    @Test("production needs the issuer's keys, and may bind anywhere")
    func production() throws {
        var sample = SampleEnclave()
        sample.replace("mode: development", with: "mode: production\nservice: {host: 0.0.0.0}", in: "portcullis.yaml")
        let error = try sample.write { folder in
            #expect(throws: EnclaveError.self) { try Enclave(folder: folder) }
        }
        #expect(error?.problems.count == 2)
        #expect(error?.description.contains("`authentication.key_set` is missing") == true)
        #expect(error?.description.contains("`keys.root` is missing") == true)
        sample.replace("audience: sample", with: "audience: sample\n  key_set: keys.jwks.json", in: "portcullis.yaml")
        sample.files["portcullis.yaml"]! += "\nkeys: {root: {credential: root}}\n"
        try sample.write { folder in
            let enclave = try Enclave(folder: folder)
            #expect(enclave.settings.authentication.keySet?.lastPathComponent == "keys.jwks.json")
        }
    }
}
