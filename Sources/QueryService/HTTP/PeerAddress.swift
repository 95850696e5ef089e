import Cedar
import Enclaves
import HTTPTypes

/// The network address that policies see.
struct PeerAddress: Sendable {
    private let trustedProxies: Set<String>

    init(settings: EnclaveSettings) {
        trustedProxies = Set(settings.service.trustedProxies)
    }

    /// The socket's other end, or, where that is a configured proxy, the last address in `X-Forwarded-For` that is none.
    ///
    /// - Throws: `Problem` when there is no usable address; a policy must not be decided without one.
    func address(peer: String?, headers: HTTPFields) throws(Problem) -> IPAddress {
        guard var address = peer.map(Self.unmapped) else {
            throw Problem(status: .badRequest, kind: "bad-request", detail: "the connection has no network address")
        }
        if trustedProxies.contains(address), let name = HTTPField.Name("X-Forwarded-For") {
            let hops = headers[values: name].flatMap { $0.split(separator: ",") }
                .map { Self.unmapped(String($0.drop { $0 == " " }.prefix { $0 != " " })) }
            guard let client = hops.last(where: { !trustedProxies.contains($0) }) else {
                throw .badRequest("the proxy did not say for whom it asks (X-Forwarded-For)")
            }
            address = client
        }
        guard let parsed = IPAddress(parsing: address) else {
            throw .badRequest("the client's network address cannot be read")
        }
        return parsed
    }

    /// An IPv4 address that a socket for both families shows as IPv6.
    private static func unmapped(_ address: String) -> String {
        address.hasPrefix("::ffff:") && address.contains(".") ? String(address.dropFirst(7)) : address
    }
}
