import AccessControl
import Cedar
import Foundation
import Labels
import TestSupport
import Testing

@testable import Enclaves

/// Holds `docs/enclave.md` to what the readers of an enclave's files take and say.
@Suite("The reference of the enclave folder")
struct ReferenceTests {
    private let reference: EnclaveReference
    private let folder: TemporaryFolder

    init() throws {
        reference = try EnclaveReference()
        folder = try TemporaryFolder()
    }

    // MARK: The example

    @Test("The example enclave opens, without a warning")
    func opens() throws {
        let enclave = try Enclave(folder: reference.write(to: folder))
        #expect(enclave.warnings.isEmpty)
        #expect(enclave.settings.name == "hale-bolts" && enclave.policies.policies.count == 13)
        let joins = Set(enclave.labelScheme.attributes.values.map { "\($0.join)".prefix { $0 != "(" } })
        #expect(joins.count == 7, "the example shows every join")
    }

    @Test("Above every block stands which file it is or changes, for the fence does not show it")
    func captions() {
        for block in reference.blocks {
            guard let name = block.info.split(separator: " ").last, name.contains("."), block.info != name else {
                continue
            }
            #expect(block.caption.contains("`\(name)`") || block.info.contains("explain"), "line \(block.line)")
        }
    }

    @Test("Its policy tests pass")
    func policyTests() throws {
        let enclave = try Enclave(folder: reference.write(to: folder))
        let run = try PolicyTestRun(enclave)
        #expect(run.outcomes.count == 3 && run.failures.isEmpty)
    }

    @Test("Each change that is shown opens, or gives the messages below it")
    func changes() throws {
        let changes = try reference.changes()
        #expect(changes.count { $0.outcome == "text error" } >= 10)
        for change in changes {
            let folder = try TemporaryFolder()
            let enclave = try reference.write(to: folder, change)
            do {
                #expect(try Enclave(folder: enclave).warnings.isEmpty)
                #expect(change.outcome != "text error", "the mistake goes unnoticed: \(change)")
            } catch {
                #expect(change.outcome == "text error", "does not open: \(change): \(error)")
                #expect(error.description == change.message, "\(change)")
            }
        }
    }

    @Test("The patterns match what the table says")
    func patterns() throws {
        for row in try reference.table("pattern", "matches", "does not match").rows {
            let pattern = try PathPattern(ByteText(try #require(row[0].quotedWords.first)))
            for path in row[1].quotedWords { #expect(pattern.matches(ByteText(path)), "\(row[0]): \(path)") }
            for path in row[2].quotedWords { #expect(!pattern.matches(ByteText(path)), "\(row[0]): \(path)") }
        }
    }

    // MARK: The keys

    @Test("Every key that a reader knows has its row, and every row is such a key", arguments: Reader.files)
    func keys(file: String) throws {
        let reader = try Reader(file: file, enclave: Enclave(folder: reference.write(to: folder)))
        let known = reader.keys()
        let documented = rows(of: file).map { $0[0].quotedWords.first ?? "" }
        #expect(Set(documented).count == documented.count, "a key has two rows")
        // What is documented one by one need not have a row for the whole, and the other way about.
        let sections = Set(known.filter { key in known.contains { $0.hasPrefix(key + ".") } })
        #expect(known.subtracting(documented).subtracting(sections) == [], "have no row")
        #expect(Set(documented).subtracting(known) == [], "are no keys")
        #expect(known.count >= 10)
    }

    @Test("Every range is the one that the reader keeps")
    func ranges() throws {
        let reader = try Reader(file: SettingsReader.file, enclave: Enclave(folder: reference.write(to: folder)))
        var count = 0
        for cells in rows(of: SettingsReader.file) where cells[1] == "number" {
            let key = cells[0].quotedWords[0]
            let bounds = cells[3].components(separatedBy: " to ").compactMap { Int($0) }
            try #require(bounds.count == 2, "\(key) has no range")
            for outside in [bounds[0] - 1, bounds[1] + 1] {
                let message = "`\(key)` is \(outside); it must be from \(cells[3])"
                #expect(reader.messages(planting: key, "\(outside)").contains { $0.contains(message) }, "\(message)")
            }
            for inside in bounds {
                #expect(!reader.messages(planting: key, "\(inside)").contains { $0.contains("it must be from") })
            }
            count += 1
        }
        #expect(count >= 8)
    }

    @Test("Every default is the one that stands where the key is left out")
    func defaults() throws {
        let whole = try #require(reference.files["portcullis.yaml"])
        let optional = ["ingest", "service"]
        var section = ""
        let text = whole.split(separator: "\n").filter { line in
            if let first = line.first, first != " " { section = String(line.prefix { $0 != ":" }) }
            return !optional.contains(section) && !line.contains("token_seconds")
        }.joined(separator: "\n")
        try reference.write(to: folder)
        try folder.write(text, to: "enclave/portcullis.yaml")
        let settings = try Enclave(folder: folder.url.appending(path: "enclave")).settings
        let actual = [
            "ingest.maximum_file_bytes": "\(settings.ingest.maximumFileBytes)",
            "ingest.pdf.seconds": "\(settings.ingest.pdfSeconds)",
            "ingest.pdf.memory_bytes": "\(settings.ingest.pdfMemoryBytes)",
            "ingest.pdf.output_bytes": "\(settings.ingest.pdfOutputBytes)",
            "service.host": settings.service.host, "service.port": "\(settings.service.port)",
            "service.trusted_proxies": "\(settings.service.trustedProxies)",
            "service.maximum_query_bytes": "\(settings.service.maximumQueryBytes)",
            "service.maximum_k": "\(settings.service.maximumK)",
            "service.shared_scans": "\(settings.service.sharesScans)",
            "service.vectors": settings.service.vectors.rawValue,
            "authentication.token_seconds": "\(settings.authentication.tokenSeconds)",
            "erasure.subjects": "\(settings.erasure.subjectAttribute)", "retention.sweep": "\(settings.sweepsDaily)",
        ]
        let rows = rows(of: SettingsReader.file)
        for (key, value) in actual {
            let row = try #require(rows.first { $0[0] == "`\(key)`" })
            #expect(row[2] == "`\(value)`", "\(key)")
        }
    }

    @Test("The limits are those that are kept")
    func limits() throws {
        let limits = [
            "`portcullis.yaml`, `labels.yaml`": "\(EnclaveLimits.settingsBytes >> 20) MiB each",
            "`principals.yaml`": "\(EnclaveLimits.principalsBytes >> 20) MiB",
            "all files of `policies/` together": "\(EnclaveLimits.policyBytes >> 20) MiB",
            "front matter, or a sidecar": "\(EnclaveLimits.metadataBytes >> 10) KiB",
            "lists and mappings inside each other": "\(EnclaveLimits.yamlDepth) levels",
            "one text in a YAML file": "\(EnclaveLimits.textBytes) bytes",
            "values of one set": "\(EnclaveLimits.setMembers)",
            "a title in front matter": "\(EnclaveLimits.titleBytes) bytes",
            "rules of `retention`": "\(EnclaveLimits.retentionRules)",
        ]
        let rows = reference.tables.filter { $0.header == ["limit", "value"] }.flatMap(\.rows)
        for (what, value) in limits {
            let row = try #require(rows.first { $0[0] == what }, "\(what)")
            #expect(row[1].replacing(",", with: "") == value, "\(what)")
        }
        let text = reference.text.replacing(",", with: "")
        #expect(text.contains("A pattern has at most \(PathPattern.lengthLimit) bytes"))
        #expect(text.contains("At most \(RetentionSpan.yearLimit) years"))
    }

    @Test("The spans that are shown are spans, and the first rules are those of the example")
    func spans() throws {
        for row in try reference.table("span", "is").rows {
            for span in row[0].quotedWords { #expect(throws: Never.self) { try RetentionSpan(parsing: span) } }
        }
        #expect(try "\(RetentionSpan(parsing: "18mo"))" == "1y6mo")
        let retention = try Enclave(folder: reference.write(to: folder)).retention
        #expect(
            retention.rules.map { "\($0.term)" } == [
                "5y after document.ingested", "10y6mo after document.date", "30d after expires",
            ])
    }

    @Test("The joins, the context and the fixed names are all there")
    func names() throws {
        let enclave = try Enclave(folder: reference.write(to: folder))
        let reader = try Reader(file: LabelsReader.file, enclave: enclave)
        let message = try #require(
            reader.messages(planting: "attributes.classification.join", "x").first { $0.contains("it must be") })
        let joins = message.components(separatedBy: "it must be ")[1].split { $0 == "," || $0 == " " }
            .filter { $0 != "or" }
        let documented = try reference.table("join", "type").rows.map { $0[0] }
        #expect(documented == joins.map { "`\($0)`" })

        let context = AccessRequest.contextType.attributes.keys.map { "`context.\($0)`" }
        #expect(try Set(reference.table("key", "type", "where it comes from").rows.map { $0[0] }) == Set(context))
        let fixed = try reference.table("name", "what it is").rows.flatMap { $0[0].quotedWords }
        let types = [Principal.personType, Principal.serviceType, SchemaRequirements.groupType, LabelEntity.type]
        let actions = [AccessRequest.action] + AdministrativeAction.allCases.map(\.uid)
        #expect(Set(fixed) == Set(types.map { "\($0)" } + actions.map { "\($0)" }))
    }

    /// The rows that describe keys of a file: those of tables with a type and a default.
    private func rows(of file: String) -> [[String]] {
        let sections = [
            SettingsReader.file: ["Settings: `portcullis.yaml`", "An embedding endpoint"],
            LabelsReader.file: ["Labels: `labels.yaml`"],
            PrincipalsReader.file: ["Principals: `principals.yaml`"],
        ]
        return reference.tables.filter { sections[file]?.contains($0.section) == true }
            .filter { $0.header.prefix(3) == ["key", "type", "default"] }
            .flatMap(\.rows)
    }
}

/// Asks a reader for keys that it does not have, and so learns which it has.
private struct Reader {
    static let files = [SettingsReader.file, LabelsReader.file, PrincipalsReader.file]
    private static let planted = "planted"

    let file: String
    private let enclave: Enclave
    private let text: String

    init(file: String, enclave: Enclave) throws {
        self.file = file
        self.enclave = enclave
        text = String(decoding: try Data(contentsOf: enclave.folder.appending(path: file)), as: UTF8.self)
    }

    /// Every key, with those above it: `service.port`. For keys that an enclave chooses stands what they are.
    func keys() -> Set<String> { keys(below: []) }

    /// What the reader says of a file in which a key has another value.
    func messages(planting key: String, _ value: String) -> [String] {
        let names = key.split(separator: ".").map(String.init)
        let steps = names.map { Step(key: $0, form: .mapping) }
        return messages(Self.yaml(steps.dropLast(), "\(names.last ?? ""): \(value)"), inPlaceOf: names.first)
    }

    /// How the mapping of a section stands below its key.
    private enum Form {
        case mapping, list, attributes, ids, typedIDs

        /// The value of the key, for the content of the mapping.
        func value(_ content: String) -> String {
            switch self {
            case .mapping: "{\(content)}"
            case .list: "[{\(content)}]"
            case .attributes: "{classification: {\(content)}}"
            case .ids: "{somebody: {\(content)}}"
            case .typedIDs: "{Project: {something: {\(content)}}}"
            }
        }

        /// What stands for the keys between.
        var placeholder: String {
            switch self {
            case .mapping, .list: ""
            case .attributes: ".NAME"
            case .ids: ".ID"
            case .typedIDs: ".TYPE.ID"
            }
        }
    }

    private var forms: [Form] {
        switch file {
        case SettingsReader.file: [.mapping]
        case LabelsReader.file: [.mapping, .list, .attributes]
        default: [.ids, .typedIDs]
        }
    }

    private struct Step {
        let key: String
        let form: Form
    }

    private func keys(below steps: [Step]) -> Set<String> {
        let names = known(below: steps)
        let path = steps.map { $0.key + $0.form.placeholder + "." }.joined()
        var keys = Set(names.map { path + $0 })
        for name in names {
            for form in forms { keys.formUnion(self.keys(below: steps + [Step(key: name, form: form)])) }
        }
        return keys
    }

    private func known(below steps: [Step]) -> [String] {
        let text = Self.yaml(steps, "\(Self.planted): x")
        for message in messages(text, inPlaceOf: steps.first?.key) {
            let parts = message.components(separatedBy: "\(Self.planted)` is not known here; known are: ")
            if parts.count == 2 { return parts[1].components(separatedBy: ", ") }
        }
        return []
    }

    private static func yaml(_ steps: some BidirectionalCollection<Step>, _ content: String) -> String {
        guard let first = steps.first else { return content }
        let inner = steps.dropFirst().reversed().reduce(content) { "\($1.key): \($1.form.value($0))" }
        return "\(first.key): \(first.form.value(inner))"
    }

    /// - Parameter key: Whose lines of the example's file go.
    private func messages(_ planted: String, inPlaceOf key: String?) -> [String] {
        var isLeft = true
        let kept = text.split(separator: "\n").filter { line in
            if let first = line.first, first != " " { isLeft = line.prefix { $0 != ":" } != key ?? "" }
            return isLeft
        }
        let log = ProblemLog(file: file)
        let whole = kept.joined(separator: "\n") + "\n" + planted + "\n"
        guard let tree = try? YAMLTree.parse(Array(whole.utf8), limit: EnclaveLimits.settingsBytes) else {
            return ["is no YAML: \(whole)"]
        }
        switch file {
        case SettingsReader.file: _ = SettingsReader(folder: enclave.folder, log: log).settings(tree)
        case LabelsReader.file: _ = LabelsReader(attributes: enclave.attributeReader, log: log).file(tree)
        default:
            _ = PrincipalsReader(
                attributes: enclave.attributeReader, purposes: enclave.settings.purposes, log: log
            ).store(tree)
        }
        return log.problems.map(\.message)
    }
}
