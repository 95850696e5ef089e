/// The keys of one mapping, taken one by one; what is left over at the end is unknown.
struct YAMLFields {
    let line: Int
    /// Where the mapping is, for messages: `ingest.pdf`, or empty at the top.
    let path: String
    let log: ProblemLog
    private var entries: [YAMLTree.Entry]
    private var known: [String] = []

    /// Nil, with a report, if `tree` is no mapping.
    init?(_ tree: YAMLTree, path: String, log: ProblemLog) {
        guard case .mapping(let entries) = tree.content else {
            log.report(
                tree.line,
                "\(path.isEmpty ? "the file" : "`\(path)`") must be a mapping (`key: value`), not \(tree.kind)")
            return nil
        }
        self.line = tree.line
        self.path = path
        self.log = log
        self.entries = entries
    }

    /// An empty mapping, for one that was left out.
    init(emptyAt line: Int, path: String, log: ProblemLog) {
        self.line = line
        self.path = path
        self.log = log
        entries = []
    }

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The value of a key, if it is there.
    mutating func take(_ key: String) -> YAMLTree? {
        known.append(key)
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
        return entries.remove(at: index).value
    }

    /// The value of a key; reports if it is not there.
    mutating func require(_ key: String) -> YAMLTree? {
        let value = take(key)
        if value == nil { log.report(line, "`\(path(of: key))` is missing") }
        return value
    }

    /// All that is left, for mappings whose keys are names.
    mutating func takeAll() -> [YAMLTree.Entry] {
        defer { entries = [] }
        return entries
    }

    /// Reports every key that nobody took.
    func refuseRest() {
        for entry in entries {
            log.report(
                entry.line,
                "the key `\(path(of: entry.key))` is not known here; known are: \(known.joined(separator: ", "))")
        }
    }

    // MARK: Values of one kind

    mutating func text(_ key: String, limit: Int = EnclaveLimits.textBytes) -> (text: String, line: Int)? {
        guard let value = take(key) else { return nil }
        return Self.text(value, path: path(of: key), limit: limit, log: log).map { ($0, value.line) }
    }

    mutating func requiredText(
        _ key: String, limit: Int = EnclaveLimits.textBytes
    ) -> (text: String, line: Int)? {
        guard let value = require(key) else { return nil }
        return Self.text(value, path: path(of: key), limit: limit, log: log).map { ($0, value.line) }
    }

    mutating func number(_ key: String, in range: ClosedRange<Int>, default standard: Int) -> Int {
        take(key).flatMap { number($0, key, in: range) } ?? standard
    }

    mutating func requiredNumber(_ key: String, in range: ClosedRange<Int>) -> Int? {
        require(key).flatMap { number($0, key, in: range) }
    }

    /// The number that `value`, taken from under `key`, stands for.
    func number(_ value: YAMLTree, _ key: String, in range: ClosedRange<Int>) -> Int? {
        guard case .text(let text, isPlain: true) = value.content, let number: Int = Self.wholeNumber(text) else {
            log.report(value.line, "`\(path(of: key))` must be a whole number, not \(Self.shown(value))")
            return nil
        }
        guard range.contains(number) else {
            log.report(
                value.line,
                "`\(path(of: key))` is \(number); it must be from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func truth(_ key: String, default standard: Bool) -> Bool {
        guard let value = take(key) else { return standard }
        switch value.content {
        case .text("true", isPlain: true): return true
        case .text("false", isPlain: true): return false
        default:
            log.report(value.line, "`\(path(of: key))` must be true or false, not \(Self.shown(value))")
            return standard
        }
    }

    /// A list of texts, or nothing; a single text is a list of one where `orOne` says so.
    mutating func texts(_ key: String, orOne: Bool = false) -> [(text: String, line: Int)] {
        guard let value = take(key) else { return [] }
        let items: [YAMLTree]
        switch value.content {
        case .list(let list): items = list
        case .text where orOne: items = [value]
        default:
            log.report(value.line, "`\(path(of: key))` must be a list (`[a, b]`), not \(Self.shown(value))")
            return []
        }
        return items.compactMap { item in
            Self.text(item, path: path(of: key), log: log).map { ($0, item.line) }
        }
    }

    static func text(
        _ value: YAMLTree, path: String, limit: Int = EnclaveLimits.textBytes, log: ProblemLog
    ) -> String? {
        guard case .text(let text, _) = value.content else {
            log.report(value.line, "`\(path)` must be text, not \(value.kind)")
            return nil
        }
        guard !text.isEmpty else {
            log.report(value.line, "`\(path)` has no value; give one, or leave the key out")
            return nil
        }
        guard text.utf8.count <= limit else {
            log.report(value.line, "`\(path)` is \(text.utf8.count) bytes long; the limit is \(limit)")
            return nil
        }
        return text
    }

    /// Digits with an optional minus, as written: no `+`, no `1e3`, no `1_000`, no leading zeros.
    static func wholeNumber<Number: FixedWidthInteger>(_ text: String) -> Number? {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            digits.first != UInt8(ascii: "0") || text == "0"
        else { return nil }
        return Number(text)
    }

    /// The value as messages show it.
    static func shown(_ value: YAMLTree) -> String {
        guard case .text(let text, let isPlain) = value.content else { return value.kind }
        let short = text.utf8.count <= 64 ? text : String(text.prefix(48)) + "…"
        return isPlain ? "`\(short)`" : "\"\(short)\" in quotes"
    }
}
