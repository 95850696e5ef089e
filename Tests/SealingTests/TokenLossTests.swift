import CSealing
import Foundation
import TestSupport
import Testing

@testable import Sealing

/// Tokens and sessions that go away while a key is in use.
@Suite("Tokens that are lost")
struct TokenLossTests {
    @Test("A token that is gone is an error and no refusal of the text")
    func tokenGone() throws {
        let token = try SoftToken.next()
        let root = try TokenKey.generate(in: token.source())
        let wrapped = try root.wrap(SecretKey(), context: [])
        #expect(try root.unwrap(wrapped, context: []) != nil)
        try token.remove()
        for _ in 0..<2 {
            let unwrapping = try TokenErrorTests.message { _ = try root.unwrap(wrapped, context: []) }
            #expect(
                unwrapping.hasPrefix("cannot unwrap a key in token \"\(token.label)\": the token was lost while in use")
            )
            #expect(unwrapping.contains("there is no token \"\(token.label)\""))
            #expect(unwrapping.hasSuffix("connect or initialise the token, or correct its label in the settings"))
            let wrapping = try TokenErrorTests.message { _ = try root.wrap(SecretKey(), context: []) }
            #expect(
                wrapping.hasPrefix("cannot wrap a key in token \"\(token.label)\": the token was lost while in use"))
        }
        #expect(try TokenErrorTests.message { _ = try TokenKey.all(of: token.source()) }.hasPrefix("there is no token"))
    }

    @Test("A key that is deleted while in use is an error")
    func keyGone() throws {
        let token = try SoftToken.next()
        let root = try TokenKey.generate(in: token.source())
        let wrapped = try root.wrap(SecretKey(), context: [])
        try TokenSession(token.source(), writable: true).use("delete") { session throws(TokenFault) in
            let object = try session.object(root.id, label: "root")
            try session.module.call("C_DestroyObject") { $0.C_DestroyObject(session.handle, object) }
        }
        let message = try TokenErrorTests.message { _ = try root.unwrap(wrapped, context: []) }
        #expect(
            message.contains("cannot use root key \(root.id) in token \"\(token.label)\": the token has it no more"))
    }

    @Test("A session that is lost is opened again, with one login")
    func sessionLost() throws {
        let token = try SoftToken.next()
        let deviating = try token.deviating()
        let root = try TokenKey.generate(in: token.source(module: deviating.module))
        let secret = try SecretKey()
        let wrapped = try root.wrap(secret, context: [])
        for _ in 0..<3 {
            let before = deviating.logins
            try deviating.endSessions()
            #expect(try root.unwrap(wrapped, context: [])?.bytes == secret.bytes)
            #expect(try root.unwrap(wrapped, context: [1]) == nil)
            #expect(deviating.logins == before + 1)
            try deviating.endSessions()
            #expect(try root.unwrap(root.wrap(secret, context: [2]), context: [2])?.bytes == secret.bytes)
            #expect(deviating.logins == before + 2)
        }
    }

    @Test("A PIN that turns out wrong after a loss is tried once, however often the key is used then")
    func wrongPINAfterLoss() throws {
        let token = try SoftToken.next()
        let deviating = try token.deviating()
        let root = try TokenKey.generate(in: token.source(module: deviating.module))
        try deviating.endSessions()
        deviating.change { $0.login = CKR_PIN_INCORRECT }
        let before = deviating.logins
        for _ in 0..<5 {
            let message = try TokenErrorTests.message { _ = try root.wrap(SecretKey(), context: []) }
            #expect(message.contains("it refuses the PIN"))
        }
        #expect(deviating.logins == before + 1)
    }

    @Test("A passing fault is not taken for a refusal of the text")
    func passingFault() throws {
        let token = try SoftToken.next()
        let deviating = try token.deviating()
        let root = try TokenKey.generate(in: token.source(module: deviating.module))
        let secret = try SecretKey()
        let wrapped = try root.wrap(secret, context: [])
        // From two faults on, the token does not open its own text either.
        for faults in 1...3 {
            deviating.change { $0.decryptionFaults = faults }
            #expect(try root.unwrap(wrapped, context: [])?.bytes == secret.bytes, "\(faults) faults")
        }
        deviating.change { $0.decryptionFaults = 100 }
        let message = try TokenErrorTests.message { _ = try root.unwrap(wrapped, context: []) }
        #expect(message.contains("C_Decrypt answers CKR_GENERAL_ERROR"))
    }
}
