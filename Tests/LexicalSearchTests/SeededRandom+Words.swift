import LexicalSearch
import TestSupport

extension SeededRandom {
    /// Small numbers come often, as with words.
    mutating func skewed(_ limit: Int) -> Int { below(below(below(limit) + 1) + 1) }

    mutating func key() -> LexicalKey { LexicalKey(high: next(), low: next()) }
}
