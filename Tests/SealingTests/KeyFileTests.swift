import Foundation
import TestSupport
import Testing

@testable import Sealing

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
        #expect(try mode(path) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["key"])
    }

    @Test("A key of 32 bytes is made once, and read again")
    func keys() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "key").path
        let made = try KeyFile.make(at: path).bytes
        #expect(try KeyFile.make(at: path).bytes == made)
        #expect(try KeyFile.key(at: path).bytes == made)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(made))
        #expect(try mode(path) == 0o600)
        #expect(try KeyFile.make(at: path + "2").bytes != made)
    }

    @Test("A draft that a dead process left is made anew, whatever it holds and whoever could read it")
    func abandonedDraft() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "key").path
        _ = FileManager.default.createFile(
            atPath: path + ".draft", contents: Data(repeating: 9, count: 500), attributes: [.posixPermissions: 0o644])
        let made = try KeyFile.contents(at: path) { Data([1, 2, 3]) }
        #expect(made == Data([1, 2, 3]))
        #expect(try mode(path) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["key"])
    }

    @Test("The next key beside a key that is missing is left alone when a first one is made")
    func nextKeyStays() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "key").path
        let next = try KeyFile.make(at: path + ".new").bytes
        #expect(try KeyFile.make(at: path).bytes != next)
        #expect(try KeyFile.key(at: path + ".new").bytes == next)
    }

    @Test("A key that is missing is not made unasked; one of the wrong length is damaged")
    func refusals() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "key").path
        #expect(throws: KeyError.missing(path: path)) { try KeyFile.key(at: path) }
        #expect(throws: KeyError.missing(path: path)) { try KeyFile.contents(at: path, orMake: nil) }
        #expect(!FileManager.default.fileExists(atPath: path))
        _ = try KeyFile.contents(at: path) { Data([1, 2, 3]) }
        #expect(throws: KeyError.damaged(path: path, bytes: 3)) { try KeyFile.key(at: path) }
        #expect(throws: KeyError.damaged(path: path, bytes: 3)) { try KeyFile.make(at: path) }
    }

    @Test("A file that others can read, a link and a folder are refused", arguments: [0o640, 0o604, 0o620, 0o601])
    func exposed(wide: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "key").path
        _ = try KeyFile.make(at: path)
        try FileManager.default.setAttributes([.posixPermissions: wide], ofItemAtPath: path)
        #expect(throws: KeyError.exposed(path: path, mode: String(wide, radix: 8))) { try KeyFile.key(at: path) }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(throws: Never.self) { try KeyFile.key(at: path) }
        let link = folder.url.appending(path: "link").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(throws: KeyError.exposed(path: link, mode: "777")) { try KeyFile.key(at: link) }
        let inner = folder.url.appending(path: "folder").path
        try FileManager.default.createDirectory(
            atPath: inner, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        #expect(throws: KeyError.exposed(path: inner, mode: "700")) { try KeyFile.key(at: inner) }
    }

    @Test("Where the folder is missing, the error names what could not be made")
    func noFolder() throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "none/key").path
        #expect(throws: KeyError.file(path: path + ".draft", reason: "No such file or directory")) {
            try KeyFile.make(at: path)
        }
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }
}
