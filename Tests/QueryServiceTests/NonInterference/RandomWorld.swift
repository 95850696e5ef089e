import Foundation
import IndexStore
import TestSupport

/// A random enclave: policies, label rules, people and documents, all made from one seed.
///
/// Its documents stay at hand as sources, so that a test can change them and write them again.
struct RandomWorld {
    let seed: UInt64
    let folder: TemporaryFolder
    private(set) var sources: [SourceDocument]
    private(set) var rules: LabelRuleText
    let policies: PolicyText
    /// Whether the vectors of some worlds stay in the file, and those of an index that is compared with theirs.
    private let variesVectors: Bool
    private var generator: SeededGenerator

    var people: [String] { Self.people }
    private static let people = ["p0", "p1", "p2", "p3", "kiosk"]

    var url: URL { folder.url.appending(path: "enclave") }
    var indexPath: String { folder.url.appending(path: "index.sqlite").path }

    /// Whether an index of what one person may read has its vectors in memory.
    var comparesInMemory: Bool { !variesVectors || seed % 3 != 0 }

    init(seed: UInt64, variesVectors: Bool = false) throws {
        var generator = SeededGenerator(seed: seed)
        self.seed = seed
        self.variesVectors = variesVectors
        folder = try TemporaryFolder()
        rules = LabelRuleText(using: &generator)
        policies = PolicyText(using: &generator)
        let writer = SourceWriter(using: &generator)
        sources = (0..<Int.random(in: 7...10, using: &generator)).map { writer.document($0, using: &generator) }
        let people = Self.people.map { Self.person($0, using: &generator) }
        self.generator = generator
        try folder.write(settings, to: "enclave/portcullis.yaml")
        try folder.write(PolicyText.schema, to: "enclave/policies/schema.cedarschema")
        try folder.write(policies.permits, to: "enclave/policies/permits.cedar")
        try folder.write(policies.forbids, to: "enclave/policies/forbids.cedar")
        try folder.write(
            #"permit (principal == Person::"p0", action == Action::"verify", resource);"#,
            to: "enclave/policies/verification.cedar")
        try folder.write(
            "groups:\n  g0: {}\n  g1: {}\npeople:\n" + people.dropLast().joined() + "services:\n" + people.last!,
            to: "enclave/principals.yaml")
        try writeRules()
        for source in sources { try write(source) }
    }

    /// The same enclave in another folder, with other documents.
    init(_ original: RandomWorld, sources: [SourceDocument]) throws {
        let copy = try TemporaryFolder()
        try FileManager.default.copyItem(at: original.url, to: copy.url.appending(path: "enclave"))
        self = RandomWorld(original, folder: copy, sources: sources)
        for source in sources { try write(source) }
    }

    private init(_ original: RandomWorld, folder: TemporaryFolder, sources: [SourceDocument]) {
        seed = original.seed
        rules = original.rules
        policies = original.policies
        variesVectors = original.variesVectors
        generator = original.generator
        self.folder = folder
        self.sources = sources
    }

    private func write(_ source: SourceDocument) throws {
        try folder.write(source.rendered.text, to: "enclave/documents/\(source.path)")
        let sidecar = "enclave/documents/\(source.path).label.yaml"
        if let text = source.sidecar {
            try folder.write(text, to: sidecar)
        } else {
            try? FileManager.default.removeItem(at: folder.url.appending(path: sidecar))
        }
    }

    private func writeRules() throws {
        try folder.write(rules.text, to: "enclave/labels.yaml")
    }

    // MARK: History

    /// Deletes a document, adds one, edits some, and tightens or loosens others by sidecar.
    mutating func changeDocuments() throws {
        let writer = SourceWriter(using: &generator)
        let gone = sources.remove(at: Int.random(in: sources.indices, using: &generator))
        try FileManager.default.removeItem(at: url.appending(path: "documents/\(gone.path)"))
        try? FileManager.default.removeItem(at: url.appending(path: "documents/\(gone.path).label.yaml"))
        sources.append(writer.document(100 + sources.count, using: &generator))
        for index in sources.indices {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: sources[index].units = writer.document(index, using: &generator).units
            case 1: sources[index].sidecar = sources[index].sidecar == nil ? writer.sidecar(using: &generator) : nil
            default: break
            }
        }
        for source in sources { try write(source) }
    }

    /// Adds policies that name some of the documents and their passages.
    mutating func name(_ documents: [IndexedDocument]) throws {
        try folder.write(
            PolicyText.named(documents, using: &generator), to: "enclave/policies/named.cedar")
    }

    /// Gives folders other labels.
    mutating func changeRules() throws {
        rules = LabelRuleText(using: &generator)
        try writeRules()
    }

    // MARK: Fixed parts

    private static func person(_ name: String, using generator: inout SeededGenerator) -> String {
        let projects = Vocabulary.projects.filter { _ in Bool.random(using: &generator) }
        let contracts = Vocabulary.contracts.filter { _ in Bool.random(using: &generator) }
        let groups = ["g0", "g1"].filter { _ in Bool.random(using: &generator) }
        let attributes = [
            "clearance: \(Int.random(in: 0...3, using: &generator))", "projects: [\(projects.joined(separator: ", "))]",
            "contracts: [\(contracts.joined(separator: ", "))]", "limit: \(Int.random(in: 1...10, using: &generator))",
            "citizen: \(Bool.random(using: &generator))",
        ]
        return """
              \(name):
                in: [\(groups.joined(separator: ", "))]
                purposes: [work, audit]
                attributes: {\(attributes.joined(separator: ", "))}

            """
    }

    private var settings: String {
        """
        name: random
        mode: development
        index: ../index.sqlite
        purposes: [work, audit]
        embedding:
          model: ../model
        service:
          host: 127.0.0.1
          port: 0
          maximum_query_bytes: 2000
          maximum_k: 500
          vectors: \(variesVectors && seed % 2 == 0 ? "file" : "memory")
        authentication:
          issuer: portcullis-development
          audience: random
        citations:
          base_url: https://documents.example/
        """
    }
}

/// Few words, so that texts are near each other and tie.
enum Vocabulary {
    static let projects = ["falcon", "heron", "kestrel"]
    static let contracts = ["c0", "c1"]
    static let levels = ["public", "internal", "secret", "top"]
    static let levelMarks = ["P", "I", "S", "T"]
    static let categories = ["SP-EXPT", "SP-CTI", "PRVCY"]
    static let words = """
        bolt torque wing spar crack paint crew gate hall report test summer lathe drill panel rivet seal valve pump frame
        größe café cafe\u{301} 35 Nm 118 approved before after under between primary second third register visitor harbour
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    static func text(_ count: Int, using generator: inout SeededGenerator) -> String {
        (0..<count).map { _ in words.randomElement(using: &generator)! }.joined(separator: " ")
    }
}
