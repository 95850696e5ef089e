import AccessControl
import Cedar
import Enclaves
import IndexStore
import Labels

/// What other policies and principals would change: the labels that each person would gain and lose, with the passages
/// that bear them.
struct ClearanceDifference: Encodable {
    struct Row: Encodable {
        let person: String
        let purpose: String
        let marking: String
        let attributes: [String: LabelReport.AttributeText]
        let passages: Int
        let isGained: Bool

        enum CodingKeys: String, CodingKey {
            case person, purpose, marking, attributes, passages
            case isGained = "is_gained"
        }
    }

    let rows: [Row]
    /// People who are in one of the two only.
    let peopleAdded: [String]
    let peopleRemoved: [String]

    enum CodingKeys: String, CodingKey {
        case rows
        case peopleAdded = "people_added"
        case peopleRemoved = "people_removed"
    }

    /// Each person of either enclave asks for each purpose that they may state, from this machine, with a second factor.
    ///
    init(old: Enclave, new: Enclave, index: IndexSnapshot, network: IPAddress, now: Int64) {
        func people(_ enclave: Enclave) -> [ByteText: Principal] {
            Dictionary(enclave.principals.principals.map { ($0.id, $0) }) { first, _ in first }
        }
        func permitted(_ enclave: Enclave, _ person: Principal?, _ purpose: ByteText) -> PermittedLabels? {
            guard let person, person.purposes.contains(purpose) else { return nil }
            let request = AccessRequest(
                principal: person.uid, purpose: purpose, now: now, network: network, mfa: true)
            return enclave.authorizer.permittedLabels(among: index.labels, for: request)
        }
        let (before, after) = (people(old), people(new))
        var rows: [Row] = []
        for id in Set(before.keys).union(after.keys).sorted() {
            let purposes = (before[id]?.purposes ?? []).union(after[id]?.purposes ?? [])
            for purpose in purposes.sorted() {
                let (was, will) = (permitted(old, before[id], purpose), permitted(new, after[id], purpose))
                for number in Set(was?.ids ?? []).symmetricDifference(will?.ids ?? []).sorted() {
                    guard let label = was?[number] ?? will?[number] else { continue }
                    rows.append(
                        Row(
                            person: id.string, purpose: purpose.string,
                            marking: old.labelScheme.marking.marking(of: label).text,
                            attributes: Dictionary(
                                uniqueKeysWithValues: label.attributes.map {
                                    ($0.key.string, LabelReport.AttributeText(value: $0.value))
                                }), passages: index.passageCount(of: number),
                            isGained: will?.contains(number) == true))
                }
            }
        }
        self.rows = rows
        peopleAdded = after.keys.filter { before[$0] == nil }.sorted().map(\.string)
        peopleRemoved = before.keys.filter { after[$0] == nil }.sorted().map(\.string)
    }

    /// For people.
    var text: String {
        var text = ""
        if !peopleAdded.isEmpty { text += "new people: \(peopleAdded.joined(separator: ", "))\n" }
        if !peopleRemoved.isEmpty { text += "people gone: \(peopleRemoved.joined(separator: ", "))\n" }
        guard !rows.isEmpty else { return text + "nobody gains or loses a label of this index\n" }
        let header = ["", "PERSON", "PURPOSE", "PASSAGES", "MARKING", "ATTRIBUTES"]
        let lines = rows.map { row in
            let attributes = row.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.value)" }
            return [
                row.isGained ? "+" : "-", row.person, row.purpose, String(row.passages), row.marking,
                attributes.joined(separator: "  "),
            ]
        }
        text += TextTable.lines([header] + lines, rightAligned: [3]) + "\n\n"
        let (gained, lost) = (rows.filter(\.isGained), rows.filter { !$0.isGained })
        func total(_ rows: [Row]) -> String {
            let people = Set(rows.map { ByteText($0.person) }).count
            return "\(rows.count) labels, \(rows.reduce(0) { $0 + $1.passages }) passages, \(people) people"
        }
        return text + "gained: \(total(gained))\nlost:   \(total(lost))\n"
    }
}
