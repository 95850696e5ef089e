import Foundation

/// A small valid enclave, and ways to spoil one file of it.
struct SampleEnclave {
    /// Path in the enclave folder to text.
    var files: [String: String] = [
        "portcullis.yaml": """
        name: sample
        mode: development
        index: ../indexes/sample.sqlite
        purposes: [engineering, quality]
        embedding:
          model: ../models/all-MiniLM-L6-v2
        authentication:
          issuer: portcullis-development
          audience: sample
        citations:
          base_url: https://documents.example/sample/
        """,
        "policies/schema.cedarschema": """
        entity Group in [Group];
        entity Program;
        entity Project in [Program] { manager?: String };
        entity Category enum ["SP-EXPT", "SP-CTI"];
        entity Control enum ["NOFORN", "FED ONLY"];
        entity Person, Service in [Group] {
            clearance: String, citizenship: String, projects: Set<Project>, expires?: datetime, site?: ipaddr
        };
        entity Passage in [Project] {
            classification: String, categories: Set<Category>, dissemination: Set<Control>,
            projects: Set<Project>, releasable_to?: Set<String>, expires?: datetime
        };
        action retrieve appliesTo {
            principal: [Person, Service], resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String }
        };
        """,
        "policies/10-base.cedar": """
        permit (principal, action == Action::"retrieve", resource)
        when { resource.classification == "public" };

        permit (principal, action == Action::"retrieve", resource)
        when { principal.clearance == "cui" && principal.projects.containsAll(resource.projects) };
        """,
        "policies/20-export.cedar": """
        @id("noforn")
        forbid (principal, action == Action::"retrieve", resource)
        when { resource.dissemination.contains(Control::"NOFORN") && principal.citizenship != "USA" };
        """,
        "labels.yaml": """
        attributes:
          classification: {join: maximum, order: [public, internal, cui], visible: true}
          categories: {join: union, default: [], visible: true}
          dissemination: {join: union, default: []}
          projects: {join: union, default: []}
          releasable_to: {join: intersection}
          expires: {join: earliest}
        marking:
          level: {attribute: classification, text: {public: PUBLIC, internal: U, cui: CUI}}
          categories: categories
          dissemination: dissemination
        front_matter:
          metadata: [author, date]
        rules:
          - path: public/**
            set: {classification: public}
          - path: [projects/falcon/**, 'projects/kestrel/*.md']
            set: {classification: cui, categories: [SP-EXPT], projects: [falcon]}
            in: ['Project::"falcon"']
            may_lower:
              portion_marks: [classification, categories, dissemination]
        """,
        "principals.yaml": """
        groups:
          all-staff: {}
          engineering: {in: [all-staff]}
        people:
          maria.chen:
            name: Maria Chen
            in: [engineering]
            purposes: [engineering]
            attributes: {clearance: cui, citizenship: USA, projects: [falcon], expires: 2027-03-31}
          ole:
            attributes: {clearance: public, citizenship: NO, projects: []}
        services:
          kiosk:
            in: [all-staff]
            purposes: [quality]
            attributes: {clearance: public, citizenship: USA, projects: [], site: 10.1.0.0/16}
        entities:
          Program:
            f-35: {}
          Project:
            falcon: {in: ['Program::"f-35"'], attributes: {manager: Maria}}
        """,
        "documents/public/brochure.md": "# Brochure\n\nWe make brackets.\n",
    ]

    /// A declaration for the schema.
    static let erasing = """
        action erase appliesTo {
            principal: [Person], resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String }
        };
        """

    /// Replaces the one place where `text` stands.
    mutating func replace(_ text: String, with other: String, in file: String) {
        let parts = files[file]!.components(separatedBy: text)
        precondition(parts.count == 2, "\(text) stands \(parts.count - 1) times in \(file)")
        files[file] = parts.joined(separator: other)
    }

    /// Writes the files into a new folder, runs `body`, and takes the folder away.
    func write<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "enclave-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (path, text) in files {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return try body(folder)
    }
}
