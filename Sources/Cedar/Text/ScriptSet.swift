/// Scripts that a text may be written in, as UTS 39 asks for mixed scripts: the scripts of Unicode, and the writing
/// systems Chinese with Bopomofo, Japanese and Korean, each of which goes over several.
struct ScriptSet: Equatable {
    private var words: (UInt64, UInt64, UInt64)

    /// What spaces, digits and punctuation belong to.
    static let all = ScriptSet(words: (.max, .max, .max))
    static let none = ScriptSet(words: (0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64)) {
        self.words = words
    }

    private static let chineseWithBopomofo = ScriptTable.scriptCount
    private static let japanese = ScriptTable.scriptCount + 1
    private static let korean = ScriptTable.scriptCount + 2

    /// The scripts with the given numbers, and the writing systems that they are part of.
    private init(scripts: [UInt8]) {
        self = .none
        for script in scripts {
            let script = Int(script)
            insert(script)
            switch script {
            case ScriptTable.han:
                insert(Self.chineseWithBopomofo)
                insert(Self.japanese)
                insert(Self.korean)
            case ScriptTable.hiragana, ScriptTable.katakana: insert(Self.japanese)
            case ScriptTable.hangul: insert(Self.korean)
            case ScriptTable.bopomofo: insert(Self.chineseWithBopomofo)
            default: break
            }
        }
    }

    private mutating func insert(_ number: Int) {
        let bit: UInt64 = 1 << UInt64(number % 64)
        switch number / 64 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        default: words.2 |= bit
        }
    }

    mutating func formIntersection(_ other: ScriptSet) {
        words = (words.0 & other.words.0, words.1 & other.words.1, words.2 & other.words.2)
    }

    var isEmpty: Bool { words == (0, 0, 0) }

    static func == (left: ScriptSet, right: ScriptSet) -> Bool { left.words == right.words }
}

extension ScriptSet {
    /// The scripts that a scalar is used with, `none` for one that Unicode has not assigned.
    init(_ scalar: Unicode.Scalar) {
        let number = Int(ScriptTable.run(of: scalar) >> 1 & 0x1FF)
        switch number {
        case 0: self = .none
        case 1: self = .all
        case ..<(2 + ScriptTable.scriptCount): self.init(scripts: [UInt8(number - 2)])
        default: self.init(scripts: ScriptTable.several[number - 2 - ScriptTable.scriptCount])
        }
    }

    /// The scripts that a whole text can be written in (the resolved script set of UTS 39).
    init(resolving scalars: some Sequence<Unicode.Scalar>) {
        self = .all
        for scalar in scalars {
            formIntersection(ScriptSet(scalar))
            if isEmpty { return }
        }
    }
}

extension ScriptTable {
    /// The entry of the run that a scalar is in.
    static func run(of scalar: Unicode.Scalar) -> UInt32 {
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle] >> 10 <= scalar.value { low = middle } else { high = middle }
        }
        return runs[low]
    }

    /// Whether the General Security Profile of UTS 39 allows the scalar in identifiers.
    static func isAllowedInIdentifiers(_ scalar: Unicode.Scalar) -> Bool { run(of: scalar) & 1 == 1 }
}
