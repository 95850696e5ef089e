import Foundation

/// How many tokens a text has at most, whatever the tokenizer.
///
/// The tokenizer of an endpoint is not known here, and a text that is too long is cut or refused there. So a text is
/// measured by a bound that holds for byte-level and byte-fallback BPE, SentencePiece and WordPiece alike: every token
/// covers at least one byte of the text in the form that the tokenizer reads, and one more may mark the beginning.
/// The forms in use are the text itself, its compatibility composition (NFKC, which turns one ligature into several
/// letters) and that in lower case; each scalar counts as the longest of its three.
///
/// Real tokenizers read about four bytes of English as one token, so passages are shorter than the model could take.
/// That costs nothing but context; a passage whose end the model never saw would not be found.
enum TokenBound {
    /// O(bytes). The count of two texts joined by a line break is the sum of both.
    static func tokens(in text: String) -> Int {
        text.isEmpty ? 0 : text.unicodeScalars.reduce(1) { $0 + bytes(of: $1) }
    }

    /// The longest beginning, in whole scalars, that has at most `limit` tokens.
    static func prefix(of text: String, tokens limit: Int) -> String {
        // No scalar is shorter than its own bytes.
        if text.utf8.count < limit, text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var total = 1
        let scalars = text.unicodeScalars
        let end = scalars.firstIndex { scalar in
            total += bytes(of: scalar)
            return total > limit
        }
        return end.map { String(scalars[..<$0]) } ?? text
    }

    private static func bytes(of scalar: Unicode.Scalar) -> Int {
        let own = UTF8.width(scalar)
        guard own > 1, scalar.properties.changesWhenNFKCCaseFolded else { return own }
        let composed = String(scalar).precomposedStringWithCompatibilityMapping
        return max(own, composed.utf8.count, composed.lowercased().utf8.count)
    }
}
