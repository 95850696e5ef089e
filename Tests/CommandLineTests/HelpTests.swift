import ArgumentParser
import Foundation
import Testing

@testable import portcullis

@Suite("Help")
struct HelpTests {
    /// Every command, but ArgumentParser's own `help`; `cedar run` is a command of the command `cedar`.
    static let types = Portcullis.configuration.subcommands.reduce(into: [String: any ParsableCommand.Type]()) {
        $0[$1._commandName] = $1
        for inner in $1.configuration.subcommands { $0["\($1._commandName) \(inner._commandName)"] = inner }
    }

    static let commands = types.keys.sorted()

    private static func words(_ command: String) -> [String] { command.split(separator: " ").map(String.init) }

    private func help(_ command: String) async throws -> String {
        // As wide as a terminal that does not tell its width.
        let outcome = try await Program.run(Self.words(command) + ["--help"], environment: ["COLUMNS": nil])
        try #require(outcome.status == 0 && outcome.errors.isEmpty)
        return outcome.output
    }

    @Test("The program's own help lists every command, and fits the screen")
    func root() async throws {
        let help = try await Program.run(["--help"], environment: ["COLUMNS": nil]).output
        #expect(Self.commands.count >= 9)
        for command in Self.commands where Self.words(command).count == 1 {
            #expect(help.contains("\n  \(command) "), "\(command)")
        }
        for status in ["0", "1", "3", "64"] { #expect(help.contains("\n  \(status) ")) }
        check(width: help)
    }

    @Test("Every command's help has the parts of a manual page", arguments: commands)
    func parts(command: String) async throws {
        let help = try await help(command)
        var rest = help[...]
        for part in [
            "OVERVIEW:", "\nEXIT STATUS:\n  0 ", "\n  1 ", "\n  64 ", "\nEXAMPLES:\n", "\nUSAGE: ", "\nOPTIONS:",
        ] {
            let range = try #require(rest.range(of: part), "\(command) lacks \(part), or has it elsewhere")
            rest = rest[range.upperBound...]
        }
        check(width: help)
        #expect(!help.contains("NAME"), "an example cannot be pasted")
    }

    @Test("The synopsis names every option, and no other", arguments: commands)
    func synopsis(command: String) async throws {
        let help = try await help(command)
        let usage = try #require(help.components(separatedBy: "\nUSAGE: ").last?.components(separatedBy: "\n\n").first)
        let options = try #require(help.components(separatedBy: "\nOPTIONS:\n").last)
        let listed = Set(
            options.split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { Self.flags($0.prefix(26)) }
        ).subtracting(["--version", "-h", "--help"])
        #expect(Set(Self.flags(usage[...])) == listed)
    }

    @Test("Every example in a help text is a command that parses", arguments: commands + [""])
    func examples(command: String) throws {
        let type = try #require(
            command.isEmpty
                ? Portcullis.self : Self.types[command])
        let discussion = type.configuration.discussion
        let examples = try #require(discussion.components(separatedBy: "EXAMPLES:\n").last)
        let invocations = Self.invocations(in: examples)
        #expect(!invocations.isEmpty)
        if !command.isEmpty {
            #expect(invocations.contains { $0.starts(with: Self.words(command)) }, "no example shows \(command) itself")
        }
        for words in invocations {
            #expect(throws: Never.self, "\(words.joined(separator: " "))") {
                let parsed = try Portcullis.parseAsRoot(words)
                let longest = (1...2).reversed().map { words.prefix($0).joined(separator: " ") }
                let named = try #require(longest.compactMap { Self.types[$0] }.first)
                #expect(Swift.type(of: parsed) == named)
            }
        }
    }

    @Test("An example with a flag that does not exist is found")
    func wrongExample() {
        let words = Self.invocations(
            in: "    x $(portcullis token a/b \\\n      --az 'c d') |\n      portcullis check e > f")
        #expect(words == [["token", "a/b", "--az", "c d"], ["check", "e"]])
        #expect(throws: (any Error).self) { try Portcullis.parseAsRoot(words[0]) }
    }

    private func check(width help: String) {
        for line in help.split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
            #expect(line.last != " ", "\(line)")
        }
    }

    private static func flags(_ text: Substring) -> [String] {
        text.split { " []\n,/".contains($0) }.filter { $0.hasPrefix("-") }.map(String.init)
    }

    /// The words after each `portcullis` of a shell script, up to the end of its command. Knows quotes, continued lines,
    /// pipes, redirections and `$(…)`: what examples use.
    private static func invocations(in script: String) -> [[String]] {
        let text = Array(script.replacing("\\\n", with: " "))
        var found: [[String]] = []
        for start in text.indices where text[start...].starts(with: "portcullis ") {
            guard start == 0 || " \n(".contains(text[start - 1]) else { continue }
            var words: [String] = []
            var word: String?
            var quote: Character?
            for character in text[(start + "portcullis ".count)...] {
                if let open = quote {
                    if character == open { quote = nil } else { word = (word ?? "") + String(character) }
                } else if "'\"".contains(character) {
                    quote = character
                    word = word ?? ""
                } else if " \n)|>;&".contains(character) {
                    if let finished = word { words.append(finished) }
                    word = nil
                    if character != " " { break }
                } else {
                    word = (word ?? "") + String(character)
                }
            }
            if let word { words.append(word) }
            found.append(words)
        }
        return found
    }
}
