import AccessControl
import Cedar
import Enclaves
import IndexStore
import Labels

@testable import QueryService

/// Everything in an index, as a decision that permits everything.
struct Everything: Sendable {
    private let authorizer: LabelAuthorizer
    private let request: AccessRequest

    init(_ engine: Engine) throws {
        let enclave = engine.current.enclave
        authorizer = try LabelAuthorizer(
            policies: PolicySet(parsing: "permit (principal, action, resource);"), schema: enclave.schema,
            entities: enclave.principals.entities)
        request = AccessRequest(
            principal: enclave.principals.principals[0].uid, purpose: "work", now: 0,
            network: IPAddress(parsing: "127.0.0.1")!, mfa: true)
    }

    func labels(of snapshot: IndexSnapshot) -> PermittedLabels {
        authorizer.permittedLabels(among: snapshot.labels, for: request)
    }
}
