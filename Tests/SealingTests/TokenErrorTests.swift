import CSealing
import Foundation
import TestSupport
import Testing

@testable import Sealing

@Suite("What can go wrong with a token")
struct TokenErrorTests {
    /// What the error says, which is never the PIN.
    static func message(_ body: () throws -> Void) throws -> String {
        let error = try #require(#expect(throws: KeyError.self) { try body() })
        #expect(!"\(error)".contains(SoftToken.pin))
        return "\(error)"
    }

    @Test("A module that is missing, is no library, or is a library of another kind")
    func noModule() throws {
        let token = try SoftToken.next()
        let folder = try TemporaryFolder()
        let missing = folder.url.appending(path: "none.so").path
        #expect(
            try Self.message { _ = try TokenKey.all(of: token.source(module: missing)) }
                == "cannot use the PKCS#11 module \(missing): there is no such file; install the token's software, or "
                + "correct the module's path in the settings")
        let text = try folder.write("not a library", to: "text.so").path
        #expect(
            try Self.message { _ = try TokenKey.all(of: token.source(module: text)) }
                .contains("\(text): it is not a shared library that can be loaded"))
        let other = "/lib/x86_64-linux-gnu/libm.so.6"
        #expect(
            try Self.message { _ = try TokenKey.all(of: token.source(module: other)) }
                .contains("\(other): it is a shared library, but no PKCS#11 module"))
    }

    @Test("No token of the label: the error names those that there are")
    func noToken() throws {
        let token = try SoftToken.next()
        let source = TokenSource(module: token.module, token: "nobody", key: "root", pinFile: token.pinFile)
        let message = try Self.message { _ = try TokenKey.all(of: source) }
        #expect(message.hasPrefix("there is no token \"nobody\" in the module \(token.module): it shows the tokens \""))
        #expect(message.contains("\"\(token.label)\""))
        #expect(message.hasSuffix("connect or initialise the token, or correct its label in the settings"))
    }

    @Test("Two tokens of one label cannot be told apart")
    func twins() throws {
        let tokens = [try SoftToken.next(), try SoftToken.next()]
        let module = try tokens.map { try $0.deviating { $0.label = "twin" }.module }[0]
        let serials = try tokens.map { try TokenKey.check($0.source()).serial }.sorted()
        let source = TokenSource(module: module, token: "twin", key: "root", pinFile: tokens[0].pinFile)
        #expect(
            try Self.message { _ = try TokenKey.all(of: source) }
                == "cannot tell which token \"twin\" is in the module \(module): 2 tokens have this label, with the "
                + "serial numbers \(serials[0]), \(serials[1]); give each a label of its own")
    }

    @Test("No key of the label")
    func noKey() throws {
        let token = try SoftToken.next()
        let message = try Self.message { _ = try TokenKey.all(of: token.source()) }
        #expect(message.contains("no secret key with the label \"root\""))
        #expect(message.contains("run `portcullis keys init`"))
    }

    @Test("A wrong PIN is not repeated in the error, and the right one works afterwards")
    func wrongPIN() throws {
        let token = try SoftToken.next()
        let folder = try TemporaryFolder()
        let source = token.source(pinFile: try token.pinFile("not the one\n", in: folder))
        let message = try Self.message { _ = try TokenKey.check(source) }
        #expect(message.contains("it refuses the PIN of \(source.pinFile)"))
        #expect(message.contains("CKR_PIN_INCORRECT"))
        #expect(message.contains("write the right PIN into the file before the next start"))
        #expect(!message.contains("not the one"))
        #expect(try TokenKey.check(token.source()).rootKeys == 0)
    }

    @Test(
        "A PIN file that others can read, that is missing, or that holds no PIN or two is refused, and no PIN is tried")
    func pinFiles() throws {
        let token = try SoftToken.next()
        let folder = try TemporaryFolder()
        let deviating = try token.deviating()
        func message(_ pinFile: String) throws -> String {
            try Self.message { _ = try TokenKey.check(token.source(module: deviating.module, pinFile: pinFile)) }
        }
        let exposed = try token.pinFile(SoftToken.pin, mode: 0o640, in: folder)
        #expect(
            try message(exposed)
                == "cannot use the PIN file \(exposed) of token \"\(token.label)\": it has mode 640 and must be a "
                + "plain file of yours with mode 600; run chmod 600 on it, and change the token's PIN if others "
                + "could have read it"
        )
        #expect(try message(folder.url.path + "/none").contains("there is no such file"))
        for text in ["", "\n", SoftToken.pin + "\n" + SoftToken.pin + "\n", SoftToken.pin + "\n\n"] {
            #expect(try message(token.pinFile(text, in: folder)).contains("it must hold the PIN alone, on one line"))
        }
        #expect(deviating.logins == 0)
        // With and without a newline at its end.
        for text in [SoftToken.pin, SoftToken.pin + "\n"] {
            let source = token.source(module: deviating.module, pinFile: try token.pinFile(text, in: folder))
            #expect(try TokenKey.check(source).rootKeys == 0)
        }
        #expect(deviating.logins == 2)
    }

    @Test("A locked PIN")
    func lockedPIN() throws {
        let token = try SoftToken.next()
        let deviating = try token.deviating { $0.login = CKR_PIN_LOCKED }
        let message = try Self.message { _ = try TokenKey.check(token.source(module: deviating.module)) }
        #expect(message.contains("its PIN is locked after too many wrong ones"))
        #expect(message.contains("have its security officer set a new PIN"))
        #expect(deviating.logins == 1)
    }

    @Test(
        "Where a token says that its PIN is locked, or would be after one more wrong one, none is tried",
        arguments: [
            (CKF_USER_PIN_LOCKED, "its PIN is locked"), (CKF_USER_PIN_FINAL_TRY, "one more wrong PIN locks it"),
        ])
    func lastTry(flag: CK_FLAGS, reason: String) throws {
        let token = try SoftToken.next()
        let deviating = try token.deviating { $0.flags = flag }
        let message = try Self.message { _ = try TokenKey.check(token.source(module: deviating.module)) }
        #expect(message.contains(reason))
        #expect(deviating.logins == 0)
    }
}
