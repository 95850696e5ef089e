import Yams

/// A piece of YAML: text as it is written, in lists and mappings, each with its line.
///
/// Text is never guessed to be a number, a date or a truth value: `NO` is the text "NO" until a schema says otherwise.
struct YAMLTree {
    enum Content {
        /// `isPlain`: without quotes, and so able to stand for a number or a truth value.
        case text(String, isPlain: Bool)
        case list([YAMLTree])
        case mapping([Entry])
    }

    struct Entry {
        let key: String
        let line: Int
        let value: YAMLTree
    }

    let content: Content
    let line: Int

    /// How messages call it.
    var kind: String {
        switch content {
        case .text: "text"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// Why a text is not YAML that is taken here. Holds no text but keys.
struct YAMLProblem: Error {
    let line: Int?
    let message: String
}

extension YAMLTree {
    /// Reads one YAML document; nil if there is none in the text.
    ///
    /// Refused: more than `limit` bytes, ill-formed UTF-8, anchors and aliases (a few bytes of them can stand for
    /// billions), tags, keys that are not text, the same key twice, more than `EnclaveLimits.yamlDepth` levels.
    static func parse(_ bytes: [UInt8], limit: Int) throws(YAMLProblem) -> YAMLTree? {
        guard bytes.count <= limit else {
            throw YAMLProblem(line: nil, message: "is \(bytes.count) bytes long; the limit is \(limit)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw YAMLProblem(line: lineOfFirstIllFormedByte(bytes), message: "is not UTF-8; save it as UTF-8")
        }
        if let line = lineOfFirstAnchor(bytes) {
            throw YAMLProblem(
                line: line,
                message: "anchors and aliases are not taken; write the value out, or put & in quotes "
                    + "without a blank before it")
        }
        let root: Node?
        do {
            root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch {
            throw YAMLProblem(error as? YamlError, bytes: bytes)
        }
        return try root.map { (node) throws(YAMLProblem) in try tree(node, depth: 1) }
    }

    private static func tree(_ node: Node, depth: Int) throws(YAMLProblem) -> YAMLTree {
        let line = node.mark?.line ?? 1
        guard depth <= EnclaveLimits.yamlDepth else {
            throw YAMLProblem(line: line, message: "more than \(EnclaveLimits.yamlDepth) levels of lists and mappings")
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain
            guard ["", isPlain ? "" : Tag.Name.str.rawValue].contains(scalar.tag.rawValue) else { throw tagError(line) }
            return YAMLTree(content: .text(scalar.string, isPlain: isPlain), line: line)
        case .sequence(let sequence):
            guard sequence.tag.rawValue.isEmpty else { throw tagError(line) }
            var items: [YAMLTree] = []
            for item in sequence { items.append(try tree(item, depth: depth + 1)) }
            return YAMLTree(content: .list(items), line: line)
        case .mapping(let mapping):
            guard mapping.tag.rawValue.isEmpty else { throw tagError(line) }
            var entries: [Entry] = []
            var keys: Set<[UInt8]> = []
            for (key, value) in mapping {
                let keyLine = key.mark?.line ?? line
                guard case .scalar(let scalar) = key else {
                    throw YAMLProblem(line: keyLine, message: "a key is not text")
                }
                guard keys.insert(Array(scalar.string.utf8)).inserted else {
                    throw YAMLProblem(line: keyLine, message: duplicateMessage([scalar.string]))
                }
                entries.append(Entry(key: scalar.string, line: keyLine, value: try tree(value, depth: depth + 1)))
            }
            return YAMLTree(content: .mapping(entries), line: line)
        case .alias:
            throw YAMLProblem(line: line, message: "aliases are not taken; write the value out")
        }
    }

    private static func tagError(_ line: Int) -> YAMLProblem {
        YAMLProblem(line: line, message: "tags (!) are not taken; leave it out, or put the value in quotes")
    }

    fileprivate static func duplicateMessage(_ keys: [String]) -> String {
        "\(keys.map(shownKey).joined(separator: ", ")) stands here more than once; leave one"
    }

    /// A key between accents, unless it looks like prose: what is taken for front matter may be the text of a document.
    static func shownKey(_ key: String) -> String {
        let isName =
            !key.isEmpty && key.utf8.count <= 64
            && key.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
        return isName ? "`\(key)`" : "a key"
    }

    // MARK: Looking at the bytes

    /// The line of an `&` that could begin an anchor: at the start of a word, after a blank or an indicator. Text that
    /// merely looks so is refused too; that is better than a parser of our own.
    private static func lineOfFirstAnchor(_ bytes: [UInt8]) -> Int? {
        var line = 1
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard byte == UInt8(ascii: "&"), index + 1 < bytes.count else { continue }
            let next = bytes[index + 1]
            let startsName = next > 0x20 && !Array(",[]{}&*#;'\"".utf8).contains(next)
            let previous = index == 0 ? UInt8(ascii: "\n") : bytes[index - 1]
            if startsName, previous <= 0x20 || previous >= 0x80 || Array("[{,:?-".utf8).contains(previous) {
                return line
            }
        }
        return nil
    }

    private static func lineOfFirstIllFormedByte(_ bytes: [UInt8]) -> Int? {
        var line = 1
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { return line }
            line += 1
        }
        return nil
    }

    fileprivate static func lineOfFirstControl(_ bytes: [UInt8]) -> Int? {
        let allowed: Set<UInt8> = [0x09, 0x0A, 0x0D]
        guard let index = bytes.firstIndex(where: { ($0 < 0x20 && !allowed.contains($0)) || $0 == 0x7F }) else {
            return nil
        }
        return 1 + bytes[..<index].count { $0 == UInt8(ascii: "\n") }
    }
}

extension YAMLProblem {
    /// libyaml's messages are fixed sentences without text of the file; Yams's own descriptions quote the file.
    fileprivate init(_ error: YamlError?, bytes: [UInt8]) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                line: mark.line,
                message: "is not YAML: \(problem); a value with : # * & ! % @ { [ at its start goes in quotes")
        case .reader:
            self.init(line: YAMLTree.lineOfFirstControl(bytes), message: "has a control character; take it out")
        case .duplicatedKeysInMapping(let keys, let context):
            self.init(line: context.mark.line, message: YAMLTree.duplicateMessage(keys))
        default:
            self.init(line: nil, message: "cannot be read as YAML")
        }
    }
}
