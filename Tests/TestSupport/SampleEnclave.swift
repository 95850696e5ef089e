package import Foundation

/// A small enclave for tests: three levels, two projects, portion marks below one folder, four people.
package struct SampleEnclave {
    package let folder: TemporaryFolder
    package var url: URL { folder.url.appending(path: "enclave") }
    package var indexPath: String { folder.url.appending(path: "index.sqlite").path }

    /// - Parameters:
    ///   - files: By path below the enclave's folder, in place of or besides the sample's own.
    package init(files: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        let all = Self.settings.merging(Self.documents) { $1 }.merging(files) { $1 }
        for (path, text) in all { try write(text, to: path) }
    }

    package func write(_ text: String, to path: String) throws {
        try folder.write(text, to: "enclave/\(path)")
    }

    package func write(_ data: Data, to path: String) throws {
        try folder.write(data, to: "enclave/\(path)")
    }

    package func remove(_ path: String) throws {
        try FileManager.default.removeItem(at: url.appending(path: path))
    }

    package static let settings = [
        "portcullis.yaml": """
        name: sample
        mode: development
        index: ../index.sqlite
        purposes: [work, audit]
        embedding:
          model: ../model
        ingest:
          maximum_file_bytes: 100000
        service:
          host: 127.0.0.1
          port: 0
          maximum_query_bytes: 2000
          maximum_k: 50
        authentication:
          issuer: portcullis-development
          audience: sample
        citations:
          base_url: https://documents.example/sample/
        """,
        "labels.yaml": """
        attributes:
          classification: {join: maximum, order: [public, internal, secret], visible: true}
          projects: {join: union, default: [], visible: true}
          categories: {join: union, default: []}
          expires: {join: earliest}
        marking:
          level: {attribute: classification, text: {public: P, internal: I, secret: S}}
          categories: categories
        front_matter:
          metadata: [author]
        rules:
          - path: public/**
            set: {classification: public}
          - path: internal/**
            set: {classification: internal}
          - path: secret/**
            set: {classification: secret, projects: [falcon]}
          - path: kestrel/**
            set: {classification: secret, projects: [kestrel]}
          - path: marked/**
            set: {classification: secret, projects: [falcon]}
            may_lower:
              portion_marks: [classification, categories]
        """,
        "principals.yaml": """
        groups:
          staff: {}
        people:
          alice:
            name: Alice
            in: [staff]
            purposes: [work]
            attributes: {clearance: 2, projects: [falcon]}
          bob:
            name: Bob
            in: [staff]
            purposes: [work, audit]
            attributes: {clearance: 1, projects: []}
          carol:
            name: Carol
            purposes: [work]
            attributes: {clearance: 0, projects: []}
          dan:
            name: Dan
            in: [staff]
            purposes: [work]
            attributes: {clearance: 2, projects: [kestrel]}
        services:
          kiosk:
            purposes: [work]
            attributes: {clearance: 0, projects: []}
        """,
        "policies/schema.cedarschema": """
        entity Group;
        entity Person in [Group] { clearance: Long, projects: Set<String> };
        entity Service in [Group] { clearance: Long, projects: Set<String> };
        entity Passage {
            classification: String,
            projects: Set<String>,
            categories: Set<String>,
            expires?: datetime,
        };
        action retrieve appliesTo {
            principal: [Person, Service],
            resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String },
        };
        """,
        "policies/reading.cedar": """
        @id("public")
        permit (principal, action == Action::"retrieve", resource)
        when { resource.classification == "public" };

        @id("internal")
        permit (principal in Group::"staff", action == Action::"retrieve", resource)
        when { resource.classification == "internal" && principal.clearance >= 1 };

        @id("secret")
        permit (principal in Group::"staff", action == Action::"retrieve", resource)
        when {
            resource.classification == "secret" && principal.clearance >= 2
            && principal.projects.containsAll(resource.projects) && context.mfa
        };

        @id("expired")
        forbid (principal, action, resource)
        when { resource has expires && context.now >= resource.expires };
        """,
    ]

    package static let documents = [
        "documents/public/brochure.md": """
        # What we make

        Our wings carry aircraft of every size. The standard bolt takes a moderate torque.

        ## Where to find us

        The harbour works stand beside the old lighthouse.
        """,
        "documents/internal/bolts.md": """
        # Workshop practice

        ## Bolts

        In the workshop the bolt torque for training wings is 40 newton metres.

        ## Tools

        Return each wrench to the tool crib before the end of the shift.
        """,
        "documents/secret/falcon.md": """
        # Falcon wing assembly

        ## Attachment

        The Falcon wing bolt torque is 118 newton metres, applied in two passes.
        """,
        "documents/kestrel/kestrel.md": """
        # Kestrel wing assembly

        ## Attachment

        The Kestrel wing bolt torque is 97 newton metres, applied in one pass.
        """,
        "documents/marked/report.md": """
        # (S) Falcon fatigue report

        (P) The wing was tested in the open hall during summer.

        (S//FATIGUE) The crack began at the third bolt after 9000 cycles.

        (I) Visitors sign the hall register at the gate.
        """,
    ]
}
