import Cedar
import Enclaves
import HTTPTypes

/// The network address that policies see.
struct PeerAddress: Sendable {
    private let trustedProxies: [IPAddress]

    init(settings: EnclaveSettings) {
        trustedProxies = settings.service.trustedProxies
    }

    /// The socket's other end, or, where that is a configured proxy, the last address in `X-Forwarded-For` that is none.
    ///
    /// - Throws: `Problem` when there is no usable address; a policy must not be decided without one.
    func address(peer: String?, headers: HTTPFields) throws(Problem) -> IPAddress {
        guard var address = peer.flatMap(Self.parsed) else {
            throw Problem(status: .badRequest, kind: "bad-request", detail: "the connection has no network address")
        }
        if isTrusted(address), let name = HTTPField.Name("X-Forwarded-For") {
            let hops = headers[values: name].flatMap { $0.split(separator: ",") }
                .map { Self.parsed(String($0.drop { $0 == " " }.prefix { $0 != " " })) }
            // What cannot be read counts as no proxy of ours, and then as no address.
            guard let client = hops.last(where: { $0.map { !isTrusted($0) } ?? true }), let client else {
                throw .badRequest("the proxy did not say for whom it asks (X-Forwarded-For)")
            }
            address = client
        }
        return address
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        trustedProxies.contains { address.isInRange($0) }
    }

    /// Also reads an IPv4 address that a socket for both families shows as IPv6.
    private static func parsed(_ address: String) -> IPAddress? {
        let isMapped = address.hasPrefix("::ffff:") && address.contains(".")
        return IPAddress(parsing: isMapped ? String(address.dropFirst(7)) : address)
    }
}
