import Foundation
import Ingest
import Synchronization
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
        for path in [".hidden.md", ".git/x.md", "b.md.label.yaml", "w.docx.label.yaml"] { folder.write(path, "x") }
        folder.write("w.docx", "x")
        folder.write("none", "x")
        folder.write("lost.md.label.yaml", "x")
        let listing = try folder.folder.list()
        #expect(listing.paths == ["A.HTML", "a-b.pdf", "a/b/c.markdown", "a/z.txt", "b.md", "é.md"])
        #expect(
            listing.setAside == [
                SetAsideFile(path: "lost.md.label.yaml", reason: .sidecarWithoutDocument),
                SetAsideFile(path: "none", reason: .unsupportedFormat(fileExtension: "")),
                SetAsideFile(path: "w.docx", reason: .unsupportedFormat(fileExtension: "docx")),
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
        "The offset of the first byte that is not UTF-8",
        arguments: [
            ([0x61, 0xFF], 1), ([0xC3], 0), ([0xC3, 0x28], 0), ([0xE2, 0x82, 0xAC, 0x80], 3), ([0xC0, 0x80], 0),
            ([0xED, 0xA0, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xEF, 0xBB, 0xBF, 0x61, 0xFE], 4),
            ([0xE0, 0x80, 0x80], 0),
        ] as [([UInt8], Int)])
    func invalid(bytes: [UInt8], offset: Int) async {
        for name in ["a.md", "a.txt", "a.html"] {
            await #expect(throws: ExtractionError.invalidUTF8(offset: offset)) { try await extract(name, bytes) }
        }
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

/// Runs as somebody who may not read everything, even where the tests run as root.
private enum Unprivileged {
    /// On a thread of its own, whose user for files (setfsuid(2)) is `nobody`; the rest of the process stays as it is.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) throws -> Value {
        guard geteuid() == 0 else { return body() }
        typealias SetUser = @convention(c) (uid_t) -> CInt
        let setUser = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: SetUser.self)
        let value = Mutex<Value?>(nil)
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            _ = setUser(65_534)
            value.withLock { $0 = body() }
            done.signal()
        }
        done.wait()
        return try #require(value.withLock { $0 })
    }
}
