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

    @Test("An id is shown as the first four of its bytes")
    func description() {
        #expect("\(RootKeyID(bytes: [0x0A, 0xB0, 0xFF, 0x01] + [UInt8](repeating: 7, count: 12)))" == "0ab0ff01")
    }
}
