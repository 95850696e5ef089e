import Labels
import Testing

@Suite("Path patterns")
struct PathPatternTests {
    @Test(
        "a pattern matches these paths",
        arguments: [
            ("**", ["a", "a/b", "a/b/c.md", ".hidden"]),
            ("*", ["a", "abc.md", ""]),
            ("projects/**", ["projects/a", "projects/a/b/c"]),
            ("**/x.md", ["x.md", "a/x.md", "a/b/x.md"]),
            ("a/**/b", ["a/b", "a/x/b", "a/x/y/b", "a/b/b"]),
            ("a/**/b/**/c", ["a/b/c", "a/b/x/b/c", "a/x/b/y/c/c"]),
            ("*.md", [".md", "a.md", "a.b.md"]),
            ("a*b*c", ["abc", "aXbYc", "abbbc", "abcbc"]),
            ("?.txt", ["a.txt", "..txt"]),
            ("??.txt", ["é.txt", "ab.txt"]),
            ("é.md", ["é.md"]),
        ])
    func matches(_ pattern: String, _ paths: [String]) throws {
        let pattern = try PathPattern(ByteText(pattern))
        for path in paths { #expect(pattern.matches(ByteText(path)), "\(path)") }
    }

    @Test(
        "a pattern does not match these paths",
        arguments: [
            ("*", ["a/b", "/"]),
            ("projects/**", ["projects", "projectsx/a", "x/projects/a", "Projects/a"]),
            ("projects/*", ["projects/a/b", "projects"]),
            ("**/x.md", ["ax.md", "a/ax.md", "x.md/a"]),
            ("a/**/b", ["a", "b", "ab", "a/x", "a/bb"]),
            ("?.txt", [".txt", "é.txt", "ab.txt", "/.txt"]),
            ("a?b", ["a/b"]),
            ("é.md", ["e\u{301}.md"]),
            ("a.md", ["a.mdx", "xa.md", "a_md"]),
        ])
    func rejects(_ pattern: String, _ paths: [String]) throws {
        let pattern = try PathPattern(ByteText(pattern))
        for path in paths { #expect(!pattern.matches(ByteText(path)), "\(path)") }
    }

    @Test(
        "texts that could mean something else are no patterns",
        arguments: ["", "/a", "a/", "a//b", "./a", "a/../b", "a**", "**a/b", "a/***", "[ab]", "{a,b}", "a\\*", "!a"])
    func malformed(_ text: String) {
        #expect(throws: PathPatternError.self) { try PathPattern(ByteText(text)) }
    }

    @Test("an overlong pattern names the limit and its length")
    func length() {
        let error = #expect(throws: PathPatternError.self) {
            try PathPattern(ByteText(String(repeating: "a", count: 2000)))
        }
        #expect(error?.description == "is 2000 bytes long; the limit is 1024")
    }

    @Test("patterns made to explode end at once", .timeLimit(.minutes(1)))
    func explosion() throws {
        let stars = String(repeating: "a*", count: 500) + "b"
        #expect(try !PathPattern(ByteText(stars)).matches(ByteText(String(repeating: "a", count: 4000))))
        let folders = String(repeating: "**/a/", count: 200) + "b"
        #expect(try !PathPattern(ByteText(folders)).matches(ByteText(String(repeating: "a/", count: 2000) + "a")))
    }

    @Test("matching agrees with the definition, on all small patterns and paths")
    func exhaustive() throws {
        let alphabet: [Character] = ["a", "b", "*", "?"]
        let texts: [Character] = ["a", "b"]
        for pattern in words(over: alphabet, upTo: 4) where !pattern.isEmpty {
            guard let compiled = try? PathPattern(ByteText(pattern)) else { continue }
            if pattern == "**" { continue }
            for text in words(over: texts, upTo: 4) {
                let expected = Self.slowly(Array(pattern.utf8)[...], Array(text.utf8)[...])
                if compiled.matches(ByteText(text)) != expected { Issue.record("\(pattern) on \(text)") }
            }
        }
    }

    private func words(over alphabet: [Character], upTo length: Int) -> [String] {
        var words = [""]
        var last = [""]
        for _ in 0..<length {
            last = last.flatMap { word in alphabet.map { word + String($0) } }
            words += last
        }
        return words
    }

    /// The definition, by recursion.
    private static func slowly(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        if first == UInt8(ascii: "*") {
            return slowly(rest, text) || (!text.isEmpty && slowly(pattern, text.dropFirst()))
        }
        guard let byte = text.first, first == byte || first == UInt8(ascii: "?") else { return false }
        return slowly(rest, text.dropFirst())
    }
}
