import Foundation
import JWTKit

/// What a bearer token says (RFC 7519; `amr` of RFC 8176; `client_id` of RFC 9068).
///
/// Clearance is not among it: that comes from the principal store, and a token can only narrow.
struct TokenClaims: JWTPayload {
    let issuer: String
    let audience: AudienceClaim
    let subject: String
    let expiration: Date
    let notBefore: Date?
    let issuedAt: Date?
    /// Authentication methods; `mfa` says that more than one factor was used.
    let authenticationMethods: [String]
    /// The purposes of use that the holder may state.
    let purposes: [String]
    /// The assistant that asks on the subject's behalf.
    let clientID: String?

    enum CodingKeys: String, CodingKey {
        case issuer = "iss"
        case audience = "aud"
        case subject = "sub"
        case expiration = "exp"
        case notBefore = "nbf"
        case issuedAt = "iat"
        case authenticationMethods = "amr"
        case purposes
        case clientID = "client_id"
    }

    init(
        issuer: String, audience: String, subject: String, expiration: Date, issuedAt: Date,
        authenticationMethods: [String], purposes: [String], clientID: String?
    ) {
        self.issuer = issuer
        self.audience = AudienceClaim(value: audience)
        self.subject = subject
        self.expiration = expiration
        self.notBefore = nil
        self.issuedAt = issuedAt
        self.authenticationMethods = authenticationMethods
        self.purposes = purposes
        self.clientID = clientID
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        issuer = try container.decode(String.self, forKey: .issuer)
        audience = try container.decode(AudienceClaim.self, forKey: .audience)
        subject = try container.decode(String.self, forKey: .subject)
        expiration = try container.decode(Date.self, forKey: .expiration)
        notBefore = try container.decodeIfPresent(Date.self, forKey: .notBefore)
        issuedAt = try container.decodeIfPresent(Date.self, forKey: .issuedAt)
        authenticationMethods = try container.decodeIfPresent([String].self, forKey: .authenticationMethods) ?? []
        purposes = try container.decodeIfPresent([String].self, forKey: .purposes) ?? []
        clientID = try container.decodeIfPresent(String.self, forKey: .clientID)
    }

    /// The signature is JWTKit's business; everything else is checked by `TokenVerifier`, which knows the settings and
    /// the time.
    func verify(using algorithm: some JWTAlgorithm) {}
}
