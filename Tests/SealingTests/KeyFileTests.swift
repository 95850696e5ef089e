import Crypto
import Foundation
import TestSupport
import Testing

@testable import IndexStore

@Suite("Files of keys")
struct KeyFileTests {
    @Test("Whoever makes a key at the same moment gets the same one, and it is the file's", arguments: 0..<20)
    func race(round: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "key").path
        let found = try await withThrowingTaskGroup(of: Data.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await Task.detached {
                        try KeyFile.contents(at: path) { Data(repeating: UInt8(number), count: 64) }
                    }.value
                }
            }
            return try await group.reduce(into: Set<Data>()) { $0.insert($1) }
        }
        #expect(found.count == 1)
        #expect(try found.first == Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(IndexInspection.exposure(of: path) == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["key"])
    }

    @Test("A draft that a dead process left is made anew, whatever it holds and whoever could read it")
    func abandonedDraft() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "key").path
        _ = FileManager.default.createFile(
            atPath: path + ".new", contents: Data(repeating: 9, count: 500), attributes: [.posixPermissions: 0o644])
        let made = try KeyFile.contents(at: path) { Data([1, 2, 3]) }
        #expect(made == Data([1, 2, 3]))
        #expect(IndexInspection.exposure(of: path) == nil)
    }

    @Test("A key that is missing is not made unasked; one of the wrong length is damaged")
    func refusals() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "key").path
        #expect(throws: IndexError.keyMissing(path: path)) { try KeyFile.secret(at: path, create: false) }
        _ = try KeyFile.contents(at: path) { Data([1, 2, 3]) }
        #expect(throws: IndexError.keyDamaged(path: path)) { try KeyFile.secret(at: path, create: true) }
    }
}
