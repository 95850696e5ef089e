import AccessControl
import Cedar
import Labels

/// Somebody who may read some of the labels of a `DocumentSeries`.
struct SeriesReader: Sendable {
    private static let person = EntityUID(type: "Person", id: "reader")

    let authorizer: LabelAuthorizer
    let request: AccessRequest

    /// - Parameter condition: On `resource.project`, the number of a label.
    init(when condition: String) throws {
        let schema = """
            entity Group;
            entity Person, Service in [Group];
            entity Passage { project: Long, classification: String };
            action retrieve appliesTo {
                principal: [Person, Service], resource: [Passage],
                context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String },
            };
            """
        authorizer = try LabelAuthorizer(
            policies: PolicySet(parsing: "permit (principal, action, resource) when { \(condition) };"),
            schema: Schema(parsing: schema), entities: Entities([Entity(uid: Self.person)]))
        guard let network = IPAddress(parsing: "127.0.0.1") else { throw UnexpectedAnswer(what: "127.0.0.1") }
        request = AccessRequest(principal: Self.person, purpose: "work", now: 0, network: network, mfa: false)
    }

    func permitted(among labels: LabelTable) -> PermittedLabels {
        authorizer.permittedLabels(among: labels, for: request)
    }
}
