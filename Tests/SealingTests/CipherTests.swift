import Foundation
import TestSupport
import Testing

@testable import Sealing

@Suite("Sealing")
struct CipherTests {
    /// A test case of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B.
    struct KnownAnswer: Sendable {
        let number: Int
        let key, nonce, plaintext, context, ciphertext, tag: String
    }

    static let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
    static let plaintext =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    static let ciphertext =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    static let knownAnswers = [
        KnownAnswer(
            number: 13, key: String(repeating: "00", count: 32), nonce: "000000000000000000000000", plaintext: "",
            context: "", ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        KnownAnswer(
            number: 14, key: String(repeating: "00", count: 32), nonce: "000000000000000000000000",
            plaintext: "00000000000000000000000000000000", context: "",
            ciphertext: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        KnownAnswer(
            number: 15, key: key, nonce: "cafebabefacedbaddecaf888", plaintext: plaintext + "1aafd255", context: "",
            ciphertext: ciphertext + "898015ad", tag: "b094dac5d93471bdec1a502270e3cc6c"),
        KnownAnswer(
            number: 16, key: key, nonce: "cafebabefacedbaddecaf888", plaintext: plaintext,
            context: "feedfacedeadbeeffeedfacedeadbeefabaddad2", ciphertext: ciphertext,
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    @Test("Known answers", arguments: knownAnswers)
    func knownAnswer(answer: KnownAnswer) throws {
        let key = try SecretKey(copying: bytes(answer.key))
        let sealed = Cipher.seal(
            bytes(answer.plaintext), with: key, nonce: bytes(answer.nonce), context: bytes(answer.context))
        #expect(Array(sealed) == bytes(answer.nonce + answer.ciphertext + answer.tag), "test case \(answer.number)")
        #expect(Cipher.open(sealed, with: key, context: bytes(answer.context)) == Data(bytes(answer.plaintext)))
    }

    @Test("A sealed text with any one bit changed does not open, nor one that is cut or longer")
    func changedTexts() throws {
        let key = try SecretKey()
        let sealed = Cipher.seal(Data("a small text".utf8), with: key, context: [1, 2, 3])
        #expect(sealed.count == 12 + Cipher.overhead)
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(Cipher.open(changed, with: key, context: [1, 2, 3]) == nil, "bit \(bit)")
        }
        for count in 0..<sealed.count {
            #expect(Cipher.open(sealed.prefix(count), with: key, context: [1, 2, 3]) == nil)
        }
        #expect(Cipher.open(sealed + [0], with: key, context: [1, 2, 3]) == nil)
        #expect(Cipher.open(sealed, with: key, context: [1, 2, 3]) == Data("a small text".utf8))
    }

    @Test("What was sealed opens with the same key in the same context alone")
    func otherKeys() throws {
        var random = SeededGenerator(seed: SeededGenerator.newSeed())
        let keys = [try SecretKey(), try SecretKey()]
        for _ in 0..<100 {
            let text = Data(random.bytes(Int.random(in: 0...200, using: &random)))
            let context = random.bytes(Int.random(in: 1...30, using: &random))
            var otherContext = context
            otherContext[Int.random(in: 0..<context.count, using: &random)] ^= 1
            let sealed = Cipher.seal(text, with: keys[0], context: context)
            #expect(Cipher.open(sealed, with: keys[0], context: context) == text)
            #expect(Cipher.open(sealed, with: keys[1], context: context) == nil)
            #expect(Cipher.open(sealed, with: keys[0], context: otherContext) == nil)
            #expect(Cipher.open(sealed, with: keys[0], context: context.dropLast()) == nil)
        }
    }

    @Test("Where no nonce is given, each text has another one")
    func freshNonces() throws {
        let key = try SecretKey()
        let nonces = (0..<1000).map { _ in Cipher.seal(Data(), with: key, context: []).prefix(Cipher.nonceLength) }
        #expect(Set(nonces).count == 1000)
    }

    @Test("A key is unwrapped by the key and the context that wrapped it, and a text of another length is none")
    func wrapping() throws {
        let root = try SecretKey()
        let key = try SecretKey()
        let wrapped = Cipher.wrap(key, with: root, context: [1])
        #expect(wrapped.count == SecretKey.length + Cipher.overhead)
        #expect(try Cipher.unwrap(wrapped, with: root, context: [1])?.bytes == key.bytes)
        #expect(try Cipher.unwrap(wrapped, with: root, context: [2]) == nil)
        #expect(try Cipher.unwrap(wrapped, with: key, context: [1]) == nil)
        let short = Cipher.seal(key.bytes.dropLast(), with: root, context: [1])
        #expect(try Cipher.unwrap(short, with: root, context: [1]) == nil)
    }
}

/// The bytes that hexadecimal digits stand for.
private func bytes(_ digits: String) -> [UInt8] {
    stride(from: 0, to: digits.count, by: 2).map { offset in
        let start = digits.index(digits.startIndex, offsetBy: offset)
        guard let byte = UInt8(digits[start...].prefix(2), radix: 16) else {
            fatalError("\(digits) is not hexadecimal")
        }
        return byte
    }
}
