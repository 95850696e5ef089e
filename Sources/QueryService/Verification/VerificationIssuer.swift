import AccessControl
import Enclaves
import Foundation
import JWTKit
import Labels

/// Issues the tokens of one verification. Their key is made for it and never leaves this process: the services that are
/// compared take them, and no other one does.
struct VerificationIssuer: Sendable {
    /// Seconds.
    private static let lifetime: TimeInterval = 7 * 86_400

    private let key = ES256PrivateKey()

    var publicKey: ES256PublicKey { key.publicKey }

    /// What a development token of the principal would say: all of his purposes, a second factor, no assistant.
    func token(for principal: Principal, enclave: Enclave) async throws -> String {
        let now = Date()
        let claims = TokenClaims(
            issuer: enclave.settings.authentication.issuer, audience: enclave.settings.authentication.audience,
            subject: principal.id.string, expiration: now.addingTimeInterval(Self.lifetime), issuedAt: now,
            authenticationMethods: ["pwd", "mfa"], purposes: principal.purposes.map(\.string).sorted(), clientID: nil)
        return try await JWTKeyCollection().add(ecdsa: key).sign(claims)
    }
}
