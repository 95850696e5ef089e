import Foundation
import GRDB
import Labels
import Passages
import TestSupport
import Testing

@testable import IndexStore

@Suite("Every byte of index and key store changed")
struct TamperingTests {
    /// Two documents under two labels, in pages of 512 bytes; closed, with nothing in its log.
    private static func made() async throws -> (folder: TemporaryFolder, files: SealedFiles, truth: FullReading) {
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder, pageSize: 512)
        if let index {
            try await index.commit(Fixture.document(index, "a", [("x", "one"), ("y", "two")], title: "A"))
            let second = Fixture.document(index, "b", [("y", "three")], title: "B")
            try await Fixture.store(second, in: index, contentDigest: [1, 2], labelDigest: [3])
            try await index.take(TakenSource(id: second.source, path: "b", bytes: [1], sidecar: nil))
        }
        index = nil
        let closed = try SealedFiles(folder)
        let truth = try await FullReading(Fixture.open(folder, create: false))
        try closed.put(into: folder)
        return (folder, closed, truth)
    }

    private static let parts = 4
    /// Each run takes one byte in so many of the structure of the file, and of its content; all of them where the
    /// variable is set.
    private static let step: (structure: Int, content: Int) =
        ProcessInfo.processInfo.environment["PORTCULLIS_EVERY_BYTE"] == nil ? (3, 12) : (1, 1)

    @Test(
        "A changed byte is refused with its place, or changes nothing that is read",
        arguments: SealedFiles.File.allCases, 0..<parts)
    func everyByte(file: SealedFiles.File, part: Int) async throws {
        let seed = SeededGenerator.newSeed("everyByte, \(file), part \(part)")
        var generator = SeededGenerator(seed: seed &+ UInt64(part))
        let (folder, files, truth) = try await Self.made()
        let pages = DatabasePages(files[file], size: files.pageSize)
        let offsets = stride(from: part, to: files[file].count, by: Self.parts).filter { offset in
            let step = pages.structure.contains(offset) ? Self.step.structure : Self.step.content
            return !pages.unused.contains(offset) && Int.random(in: 0..<step, using: &generator) == 0
        }
        var noticed = 0
        let start = Date()
        for (number, offset) in offsets.enumerated() {
            let changed = files[file][offset] ^ 1 << UInt8.random(in: 0..<8, using: &generator)
            try SealedFiles.overwrite([changed], at: offset, of: file, in: folder)
            let attempt = await Attempt.reading(folder, truth: truth)
            if let problem = attempt.problem {
                Issue.record(
                    "byte \(offset) of the \(file), page \(offset / files.pageSize), to \(changed): \(problem)")
            }
            if attempt.error != nil { noticed += 1 }
            // An opening may write; it must not make good what it refused.
            if attempt.error != nil && number % 16 == 0 {
                #expect(await Attempt.reading(folder, truth: truth).error != nil, "byte \(offset) of the \(file)")
            }
            try files.put(into: folder)
        }
        let seconds = String(format: "%.1f s", -start.timeIntervalSinceNow)
        print("\(file), part \(part): \(offsets.count) of \(files[file].count) bytes, \(noticed) noticed, \(seconds)")
        // More than half of all are; a share that is drawn at random may hold fewer.
        #expect(noticed > offsets.count / 3)
        #expect(await Attempt.reading(folder, truth: truth) == .truth)
    }

    @Test("What lies between the cells of a page is never read", arguments: SealedFiles.File.allCases)
    func gaps(file: SealedFiles.File) async throws {
        let (folder, files, truth) = try await Self.made()
        let gaps = DatabasePages(files[file], size: files.pageSize).unused
        #expect(gaps.count > files.pageSize)
        for offset in gaps {
            try SealedFiles.overwrite([files[file][offset] ^ 0xff], at: offset, of: file, in: folder)
        }
        #expect(await Attempt.reading(folder, truth: truth) == .truth)
    }
}

/// What the bytes of a SQLite file are for (the SQLite file format, sections 1.3 and 1.6).
struct DatabasePages {
    /// The gaps between the cell pointers of a page and its cells, which nothing reads.
    private(set) var unused: Set<Int> = []
    /// The header of the file, those of pages, and the pointers to cells.
    private(set) var structure: Set<Int> = []

    init(_ bytes: [UInt8], size: Int) {
        structure.formUnion(0..<100)
        for page in stride(from: 0, to: bytes.count, by: size) {
            let header = page == 0 ? 100 : page
            let isLeaf = [10, 13].contains(bytes[header])
            guard isLeaf || [2, 5].contains(bytes[header]) else { continue }
            let cells = Int(bytes[header + 3]) << 8 | Int(bytes[header + 4])
            let content = Int(bytes[header + 5]) << 8 | Int(bytes[header + 6])
            let end = header + (isLeaf ? 8 : 12) + 2 * cells
            structure.formUnion(header..<end)
            unused.formUnion(end..<page + content)
        }
    }
}
