import Crypto
import Foundation
import TestSupport
import Testing

@testable import Sealing

@Suite("Secret keys")
struct SecretKeyTests {
    @Test("A key has 32 bytes, and no two new ones are alike")
    func newKeys() throws {
        let keys = try (0..<1000).map { _ in try SecretKey() }
        #expect(Set(keys.map(\.bytes)).count == 1000)
        #expect(keys.allSatisfy { $0.bytes.count == SecretKey.length })
        for count in [0, 1, 31, 33, 64] {
            #expect(throws: KeyError.length(given: count)) {
                try SecretKey(copying: [UInt8](repeating: 1, count: count))
            }
        }
    }

    /// In a process of its own, for elsewhere another test may get the place at once.
    @Test("The place of a key that was let go of is all zero, and the next key gets it")
    func wiped() async {
        await #expect(processExitsWith: .success) {
            let pattern = [UInt8](repeating: 0xA5, count: SecretKey.length)
            var key: SecretKey? = try SecretKey(copying: pattern)
            let place = try #require(key?.withBytes { UInt(bitPattern: $0.baseAddress) })
            let memory = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: place), count: SecretKey.length)
            try require(Array(memory) == pattern)
            key = nil
            try require(memory.allSatisfy { $0 == 0 })
            let next = try SecretKey()
            try require(next.withBytes { UInt(bitPattern: $0.baseAddress) } == place)
        }
    }

    @Test("The place of a key is locked in memory, stays out of core dumps, and is counted as locked")
    func locked() async {
        await #expect(processExitsWith: .success) {
            // More than one page of them.
            let keys = try (0..<300).map { _ in try SecretKey() }
            let pages = Set(keys.map { $0.withBytes { UInt(bitPattern: $0.baseAddress) / 4096 * 4096 } })
            try require(pages.count == 3)
            for page in pages {
                let flags = try memoryFlags(at: page)
                try require(flags.contains("lo") && flags.contains("dd"))
            }
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmLck:") })
            try require(line.split(whereSeparator: \.isWhitespace)[1] == "12")
        }
    }

    @Test("A page of ordinary memory is not locked: the test above can fail")
    func unlocked() throws {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
        defer { memory.deallocate() }
        let flags = try memoryFlags(at: UInt(bitPattern: memory))
        #expect(!flags.contains("lo") && !flags.contains("dd"))
    }

    @Test("A derived key is HKDF-SHA256 of the key and the purpose (RFC 5869)")
    func derivation() throws {
        var random = SeededGenerator(seed: SeededGenerator.newSeed())
        for purpose in ["", "a purpose", "another purpose", String(repeating: "long ", count: 50)] {
            let secret = random.bytes(SecretKey.length)
            let key = try SecretKey(copying: secret)
            let derived = try key.derived(for: purpose).bytes
            #expect(derived == expand(secret, purpose))
            #expect(try key.derived(for: purpose).bytes == derived)
            #expect(try key.derived(for: purpose + ".").bytes != derived)
            #expect(try SecretKey().derived(for: purpose).bytes != derived)
        }
    }

    @Test("A keyed digest is HMAC-SHA256 under the derived key, whole or cut")
    func keyedDigest() throws {
        var random = SeededGenerator(seed: SeededGenerator.newSeed())
        for length in [0, 1, 63, 64, 65, 1000] {
            let secret = random.bytes(SecretKey.length)
            let message = random.bytes(length)
            let digest = try KeyedDigest(secret: SecretKey(copying: secret), purpose: "a purpose")
            let expected = code(message, key: expand(secret, "a purpose"))
            #expect(digest(message) == expected)
            #expect(digest(message, length: 16) == Array(expected.prefix(16)))
            #expect(digest.prepared()(message) == expected)
            #expect(digest.prepared()(message, length: 16) == Array(expected.prefix(16)))
            #expect(digest(message + [0]) != expected)
            #expect(try KeyedDigest(secret: SecretKey(copying: secret), purpose: "other")(message) != expected)
        }
    }

    /// HKDF by its definition: extract with a salt of zero bytes, and the first block of expand.
    private func expand(_ secret: [UInt8], _ purpose: String) -> [UInt8] {
        let extracted = code(secret, key: [UInt8](repeating: 0, count: 32))
        return code(Array(purpose.utf8) + [1], key: extracted)
    }

    /// HMAC by its definition (RFC 2104), for keys of at most a block.
    private func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        let padded = key + [UInt8](repeating: 0, count: 64 - key.count)
        let inner = SHA256.hash(data: padded.map { $0 ^ 0x36 } + message)
        return Array(SHA256.hash(data: padded.map { $0 ^ 0x5C } + Array(inner)))
    }

    @Test("The independent HMAC has the known answer of RFC 4231, test case 2")
    func knownAnswer() {
        let answer = code(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(
            answer.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }
}

/// What the kernel says of the memory at an address (`VmFlags` of proc_pid_smaps(5)).
private func memoryFlags(at address: UInt) throws -> [Substring] {
    var inside = false
    // `String(contentsOfFile:)` stops after the first pages of such a file.
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps"))
    for line in String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n") {
        let words = line.split(separator: " ")
        let range = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        if range.count == 2 { inside = range[0] <= address && address < range[1] }
        if inside && words[0] == "VmFlags:" { return Array(words.dropFirst()) }
    }
    throw NotMet()
}

private struct NotMet: Error {}

/// For processes of their own: a failure ends them.
private func require(_ condition: Bool) throws {
    if !condition { throw NotMet() }
}
