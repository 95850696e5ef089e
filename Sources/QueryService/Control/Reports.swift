import IndexStore
import Ingest
import Labels
import Passages

/// The labels of an index and how many passages each governs.
struct LabelReport: Encodable {
    struct Row: Encodable {
        let marking: String
        let passages: Int
        let attributes: [String: AttributeText]
        let parents: [String]
    }

    /// An attribute value for an administrator: sets as lists.
    struct AttributeText: Encodable {
        let value: AttributeValue

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            if case .set(let members) = value {
                try container.encode(members.sorted().map(\.description))
            } else {
                try container.encode(value.description)
            }
        }
    }

    let labels: [Row]

    init(snapshot: IndexSnapshot, scheme: LabelScheme) {
        labels = snapshot.passageCounts.map { label, count in
            Row(
                marking: scheme.marking.marking(of: label).text, passages: count,
                attributes: Dictionary(
                    uniqueKeysWithValues: label.attributes.map { ($0.key.string, AttributeText(value: $0.value)) }),
                parents: label.parents.map { "\($0.type)::\($0.id)" }.sorted())
        }.sorted { ($1.passages, $0.marking) < ($0.passages, $1.marking) }
    }

    /// Most passages first.
    var text: String {
        let header = ["PASSAGES", "MARKING", "ATTRIBUTES"]
        let rows = labels.map { row in
            let attributes = row.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.value)" }
            let parents = row.parents.isEmpty ? [] : ["in=[\(row.parents.joined(separator: ", "))]"]
            return [String(row.passages), row.marking, (attributes + parents).joined(separator: "  ")]
        }
        let total = labels.reduce(0) { $0 + $1.passages }
        return TextTable.lines([header] + rows, rightAligned: [0])
            + "\n\n\(labels.count) labels, \(total) passages\n"
    }
}

/// The summary of an ingest for people.
enum IngestReport {
    static func text(_ summary: IngestSummary) -> String {
        var rows = [
            ["added", String(summary.added)], ["updated", String(summary.updated)],
            ["relabelled", String(summary.relabelled)], ["unchanged", String(summary.unchanged)],
            ["removed", String(summary.removed)], ["set aside", String(summary.setAside.count)],
        ]
        if summary.taken > 0 { rows.append(["taken out of the folder", String(summary.taken)]) }
        if summary.left > 0 { rows.append(["left there, of several documents", String(summary.left)]) }
        if summary.waiting > 0 { rows.append(["waiting for an ingest", String(summary.waiting)]) }
        if !summary.isDryRun {
            rows += [["passages", String(summary.passages)], ["embedded", String(summary.embedded)]]
        }
        var text = TextTable.lines(rows, rightAligned: [1]) + "\n"
        if !summary.changes.isEmpty {
            text += "\nWould change:\n" + TextTable.lines(summary.changes.map(row), rightAligned: []) + "\n"
        }
        if !summary.setAside.isEmpty {
            text += "\nSet aside, not searchable:\n"
            text += summary.setAside.map { "  \(PageStyle.printable($0.path)): \($0.reason)\n" }.joined()
        }
        if summary.isDryRun { text += "\nNothing was changed: this was a dry run.\n" }
        return text
    }

    /// What would happen, to which document, and what that does to its markings.
    private static func row(_ change: IngestChange) -> [String] {
        let (from, to) = (change.from.joined(separator: ", "), change.to.joined(separator: ", "))
        let markings = from == to || from.isEmpty || to.isEmpty ? (to.isEmpty ? from : to) : "\(from) → \(to)"
        return ["  \(change.kind.rawValue)", PageStyle.printable(change.path), markings]
    }
}
