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
        let rows = [
            ["added", String(summary.added)], ["updated", String(summary.updated)],
            ["unchanged", String(summary.unchanged)], ["removed", String(summary.removed)],
            ["set aside", String(summary.setAside.count)], ["passages", String(summary.passages)],
        ]
        var text = TextTable.lines(rows, rightAligned: [1]) + "\n"
        if !summary.setAside.isEmpty {
            text += "\nSet aside, not searchable:\n"
            text += summary.setAside.map { "  \(PageStyle.printable($0.path)): \($0.reason)\n" }.joined()
        }
        return text
    }
}
