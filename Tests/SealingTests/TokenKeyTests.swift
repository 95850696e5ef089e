import CSealing
import Foundation
import TestSupport
import Testing

@testable import Sealing

@Suite("Root keys in a token")
struct TokenKeyTests {
    @Test("A key is made in the token, and the token gives its value to nobody")
    func neverLeaves() throws {
        let source = try SoftToken.next().source()
        let key = try TokenKey.generate(in: source)
        try TokenSession(source).use("look") { session throws(TokenFault) in
            let object = try session.object(key.id, label: source.key)
            let wanted: [(CK_ATTRIBUTE_TYPE, [UInt8])] = [
                (CKA_TOKEN, [1]), (CKA_PRIVATE, [1]), (CKA_LOCAL, [1]), (CKA_SENSITIVE, [1]), (CKA_EXTRACTABLE, [0]),
                (CKA_ALWAYS_SENSITIVE, [1]), (CKA_NEVER_EXTRACTABLE, [1]), (CKA_ENCRYPT, [1]), (CKA_DECRYPT, [1]),
                (CKA_VALUE_LEN, [32, 0, 0, 0, 0, 0, 0, 0]), (CKA_LABEL, Array("root".utf8)), (CKA_ID, key.id.bytes),
            ]
            for (type, value) in wanted {
                let found = try session.attribute(type, of: object)
                #expect(found == value, "attribute 0x\(String(type, radix: 16))")
            }
            var refused = false
            do throws(TokenFault) {
                _ = try session.attribute(CKA_VALUE, of: object)
            } catch .answer(CKR_ATTRIBUTE_SENSITIVE, _) {
                refused = true
            }
            #expect(refused)
        }
    }

    @Test("What the token wraps it unwraps, in the same context alone")
    func roundTrip() throws {
        var random = SeededGenerator(seed: SeededGenerator.newSeed())
        let root = try TokenKey.generate(in: SoftToken.next().source())
        for _ in 0..<40 {
            let bytes = random.bytes(SecretKey.length)
            let context = random.bytes(Int.random(in: 0...100, using: &random))
            let wrapped = try root.wrap(SecretKey(copying: bytes), context: context)
            #expect(wrapped.count == SecretKey.length + Cipher.overhead)
            #expect(try root.unwrap(wrapped, context: context)?.bytes == bytes)
            #expect(try root.unwrap(wrapped, context: context + [0]) == nil)
            #expect(try root.unwrap(wrapped, context: random.bytes(context.count + 1)) == nil)
        }
    }

    @Test("One key wrapped twice is two texts: no nonce comes again")
    func freshNonces() throws {
        let root = try TokenKey.generate(in: SoftToken.next().source())
        let key = try SecretKey()
        let nonces = try (0..<100).map { _ in try root.wrap(key, context: []).prefix(Cipher.nonceLength) }
        #expect(Set(nonces).count == 100)
    }

    @Test("A text with any one bit changed is refused, and one that is cut or longer too")
    func changedTexts() throws {
        let root = try TokenKey.generate(in: SoftToken.next().source())
        let wrapped = try root.wrap(SecretKey(), context: [7])
        for bit in 0..<wrapped.count * 8 {
            var changed = wrapped
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(try root.unwrap(changed, context: [7]) == nil, "bit \(bit)")
        }
        #expect(try root.unwrap(wrapped.dropLast(), context: [7]) == nil)
        #expect(try root.unwrap(wrapped + [0], context: [7]) == nil)
        #expect(try root.unwrap(Data(), context: [7]) == nil)
        #expect(try root.unwrap(wrapped, context: [7]) != nil)
    }

    @Test("A key in another token refuses what this one wrapped")
    func otherToken() throws {
        let one = try TokenKey.generate(in: SoftToken.next().source())
        let other = try TokenKey.generate(in: SoftToken.next().source())
        let wrapped = try one.wrap(SecretKey(), context: [1])
        #expect(try other.unwrap(wrapped, context: [1]) == nil)
        #expect(try one.unwrap(wrapped, context: [1]) != nil)
    }

    @Test("Two keys of one label are told apart by their ids, and a key of another label is not among them")
    func twoKeys() throws {
        let token = try SoftToken.next()
        let made = [try TokenKey.generate(in: token.source()), try TokenKey.generate(in: token.source())]
        let stranger = try TokenKey.generate(in: token.source(key: "other"))
        let found = try TokenKey.all(of: token.source())
        #expect(Set(found.map(\.id)) == Set(made.map(\.id)))
        #expect(found.map(\.id.bytes) == found.map(\.id.bytes).sorted { $0.lexicographicallyPrecedes($1) })
        #expect(!found.map(\.id).contains(stranger.id))
        let secret = try SecretKey()
        for key in made {
            let wrapped = try key.wrap(secret, context: [])
            for other in found {
                #expect(try other.unwrap(wrapped, context: [])?.bytes == (other.id == key.id ? secret.bytes : nil))
            }
        }
    }

    @Test("Token and `Cipher` have one format: each opens what the other sealed under one key")
    func formatOfCipher() throws {
        var random = SeededGenerator(seed: SeededGenerator.newSeed())
        let token = try SoftToken.next()
        let bytes = random.bytes(SecretKey.length)
        try token.importKey(bytes, id: random.bytes(RootKeyID.length), label: "root")
        let root = try #require(TokenKey.all(of: token.source()).first)
        let local = try SecretKey(copying: bytes)
        let secret = try SecretKey()
        let context = random.bytes(20)
        let opened = try Cipher.unwrap(root.wrap(secret, context: context), with: local, context: context)
        #expect(opened?.bytes == secret.bytes)
        let sealed = Cipher.wrap(secret, with: local, context: context)
        #expect(try root.unwrap(sealed, context: context)?.bytes == secret.bytes)
    }

    @Test("Many threads use one key, and others open and close sessions of their own beside them")
    func threads() async throws {
        let source = try SoftToken.next().source()
        let root = try TokenKey.generate(in: source)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    for round in 0..<10 {
                        let key = try number % 4 == 0 ? #require(TokenKey.all(of: source).first) : root
                        let context = [UInt8(number), UInt8(round)]
                        let secret = try SecretKey()
                        let wrapped = try key.wrap(secret, context: context)
                        #expect(try key.unwrap(wrapped, context: context)?.bytes == secret.bytes)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A token says what it is")
    func description() throws {
        let token = try SoftToken.next()
        #expect(try TokenKey.check(token.source()).rootKeys == 0)
        _ = try TokenKey.generate(in: token.source())
        let description = try TokenKey.check(token.source())
        #expect(description.label == token.label)
        #expect(description.model == "SoftHSM v2")
        #expect(description.library.hasPrefix("Implementation of PKCS11 2."))
        // SoftHSM names the token's folder by an id that ends in the serial number.
        #expect(token.folder.lastPathComponent.replacing("-", with: "").hasSuffix(description.serial))
        #expect(!description.serial.isEmpty)
        #expect(description.rootKeys == 1)
    }
}
