import AccessControl
import Cedar
import Enclaves
import Foundation
import Labels
import QueryService

/// Policy decisions by themselves: one request, 64 labels.
struct DecisionMeasurement: Sendable {
    private let synthetic: SyntheticEnclave
    private let sample: URL
    private let rounds: Int

    init(workspace: URL, enclave: String, isQuick: Bool) {
        synthetic = SyntheticEnclave(workspace: workspace, isQuick: isQuick)
        sample = URL(filePath: enclave)
        rounds = isQuick ? 4 : 40
    }

    func section() async throws -> Section {
        let synthetic = try Enclave(folder: synthetic.folder)
        let sample = try Enclave(folder: sample)
        let invented = (0..<SyntheticEnclave.labelCount).map { SyntheticEnclave.label($0) }
        let items = [
            item(synthetic, person: self.synthetic.person(share: 10, holder: 0), labels: invented),
            item(synthetic, person: self.synthetic.person(share: 100, holder: 0), labels: invented),
        ]
        guard let principal = sample.principals.principals.last(where: { $0.uid.type == Principal.personType }) else {
            throw UnexpectedAnswer(what: "the sample enclave has no people")
        }
        let sampleItem = item(sample, person: principal.id.string, labels: try Self.labels(of: sample))
        var random = RandomNumbers(seed: 5)
        let samples = try await Stopwatch.interleave(
            (items + [sampleItem]).map(\.item), rounds: rounds, calls: 20, random: &random)
        func row(_ name: String, _ index: Int) -> Section.Row {
            let labels = Double((items + [sampleItem])[index].labels)
            return Section.Row(
                name: name,
                cells: [
                    samples[index].median(decimals: 3), Figure(samples[index].percentile(0.95), decimals: 3),
                    Figure(samples[index].percentile(0.5) * 1000 / labels, decimals: 1),
                ])
        }
        return Section(
            title: "Policy decisions for one request",
            explanation: [
                "`LabelAuthorizer.permittedLabels`: each label checked against the schema and decided by every policy. "
                    + "Synthetic: \(synthetic.policies.count) policies. Sample: the \(sample.policies.count) policies of the "
                    + "sample enclave over \(sampleItem.labels) labels made of its own rules.",
                "This is part of every line but the scan in the table of filtered queries.",
            ],
            columns: ["", "p50 ms", "p95 ms", "µs a label"],
            rows: [
                row("synthetic, \(SyntheticEnclave.labelCount) labels, 10 % permitted", 0),
                row("synthetic, \(SyntheticEnclave.labelCount) labels, 100 % permitted", 1),
                row("sample enclave, \(sampleItem.labels) labels", 2),
            ], targets: [])
    }

    private func item(_ enclave: Enclave, person: String, labels: [Label]) -> (item: Stopwatch.Item, labels: Int) {
        let numbered = LabelTable(labels.enumerated().map { (LabelID(Int64($0)), $1) })
        return (
            Stopwatch.Item { _ in
                let caller = try Caller(developmentIdentity: person, enclave: enclave)
                guard let network = IPAddress(parsing: "127.0.0.1"),
                    let purpose = caller.principal.purposes.sorted().first
                else { throw UnexpectedAnswer(what: "no purpose") }
                let request = try caller.accessRequest(
                    purpose: purpose.string, network: network, now: Int64(Date().timeIntervalSince1970 * 1000))
                let permitted = enclave.authorizer.permittedLabels(among: numbered, for: request)
                guard permitted.report.decided == labels.count, permitted.report.nonconforming == 0 else {
                    throw UnexpectedAnswer(what: "labels that the schema does not allow")
                }
            }, labels.count
        )
    }

    /// The labels of the folders that the sample's documents lie in, and of the same with an expiry, 64 at most.
    private static func labels(of enclave: Enclave) throws -> [Label] {
        let files = FileManager.default.subpaths(atPath: enclave.documents.path) ?? []
        var labels: Set<Label> = []
        for path in files.sorted() where !path.hasSuffix(".label.yaml") {
            for expiry in [Int64(4_102_444_800_000), 4_102_531_200_000, 4_102_617_600_000, 4_102_704_000_000] {
                let sidecar: [ByteText: AttributeValue] = ["expires": .datetime(expiry)]
                let labeling = try? enclave.labelRules.labeling(
                    path: ByteText(path), frontMatter: [:], sidecar: sidecar)
                if let label = labeling?.documentLabel { labels.insert(label) }
            }
        }
        return Array(labels.sorted { $0.canonicalBytes.lexicographicallyPrecedes($1.canonicalBytes) }.prefix(64))
    }
}
