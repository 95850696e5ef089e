import AccessControl
import Cedar
import Enclaves
import Ingest
import Labels

/// Why a person may read a document or may not, label by label.
struct DecisionExplanation: Encodable {
    /// A policy and the place that made the difference.
    struct Cause: Encodable {
        let policy: String
        let effect: String
        /// `file:line:column`.
        let place: String
        let reason: String
    }

    /// One of the document's labels.
    struct Part: Encodable {
        let marking: String
        /// Passages of the document that bear it.
        let passages: Int
        let isPermitted: Bool
        /// The policies that decided: forbids that apply, or else permits that do; policies that failed.
        let deciding: [Cause]
        /// Where nothing permits: the first condition that fails in each permit.
        let missing: [Cause]

        enum CodingKeys: String, CodingKey {
            case marking, passages, deciding, missing
            case isPermitted = "is_permitted"
        }
    }

    let path: String
    let person: String
    let purpose: String
    let parts: [Part]

    init(
        path: String, person: String, request: AccessRequest, labels: [(label: Label, passages: Int)], enclave: Enclave
    ) {
        self.path = path
        self.person = person
        purpose = request.purpose.string
        parts = labels.map { Self.part($0.label, passages: $0.passages, request, enclave) }
    }

    private static func part(_ label: Label, passages: Int, _ request: AccessRequest, _ enclave: Enclave) -> Part {
        let isPermitted = enclave.authorizer.mayRead(label, for: request)
        let outcomes = enclave.authorizer.outcomes(of: label, for: request) ?? []
        let applied = outcomes.filter { if case .applies = $0.kind { true } else { false } }
        let failed = outcomes.filter { if case .fault = $0.kind { true } else { false } }
        let forbids = applied.filter { $0.policy.effect == .forbid }
        let permits = applied.filter { $0.policy.effect == .permit }
        let missing =
            permits.isEmpty
            ? outcomes.filter { outcome in
                guard outcome.policy.effect == .permit else { return false }
                return if case .condition = outcome.kind { true } else if case .otherScope = outcome.kind { true } else
                { false }
            } : []
        return Part(
            marking: enclave.labelScheme.marking.marking(of: label).text, passages: passages, isPermitted: isPermitted,
            deciding: ((forbids.isEmpty ? permits : forbids) + failed).map(cause), missing: missing.map(cause))
    }

    private static func cause(_ outcome: PolicyOutcome) -> Cause {
        let reason =
            switch outcome.kind {
            case .applies: "applies"
            case .otherScope(let variable): "is about another \(variable.rawValue)"
            case .condition(.when): "needs: \(outcome.text)"
            case .condition(.unless): "not where: \(outcome.text)"
            case .fault(let fault): "fails: \(fault)"
            }
        return Cause(
            policy: outcome.policy.name.description, effect: outcome.policy.effect.rawValue,
            place: outcome.location.description, reason: reason)
    }

    /// For people.
    var text: String {
        var text = "\(PageStyle.printable(path)) for \(PageStyle.printable(person)), purpose \(purpose)\n"
        for part in parts {
            let count = part.passages == 1 ? "1 passage" : "\(part.passages) passages"
            text += "\n\(part.isPermitted ? "may read" : "may not read")  \(part.marking)  (\(count))\n"
            text += Self.lines(part.deciding)
            if !part.missing.isEmpty { text += "  no permit applies:\n" }
            // Not as the schema says, or there is not one permit: nothing else can be said.
            if !part.isPermitted && part.deciding.isEmpty && part.missing.isEmpty {
                text += "  no policy speaks of such a label, or the schema does not allow it\n"
            }
            text += Self.lines(part.missing)
        }
        return text
    }

    private static func lines(_ causes: [Cause]) -> String {
        let rows = causes.map { ["  \($0.effect)", $0.policy, $0.reason, $0.place] }
        return rows.isEmpty ? "" : TextTable.lines(rows) + "\n"
    }
}
