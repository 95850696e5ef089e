import Foundation
import Ingest
import Passages
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Documents folder")
struct DocumentFolderTests {
    @Test("Files in byte order; dotfiles and sidecars are left out, the rest is set aside with a reason")
    func listing() throws {
        let folder = ExtractionFolder()
        for path in ["b.md", "a/z.txt", "a-b.pdf", "A.HTML", "é.md", "a/b/c.markdown"] { folder.write(path, "x") }
        for path in [".hidden.md", ".git/x.md", "b.md.label.yaml", "w.xlsx.label.yaml"] { folder.write(path, "x") }
        folder.write("w.xlsx", "x")
        folder.write("none", "x")
        folder.write("lost.md.label.yaml", "x")
        let listing = try folder.folder.list()
        #expect(listing.paths == ["A.HTML", "a-b.pdf", "a/b/c.markdown", "a/z.txt", "b.md", "é.md"])
        #expect(
            listing.setAside == [
                SetAsideFile(path: "lost.md.label.yaml", reason: .sidecarWithoutDocument),
                SetAsideFile(path: "none", reason: .unsupportedFormat(fileExtension: "")),
                SetAsideFile(path: "w.xlsx", reason: .unsupportedFormat(fileExtension: "xlsx")),
            ])
    }

    @Test("Links are set aside and never followed, wherever they lead")
    func links() throws {
        let folder = ExtractionFolder()
        let outside = ExtractionFolder()
        outside.write("secret.md", "secret")
        folder.write("real.md", "text")
        let manager = FileManager.default
        func link(_ path: String, _ target: String) throws {
            try manager.createSymbolicLink(
                atPath: folder.url.appending(path: path).path, withDestinationPath: target)
        }
        try link("out.md", outside.url.appending(path: "secret.md").path)
        try link("in.md", "real.md")
        try link("dir", outside.url.path)
        try link("loop", ".")
        try link("dangling.md", "nowhere")
        let listing = try folder.folder.list()
        #expect(listing.paths == ["real.md"])
        #expect(listing.setAside.map(\.path) == ["dangling.md", "dir", "in.md", "loop", "out.md"])
        #expect(listing.setAside.allSatisfy { $0.reason == .symbolicLink })
        for path in ["out.md", "in.md", "dir/secret.md", "loop/real.md"] {
            #expect(throws: ExtractionError.self, "\(path)") { try folder.folder.read(path) }
        }
        #expect(throws: ExtractionError.symbolicLink) { try folder.folder.read("out.md") }
    }

    @Test("A file that becomes a link after the listing is refused")
    func swapped() throws {
        let folder = ExtractionFolder()
        folder.write("sub/a.md", "text")
        #expect(try folder.folder.list().paths == ["sub/a.md"])
        let outside = ExtractionFolder()
        outside.write("a.md", "secret")
        try FileManager.default.removeItem(at: folder.url.appending(path: "sub"))
        try FileManager.default.createSymbolicLink(
            at: folder.url.appending(path: "sub"), withDestinationURL: outside.url)
        #expect(throws: ExtractionError.self) { try folder.folder.read("sub/a.md") }
    }

    @Test(
        "Paths that climb out or name nothing",
        arguments: ["../x.md", "a/../../x.md", "/etc/hosts", "", "a//b.md", "./a.md"])
    func climbing(path: String) {
        let folder = ExtractionFolder()
        #expect(throws: ExtractionError.missing) { try folder.folder.read(path) }
    }

    @Test("A pipe is not waited for")
    func pipe() throws {
        let folder = ExtractionFolder()
        #expect(mkfifo(folder.url.appending(path: "pipe.md").path, 0o600) == 0)
        let listing = try folder.folder.list()
        #expect(listing.setAside == [SetAsideFile(path: "pipe.md", reason: .notRegular)])
        #expect(throws: ExtractionError.notRegular) { try folder.folder.read("pipe.md") }
        #expect(throws: ExtractionError.notRegular) {
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: "dir.md"), withIntermediateDirectories: true)
            _ = try folder.folder.read("dir.md")
        }
    }

    @Test("A file that the account may not read")
    func permissions() throws {
        let folder = ExtractionFolder()
        let file = folder.write("a.md", "text")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: file.path)
        let result = try Unprivileged.run { Result { try folder.folder.read("a.md") } }
        #expect(throws: ExtractionError.unreadable(reason: "Permission denied")) { try result.get() }
    }

    @Test("A failure to open says why and what to do")
    func unreadable() throws {
        let folder = ExtractionFolder()
        let name = String(repeating: "x", count: 300) + ".md"
        #expect(throws: ExtractionError.unreadable(reason: "File name too long")) { try folder.folder.read(name) }
        #expect("\(ExtractionError.unreadable(reason: "Permission denied"))".contains("give the account"))
        #expect(throws: ExtractionError.missing) {
            try DocumentFolder(url: folder.url.appending(path: "no")).list()
        }
    }

    @Test("A file at the limit is read, one byte more is refused by name and number")
    func size() throws {
        let folder = ExtractionFolder()
        folder.write("a.md", String(repeating: "x", count: 100))
        folder.write("b.md", String(repeating: "x", count: 101))
        let limited = DocumentFolder(url: folder.url, limits: ExtractionLimits(maximumFileBytes: 100))
        #expect(try limited.read("a.md").bytes.count == 100)
        #expect(throws: ExtractionError.tooLarge(bytes: 101, limit: 100)) { try limited.read("b.md") }
        let message = "\(ExtractionError.tooLarge(bytes: 101, limit: 100))"
        #expect(message.contains("101") && message.contains("100") && message.contains("maximum_file_bytes"))
    }

    @Test("200 MB are refused by the size alone, without a byte being read")
    func hugeFile() throws {
        let folder = ExtractionFolder()
        let file = folder.write("a.txt", "x")
        #expect(truncate(file.path, 200_000_000) == 0)
        let before = try Self.bytesRead()
        #expect(throws: ExtractionError.tooLarge(bytes: 200_000_000, limit: 20_000_000)) {
            try folder.folder.read("a.txt")
        }
        // Other tests of the process read too, but not tens of megabytes in this moment.
        #expect(try Self.bytesRead() - before < 100_000_000)
    }

    /// What the process has read so far, as the kernel counts it.
    private static func bytesRead() throws -> Int {
        let counts = try String(contentsOfFile: "/proc/self/io", encoding: .utf8)
        let line = try #require(counts.split(separator: "\n").first { $0.hasPrefix("rchar:") })
        return try #require(Int(line.dropFirst("rchar:".count).trimmingCharacters(in: .whitespaces)))
    }

    @Test("A file that grows or changes while it is read is refused, and never half read")
    func growing() throws {
        let folder = ExtractionFolder()
        let file = folder.write("a.txt", String(repeating: "x", count: 4_000_000))
        let isDone = Mutex(false)
        let ended = DispatchSemaphore(value: 0)
        let path = file.path
        Thread.detachNewThread {
            let descriptor = open(path, O_WRONLY | O_APPEND)
            while !isDone.withLock({ $0 }) { _ = write(descriptor, "y", 1) }
            close(descriptor)
            ended.signal()
        }
        var refused = 0
        for _ in 0..<2_000 where refused < 3 {
            switch Result(catching: { try folder.folder.read("a.txt") }) {
            // Read between two changes: whole.
            case .success(let file): #expect(file.bytes.count >= 4_000_000)
            case .failure(let error):
                #expect(error as? ExtractionError == .changedWhileRead)
                refused += 1
            }
        }
        isDone.withLock { $0 = true }
        ended.wait()
        #expect(refused == 3)
        #expect(try folder.folder.read("a.txt").bytes.count > 4_000_000)
    }

    @Test("A path with NUL names nothing")
    func nul() throws {
        let folder = ExtractionFolder()
        folder.write("a.md", "x")
        for path in ["a.md\0", "\0", "a\0/a.md", "a.md\0.txt"] {
            #expect(throws: ExtractionError.missing) { try folder.folder.read(path) }
            #expect(try folder.folder.sidecar(of: path) == nil)
        }
    }

    @Test("A sidecar is read like a file, and absent is not an error")
    func sidecar() throws {
        let folder = ExtractionFolder()
        folder.write("sub/a.md", "x")
        folder.write("sub/a.md.label.yaml", "classification: cui\n")
        #expect(
            try folder.folder.sidecar(of: "sub/a.md").map { String(decoding: $0, as: UTF8.self) }
                == "classification: cui\n")
        #expect(try folder.folder.sidecar(of: "sub/b.md") == nil)
        try FileManager.default.createSymbolicLink(
            atPath: folder.url.appending(path: "c.md.label.yaml").path, withDestinationPath: "nowhere")
        #expect(throws: ExtractionError.symbolicLink) { try folder.folder.sidecar(of: "c.md") }
    }

    @Test("Folders have a limit of depth")
    func depth() throws {
        let folder = ExtractionFolder()
        folder.write("a/b/c/d.md", "x")
        let limited = DocumentFolder(url: folder.url, limits: ExtractionLimits(maximumDepth: 2))
        #expect(try limited.list().setAside == [SetAsideFile(path: "a/b/c", reason: .foldersTooDeep(limit: 2))])
    }

    @Test("Odd names are kept as they are and shown safely")
    func names() throws {
        let folder = ExtractionFolder()
        let odd = ["new\nline.md", "right\u{202E}left.md", String(repeating: "n", count: 252) + ".md"]
        for name in odd { folder.write(name, "x") }
        #expect(Set(try folder.folder.list().paths) == Set(odd))
        for name in odd { #expect(try folder.folder.read(name).bytes.count == 1) }
        #expect(SourceFile.displayed("new\nline.md") == "new\\u{a}line.md")
        #expect(SourceFile.displayed("right\u{202E}left.md") == "right\\u{202e}left.md")
        let bad = Array(folder.url.path.utf8) + Array("/bad-".utf8) + [0xFF] + Array(".md".utf8) + [0]
        let descriptor = bad.withUnsafeBytes {
            open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o600)
        }
        #expect(descriptor >= 0)
        close(descriptor)
        #expect(try folder.folder.list().setAside.map(\.reason) == [.nameNotUTF8])
    }
}

@Suite("Text files")
struct SourceTextTests {
    @Test(
        "Damaged UTF-8 is refused at its first bad byte",
        arguments: [
            ([0xE2, 0x82, 0xAC, 0x80], 3), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xEF, 0xBB, 0xBF, 0x61, 0xFE], 4),
            ([0xC3, 0xA9, 0x20, 0xE9], 3), ([0xE9, 0x20, 0xC3, 0xA9], 0), ([0x61, 0x81], 1),
        ] as [([UInt8], Int)])
    func invalid(bytes: [UInt8], offset: Int) async {
        for name in ["a.md", "a.txt", "a.html"] {
            await #expect(throws: ExtractionError.invalidUTF8(offset: offset)) { try await extract(name, bytes) }
        }
    }

    @Test(
        "What is not UTF-8 and can be Windows-1252 is",
        arguments: [
            ([0x61, 0xFF], "aÿ"), ([0xC3], "Ã"), ([0xC3, 0x28, 0x55, 0x29], "Ã(U)"), ([0xC0, 0x80], "À€"),
            ([0x80, 0x39, 0x93, 0x78, 0x94, 0x85], "€9“x”…"), ([0x31, 0x30, 0xB0, 0x43], "10°C"),
        ] as [([UInt8], String)])
    func windows1252(bytes: [UInt8], text: String) async throws {
        for name in ["a.md", "a.txt", "a.html"] {
            #expect(try await extract(name, bytes).extracted.outline == ["p: \(text)"])
        }
        #expect(String(decoding: try await extract("a.txt", bytes).extracted.text, as: UTF8.self) == text)
    }

    @Test("What is neither and has control characters is refused")
    func controls() async {
        for control in [0x01, 0x0B, 0x1B, 0x7F] as [UInt8] {
            await #expect(throws: ExtractionError.controlCharacter(offset: 2)) {
                try await extract("a.txt", [0x61, 0xE9, control])
            }
        }
    }

    @Test("UTF-16 of either order, with its surrogates paired")
    func utf16() async throws {
        let text = "größe 螺栓 𝛼 (U)\u{FFFD}"
        func bytes(_ units: [UInt16], big: Bool) -> [UInt8] {
            units.flatMap { big ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)] }
        }
        for big in [true, false] {
            let file = bytes([0xFEFF] + Array(text.utf16), big: big)
            let extracted = try await extract("a.txt", file).extracted
            #expect(extracted.text == Array(text.utf8))
            for (units, offset) in [([0x61, 0xD835], 4), ([0xDC00, 0x61], 2), ([0xD835, 0xD835, 0xDEFC], 2)]
                as [([UInt16], Int)]
            {
                await #expect(throws: ExtractionError.invalidUTF16(offset: offset)) {
                    try await extract("a.txt", bytes([0xFEFF] + units, big: big))
                }
            }
            await #expect(throws: ExtractionError.invalidUTF16(offset: file.count)) {
                try await extract("a.txt", file + [0x61])
            }
            await #expect(throws: ExtractionError.containsNUL(offset: 4)) {
                try await extract("a.txt", bytes([0xFEFF, 0x61, 0], big: big))
            }
        }
    }

    @Test("Random texts in Windows-1252 and UTF-16 come back", arguments: UInt64(1)...40)
    func roundTrip(seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        // Letters of Windows-1252 that do not pair up to UTF-8: a lead byte before a blank.
        let letters: [(UInt8, String)] = [(0xE9, "é"), (0xDF, "ß"), (0x80, "€"), (0x96, "–"), (0xB5, "µ"), (0xFF, "ÿ")]
        var bytes: [UInt8] = []
        var text = ""
        for _ in 0..<Int.random(in: 1...200, using: &generator) {
            let letter = letters.randomElement(using: &generator)!
            bytes += [0x61, letter.0, 0x20, 0x62]
            text += "a\(letter.1) b"
        }
        #expect(try await extract("a.txt", bytes).extracted.text == Array(text.utf8), "seed \(seed)")
        var scalars = "x".unicodeScalars
        for _ in 0..<Int.random(in: 1...200, using: &generator) {
            let value = UInt32.random(in: 1...0x10FFFF, using: &generator)
            scalars.append(Unicode.Scalar(value) ?? "x")
        }
        let random = String(scalars) + "x"
        let units = random.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(try await extract("a.txt", [0xFF, 0xFE] + units).extracted.text == Array(random.utf8), "seed \(seed)")
    }

    @Test("NUL, nothing and blanks")
    func noText() async {
        for name in ["a.md", "a.txt", "a.html"] {
            await #expect(throws: ExtractionError.containsNUL(offset: 2)) {
                try await extract(name, [0x61, 0x62, 0, 0x63])
            }
            await #expect(throws: ExtractionError.noText) { try await extract(name, "") }
            await #expect(throws: ExtractionError.noText) { try await extract(name, " \n\t\r\n") }
            await #expect(throws: ExtractionError.noText) { try await extract(name, "\u{FEFF}") }
        }
    }

    @Test("Messages hold no text and say what to do")
    func messages() {
        let errors: [ExtractionError] = [
            .missing, .notRegular, .symbolicLink, .noText, .pdfBroken, .pdfEncrypted, .invalidUTF8(offset: 7),
            .timedOut(program: "pdftotext", seconds: 30), .unsupportedFormat(fileExtension: "xls"),
        ]
        for error in errors { #expect("\(error)".contains(";") || "\(error)".contains(",")) }
        #expect("\(ExtractionError.invalidUTF8(offset: 7))".contains("offset 7"))
        #expect("\(ExtractionError.timedOut(program: "pdftotext", seconds: 30))".contains("30 s"))
    }
}
