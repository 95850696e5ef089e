import AccessControl
import Crypto
package import Enclaves
package import Foundation
import Inspection
import JWTKit
import Labels
import Sealing

/// Issues short-lived tokens to the people of a development enclave. There is none in production.
package struct DevelopmentIssuer: Sendable {
    private let settings: EnclaveSettings
    private let principals: PrincipalStore
    private let key: ES256PrivateKey

    /// - Throws: `DevelopmentOnly` where the settings do not say development.
    package init(enclave: Enclave) throws {
        try DevelopmentOnly.require(enclave, for: "a token from `portcullis token`")
        settings = enclave.settings
        principals = enclave.principals
        key = try Self.key(at: enclave.settings.index.path + ".issuer.pem")
    }

    var publicKey: ES256PublicKey { key.publicKey }

    /// A token for `person` with all purposes and authentication methods that he may have, or fewer.
    ///
    /// - Parameters:
    ///   - purposes: nil for all that the principal store gives him.
    ///   - assistant: The client that asks on his behalf.
    package func token(
        for person: String, purposes: [String]? = nil, mfa: Bool = true, assistant: String? = nil, now: Date = Date()
    ) async throws -> String {
        guard let principal = principals.principal(ByteText(person)) else { throw UnknownPerson(name: person) }
        let claims = TokenClaims(
            issuer: settings.authentication.issuer, audience: settings.authentication.audience, subject: person,
            expiration: now.addingTimeInterval(TimeInterval(settings.authentication.tokenSeconds)), issuedAt: now,
            authenticationMethods: mfa ? ["pwd", "mfa"] : ["pwd"],
            purposes: purposes ?? principal.purposes.map(\.string).sorted(), clientID: assistant)
        return try await JWTKeyCollection().add(ecdsa: key).sign(claims)
    }

    private static func key(at path: String) throws -> ES256PrivateKey {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let pem = try KeyFile.contents(at: path) { Data(P256.Signing.PrivateKey().pemRepresentation.utf8) }
        return try ES256PrivateKey(pem: String(decoding: pem, as: UTF8.self))
    }
}

/// Refuses what is for development alone.
package struct DevelopmentOnly: Error, CustomStringConvertible {
    let what: String

    static func require(_ enclave: Enclave, for what: String) throws(DevelopmentOnly) {
        guard enclave.settings.mode == .development else { throw DevelopmentOnly(what: what) }
    }

    package var description: String {
        "\(what) works only where portcullis.yaml says `mode: development`; in production the identity provider issues "
            + "tokens"
    }
}

/// A name that `principals.yaml` does not have. Shown to administrators alone.
package struct UnknownPerson: Error, CustomStringConvertible {
    let name: String

    package var description: String {
        "principals.yaml has no person or service named `\(CardNumberDetector.masked(name))`"
    }
}
