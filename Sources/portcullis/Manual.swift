import QueryService

/// The manual page of a command. Every command has the same parts in the same order, so that help reads as one book.
struct Manual: Sendable {
    /// What the command does, and what it reads and writes. Paragraphs with a blank line between them.
    let description: String
    /// When the command ends with which status, beyond those of every command.
    let success: String
    var incomplete: String?
    var files: [(name: String, what: String)] = []
    var environment: [(name: String, what: String)] = []
    /// Commands that can be pasted, each with what it is for.
    let examples: [(purpose: String, command: String)]

    /// ArgumentParser breaks what is longer than the terminal is wide, 80 where there is none; one column stays free.
    private static let width = 78

    var text: String {
        var sections = [Self.wrapped(description, indent: 0)]
        if !files.isEmpty { sections.append("FILES:\n" + Self.list(files)) }
        if !environment.isEmpty { sections.append("ENVIRONMENT:\n" + Self.list(environment)) }
        sections.append("EXIT STATUS:\n" + Self.list(statuses))
        sections.append("EXAMPLES:\n" + examples.map(Self.example).joined(separator: "\n"))
        return sections.joined(separator: "\n\n")
    }

    private var statuses: [(name: String, what: String)] {
        let statuses: [(ExitStatus, String?)] = [
            (.success, success), (.failure, "It could not be done; standard error says why, and what to do."),
            (.incomplete, incomplete),
        ]
        return statuses.compactMap { status, what in what.map { (String(status.rawValue), $0) } }
            + [("64", "The arguments are wrong.")]
    }

    private static func list(_ items: [(name: String, what: String)]) -> String {
        let column = max(8, (items.map(\.name.count).max() ?? 0) + 4)
        return items.map { name, what in
            let lines = wrapped(what, indent: column)
            return "  " + name + lines.dropFirst(name.count + 2)
        }.joined(separator: "\n")
    }

    private static func example(purpose: String, command: String) -> String {
        wrapped(purpose, indent: 2) + "\n"
            + command.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    }

    /// Breaks at blanks into lines that begin with `indent` blanks.
    private static func wrapped(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
            var lines: [String] = []
            var line = ""
            for word in paragraph.split(separator: " ") {
                if !line.isEmpty, indent + line.count + 1 + word.count > width {
                    lines.append(margin + line)
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            if !line.isEmpty { lines.append(margin + line) }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

extension Manual {
    /// What is said of files in the same words everywhere.
    enum File {
        static let settings = (
            name: "ENCLAVE/portcullis.yaml", what: "Settings; `index` in it says where the index lies."
        )
        static let index = (
            name: "INDEX", what: "The index, one SQLite file; INDEX-wal and INDEX-shm belong to it."
        )
        static let keyStore = (
            name: "INDEX.keys", what: "The key store: wrapped keys, erasures, holds. Without it the index is noise."
        )
        static let rootKey = (
            name: "INDEX.root",
            what: "The root key, mode 600, where `keys.root` in the settings names no other place (development)."
        )
        static let lock = (name: "INDEX.lock", what: "Held by the one process that owns the enclave.")
        static let socket = (
            name: "INDEX.sock", what: "Where `portcullis serve` takes commands from its own user."
        )
        static let issuer = (name: "INDEX.issuer.pem", what: "The key of development tokens, made when first needed.")
    }

    enum Variable {
        static let noColor = (name: "NO_COLOR", what: "When set, no colours are used on a terminal.")
    }

    static let servedElsewhere = "While `portcullis serve` runs on the enclave, the command is carried out by it."
}
