package import Foundation

/// Text to token ids, as BERT's uncased tokenizer does it: normalisation and word splitting (``BertCharacter``), then
/// the longest piece first, word by word (WordPiece, arXiv 1609.08144; as BERT uses it, arXiv 1810.04805).
///
/// One pass over the text, O(bytes). A word of more than ``maximumWordLength`` code points, or one that the vocabulary
/// cannot spell, is one `[UNK]`.
package struct WordPieceTokenizer: Sendable {
    /// What `[CLS]`, `[SEP]`, `[MASK]`, `[UNK]` and `[PAD]` written in a text become.
    package enum SpecialTokens: Sendable {
        /// The special ids, also in the middle of a word: what the reference tokenizer does.
        case recognized
        /// Ordinary characters, so that the author of a text cannot write control tokens into it.
        case literal
    }

    /// Longest word in code points, after normalisation.
    package static let maximumWordLength = 100

    private let vocabulary: WordPieceVocabulary

    /// The number of token ids.
    package var vocabularySize: Int { vocabulary.count }

    /// - Parameter vocabulary: The bytes of `vocab.txt`.
    package init(vocabulary: Data) throws(EncoderError) {
        self.vocabulary = try WordPieceVocabulary(vocabulary)
    }

    /// `[CLS]`, the pieces, `[SEP]`: at most `maximumTokens` ids, of which the pieces are cut, in the middle of a word
    /// if it so happens. Text beyond the cut is not read.
    package func encode(
        _ text: String, maximumTokens: Int = 256, specialTokens: SpecialTokens = .recognized
    ) -> [Int32] {
        precondition(maximumTokens >= 2, "\(maximumTokens) tokens, at least 2 are needed")
        let limit = maximumTokens - 2
        var scan = Scan(vocabulary: vocabulary, keepsIDs: true)
        scan.ids.append(vocabulary.classification)
        scan.run(text, specialTokens, limit: limit)
        let excess = scan.count - limit
        if excess > 0 { scan.ids.removeLast(excess) }
        scan.ids.append(vocabulary.separator)
        return scan.ids
    }

    /// The number of pieces, without `[CLS]` and `[SEP]` and without a cut.
    ///
    /// Additive: the counts of the parts of a text that is split at blanks sum to the count of the whole. Blanks are
    /// the code points with the property White_Space but for U+000B, U+000C and U+0085, which BERT removes, so that
    /// the words beside them are one.
    package func countTokens(_ text: String, specialTokens: SpecialTokens = .recognized) -> Int {
        var scan = Scan(vocabulary: vocabulary, keepsIDs: false)
        scan.run(text, specialTokens, limit: .max)
        return scan.count
    }
}

/// One pass over one text.
private struct Scan {
    let vocabulary: WordPieceVocabulary
    let keepsIDs: Bool
    var ids: [Int32] = []
    /// Pieces found.
    var count = 0

    /// The word being read: normalised, in UTF-8.
    private var word: [UInt8] = []
    /// Its length in code points.
    private var wordLength = 0

    init(vocabulary: WordPieceVocabulary, keepsIDs: Bool) {
        self.vocabulary = vocabulary
        self.keepsIDs = keepsIDs
        word.reserveCapacity(4 * WordPieceTokenizer.maximumWordLength)
    }

    /// Reads until the text ends or `limit` pieces were found, then a few more: a word is finished.
    mutating func run(_ text: String, _ specialTokens: WordPieceTokenizer.SpecialTokens, limit: Int) {
        var text = text
        text.withUTF8 { bytes in
            var index = 0
            while index < bytes.count, count < limit {
                let byte = bytes[index]
                if byte < 0x80 {
                    if byte == UInt8(ascii: "["), specialTokens == .recognized,
                        let special = special(in: bytes, at: index)
                    {
                        finishWord()
                        emit(special.id)
                        index += special.bytes.count
                        continue
                    }
                    ascii(byte)
                    index += 1
                } else {
                    let length = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
                    var value = UInt32(byte) & (0x7F >> UInt32(length))
                    for next in index + 1..<index + length { value = value << 6 | UInt32(bytes[next] & 0x3F) }
                    take(BertCharacter.of(value))
                    index += length
                }
            }
            finishWord()
        }
    }

    private func special(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (bytes: [UInt8], id: Int32)? {
        vocabulary.specialTokens.first { special in
            bytes.count - index >= special.bytes.count
                && special.bytes.indices.allSatisfy { bytes[index + $0] == special.bytes[$0] }
        }
    }

    /// ``BertCharacter`` for one ASCII character, without the table.
    private mutating func ascii(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): append(byte)
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): append(byte | 0x20)
        case 0x20, 0x9, 0xA, 0xD: finishWord()
        case 0..<0x20, 0x7F: break
        default:
            finishWord()
            append(byte)
            finishWord()
        }
    }

    private mutating func take(_ character: BertCharacter) {
        switch character {
        case .removed: break
        case .blank: finishWord()
        case .letter(let value): append(value)
        case .ideograph(let value), .punctuation(let value):
            finishWord()
            append(value)
            finishWord()
        case .several(let values):
            for value in values {
                if BertCharacter.isPunctuation(value) {
                    take(.punctuation(value))
                } else {
                    append(value)
                }
            }
        }
    }

    private mutating func append(_ byte: UInt8) {
        wordLength += 1
        if wordLength <= WordPieceTokenizer.maximumWordLength { word.append(byte) }
    }

    /// Code points beyond the limit are counted and not kept: a word of a megabyte costs no memory.
    private mutating func append(_ value: UInt32) {
        wordLength += 1
        guard wordLength <= WordPieceTokenizer.maximumWordLength, let scalar = Unicode.Scalar(value) else { return }
        word.append(contentsOf: UTF8.encode(scalar)!)
    }

    /// Splits the word read so far into pieces, the longest first. One code point has at most one piece, and no piece
    /// is longer than the vocabulary's longest: at most 100 × that many steps.
    private mutating func finishWord() {
        guard wordLength > 0 else { return }
        defer {
            word.removeAll(keepingCapacity: true)
            wordLength = 0
        }
        guard wordLength <= WordPieceTokenizer.maximumWordLength else { return emit(vocabulary.unknown) }
        let (knownCount, knownIDs) = (count, ids.count)
        var start = 0
        var root = WordPieceVocabulary.wordStart
        while start < word.count {
            guard let piece = vocabulary.longestPiece(in: word[start...], from: root) else {
                count = knownCount
                ids.removeLast(ids.count - knownIDs)
                return emit(vocabulary.unknown)
            }
            emit(piece.id)
            start += piece.bytes
            root = WordPieceVocabulary.wordContinuation
        }
    }

    private mutating func emit(_ id: Int32) {
        count += 1
        if keepsIDs { ids.append(id) }
    }
}
