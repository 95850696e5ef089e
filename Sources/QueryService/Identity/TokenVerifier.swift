import AccessControl
package import Enclaves
package import Foundation
import JWTKit
import Labels
import Synchronization

/// Turns bearer tokens into callers.
package final class TokenVerifier: Sendable {
    /// Longest token that is looked at, bytes.
    static let tokenLimit = 8_192
    /// Tokens that are remembered before all are forgotten.
    private static let rememberedLimit = 4_096
    /// How far the clocks of issuer and server may be apart, seconds.
    static let clockSkew: TimeInterval = 30
    /// Signatures that are believed. `none` and the symmetric ones are not among them.
    private static let algorithms: Set<ByteText> = [
        "ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512", "PS256",
    ]

    private let issuer: String
    private let audience: String
    private let principals: PrincipalStore
    private let keys: JWTKeyCollection
    private let remembered = Mutex<[ByteText: VerifiedToken]>([:])

    /// - Parameter developmentIssuer: Whose tokens are taken besides those of the key set; nil in production.
    package init(enclave: Enclave, developmentIssuer: DevelopmentIssuer?) async throws {
        issuer = enclave.settings.authentication.issuer
        audience = enclave.settings.authentication.audience
        principals = enclave.principals
        keys = JWTKeyCollection()
        if let keySet = enclave.settings.authentication.keySet?.path {
            guard let json = FileManager.default.contents(atPath: keySet) else {
                throw KeySetError(path: keySet, reason: "cannot be read")
            }
            do {
                try await keys.add(jwksJSON: String(decoding: json, as: UTF8.self))
            } catch {
                throw KeySetError(path: keySet, reason: "is not a JSON Web Key Set whose keys have key ids (RFC 7517)")
            }
        } else if let developmentIssuer {
            await keys.add(ecdsa: developmentIssuer.publicKey)
        } else {
            throw KeySetError(
                path: "portcullis.yaml", reason: "names no `authentication.key_set`, which production needs")
        }
    }

    /// Takes the tokens of one key alone.
    ///
    /// - Parameter key: Its private half has not left this process.
    init(enclave: Enclave, key: ES256PublicKey) async {
        issuer = enclave.settings.authentication.issuer
        audience = enclave.settings.authentication.audience
        principals = enclave.principals
        keys = await JWTKeyCollection().add(ecdsa: key)
    }

    /// The caller that a token names.
    ///
    /// A token whose signature and claims held once is remembered, for both are functions of the token, the keys and the
    /// principal store, which one verifier never changes. Its span of time is looked at every time.
    package func caller(token: String, now: Date = Date()) async throws(InvalidToken) -> Caller {
        guard token.utf8.count <= Self.tokenLimit else { throw InvalidToken(reason: .tooLong(limit: Self.tokenLimit)) }
        let bytes = ByteText(token)
        let verified: VerifiedToken
        if let known = remembered.withLock({ $0[bytes] }) {
            verified = known
        } else {
            verified = try await verify(token)
            remembered.withLock { remembered in
                if remembered.count >= Self.rememberedLimit { remembered.removeAll(keepingCapacity: true) }
                remembered[bytes] = verified
            }
        }
        guard now < verified.expiration.addingTimeInterval(Self.clockSkew) else {
            throw InvalidToken(reason: .expired)
        }
        if let start = verified.start, now.addingTimeInterval(Self.clockSkew) < start {
            throw InvalidToken(reason: .notYetValid)
        }
        return verified.caller
    }

    /// What of a token does not depend on the time of day.
    private func verify(_ token: String) async throws(InvalidToken) -> VerifiedToken {
        guard let algorithm = Self.algorithm(of: token) else { throw InvalidToken(reason: .malformed) }
        guard Self.algorithms.contains(ByteText(algorithm)) else { throw InvalidToken(reason: .algorithm) }
        let claims: TokenClaims
        do {
            claims = try await keys.verify(token, as: TokenClaims.self)
        } catch {
            throw InvalidToken(reason: .signature)
        }
        guard Array(claims.issuer.utf8) == Array(issuer.utf8) else { throw InvalidToken(reason: .issuer) }
        guard claims.audience.value.contains(where: { Array($0.utf8) == Array(audience.utf8) }) else {
            throw InvalidToken(reason: .audience)
        }
        guard let principal = principals.principal(ByteText(claims.subject)) else {
            throw InvalidToken(reason: .unknownPrincipal)
        }
        // The token narrows: a purpose counts only if the store gives it too.
        let purposes = Set(claims.purposes.map { ByteText($0) }).intersection(principal.purposes)
        let caller = Caller(
            principal: principal, purposes: purposes,
            mfa: claims.authenticationMethods.contains { ByteText($0) == "mfa" },
            assistant: claims.clientID.map { ByteText($0) })
        return VerifiedToken(
            caller: caller, start: [claims.notBefore, claims.issuedAt].compactMap { $0 }.max(),
            expiration: claims.expiration)
    }

    private static func algorithm(of token: String) -> String? {
        struct Header: Decodable { let alg: String }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var base64 = String(parts[0]).replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        return Data(base64Encoded: base64).flatMap { try? JSONDecoder().decode(Header.self, from: $0) }?.alg
    }
}

/// A token whose signature and claims held.
private struct VerifiedToken: Sendable {
    let caller: Caller
    let start: Date?
    let expiration: Date
}

/// Why a token is refused. The text goes to whoever sent it.
package struct InvalidToken: Error, Equatable, CustomStringConvertible {
    enum Reason: Equatable {
        case missing
        case tooLong(limit: Int)
        case malformed
        case algorithm
        case signature
        case issuer
        case audience
        case expired
        case notYetValid
        case unknownPrincipal
    }

    let reason: Reason

    package var description: String {
        switch reason {
        case .missing: "send a bearer token in the Authorization header"
        case .tooLong(let limit): "the token is longer than \(limit) bytes"
        case .malformed: "the token is not a signed JSON Web Token; ask its issuer for a new one"
        case .algorithm: "the token is not signed by an algorithm that is accepted here; ask for one signed with ES256"
        case .signature: "the token's signature does not match a key of its issuer; ask for a new token"
        case .issuer: "the token comes from another issuer than this server trusts"
        case .audience: "the token is for another audience; ask for one for this server"
        case .expired: "the token has expired; ask for a new one"
        case .notYetValid: "the token is not valid yet; compare the clocks"
        case .unknownPrincipal: "the token's subject is not known here"
        }
    }
}

/// A key set that cannot be used.
package struct KeySetError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    package var description: String { "\(path) \(reason)" }
}
