import Foundation
import TestSupport
import Testing

@testable import Sealing

@Suite("Root keys")
struct RootKeyTests {
    /// Two root keys of a kind.
    enum Kind: CaseIterable {
        case file, token

        func pair(_ folder: TemporaryFolder) throws -> [RootKey] {
            switch self {
            case .file:
                return try ["one", "two"].map {
                    .local(try KeyFile.make(at: folder.url.appending(path: $0).path))
                }
            case .token:
                let source = try SoftToken.next().source()
                return try (0..<2).map { _ in .token(try TokenKey.generate(in: source)) }
            }
        }
    }

    @Test("A root key unwraps what it wrapped in that context, and nothing of another's", arguments: Kind.allCases)
    func wrapping(kind: Kind) throws {
        let roots = try kind.pair(TemporaryFolder())
        let key = try SecretKey()
        let wrapped = try roots[0].wrap(key, context: [1, 2])
        #expect(wrapped.count == SecretKey.length + Cipher.overhead)
        #expect(try roots[0].unwrap(wrapped, context: [1, 2])?.bytes == key.bytes)
        #expect(try roots[0].unwrap(wrapped, context: [1]) == nil)
        #expect(try roots[1].unwrap(wrapped, context: [1, 2]) == nil)
    }

    @Test("Ids tell root keys apart, and stay", arguments: Kind.allCases)
    func ids(kind: Kind) throws {
        let roots = try kind.pair(TemporaryFolder())
        #expect(try roots[0].id() == roots[0].id())
        #expect(try roots[0].id() != roots[1].id())
        #expect(try roots[0].id().bytes.count == RootKeyID.length)
    }

    @Test("The id of a local key comes from its bytes alone and does not show them")
    func localID() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "key").path
        let made = RootKey.local(try KeyFile.make(at: path))
        let read = RootKey.local(try KeyFile.key(at: path))
        #expect(try made.id() == read.id())
        let secret = try KeyFile.key(at: path)
        let expected = try KeyedDigest(secret: secret, purpose: "portcullis root key id")([], length: 16)
        #expect(try read.id().bytes == expected)
        #expect(try !secret.bytes.starts(with: read.id().bytes.prefix(4)))
    }

    @Test("An id is shown as the last four of its bytes: the first ones of a token's keys are the time")
    func description() {
        #expect("\(RootKeyID(bytes: [UInt8](repeating: 7, count: 12) + [0x0A, 0xB0, 0xFF, 0x01]))" == "0ab0ff01")
        #expect("\(RootKeyID(madeAt: 1))" != "\(RootKeyID(madeAt: 1))")
    }

    @Test("Ids with a time are in its order, and random ones of earlier versions are older than all of them")
    func order() {
        let now: UInt64 = 1_790_000_000_000
        let timed = RootKeyID(madeAt: now)
        #expect(timed.bytes.count == RootKeyID.length)
        #expect(timed.bytes.prefix(8) == [0, 0, 0x01, 0xA0, 0xC4, 0x50, 0x6C, 0x00])
        let tail = [UInt8](repeating: 0, count: 15)
        let random = [RootKeyID(bytes: [1] + tail), RootKeyID(bytes: [0xFF] + tail)]
        let times: [UInt64] = [0, 255, 256, now - 1, now, now + 1, 0xFFFF_FFFF_FFFF]
        let ordered = random + times.map { RootKeyID(madeAt: $0) }
        for (place, older) in ordered.enumerated() {
            for (otherPlace, other) in ordered.enumerated() {
                #expect(older.isOlder(than: other) == (place < otherPlace), "\(place), \(otherPlace)")
            }
        }
    }
}
