package import AccessControl
package import Cedar
package import Enclaves
import Labels

/// Who asks, after a verified token or a development identity. Nothing else makes one.
package struct Caller: Sendable {
    package let principal: Principal
    /// What he may state as the purpose of use.
    let purposes: Set<ByteText>
    let mfa: Bool
    let assistant: ByteText?

    init(principal: Principal, purposes: Set<ByteText>, mfa: Bool, assistant: ByteText?) {
        self.principal = principal
        self.purposes = purposes
        self.mfa = mfa
        self.assistant = assistant
    }

    /// A person of a development enclave, by name, on this machine's own word: `--as`.
    package init(developmentIdentity name: String, enclave: Enclave) throws {
        try DevelopmentOnly.require(enclave, for: "`--as`")
        guard let principal = enclave.principals.principal(ByteText(name)) else {
            throw UnknownPerson(name: name)
        }
        self.init(principal: principal, purposes: principal.purposes, mfa: true, assistant: nil)
    }

    /// The request to decide on.
    ///
    /// - Parameters:
    ///   - purpose: Where nil, the only one the caller has.
    ///   - now: Milliseconds since 1970.
    package func accessRequest(purpose: String?, network: IPAddress, now: Int64) throws(PurposeError) -> AccessRequest {
        let stated: ByteText
        if let purpose {
            stated = ByteText(purpose)
        } else if purposes.count == 1, let only = purposes.first {
            stated = only
        } else {
            throw .missing(allowed: purposes.sorted().map(\.string))
        }
        guard purposes.contains(stated) else { throw .refused(allowed: purposes.sorted().map(\.string)) }
        return AccessRequest(
            principal: principal.uid, purpose: stated, now: now, network: network, mfa: mfa, assistant: assistant)
    }
}

/// A purpose of use that is missing or not the caller's. The texts name the caller's own purposes alone.
package enum PurposeError: Error, Equatable, CustomStringConvertible {
    case missing(allowed: [String])
    case refused(allowed: [String])

    package var description: String {
        switch self {
        case .missing(let allowed): "state a purpose; yours are: \(Self.list(allowed))"
        case .refused(let allowed): "that purpose is not yours; yours are: \(Self.list(allowed))"
        }
    }

    private static func list(_ purposes: [String]) -> String {
        purposes.isEmpty ? "none" : purposes.joined(separator: ", ")
    }
}
