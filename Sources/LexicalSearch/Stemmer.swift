import CStemmer

/// The English stemmer of Snowball ("Porter2"). One instance is for one thread.
final class Stemmer {
    private let stemmer: OpaquePointer

    init() {
        guard let stemmer = sb_stemmer_new("english", "UTF_8") else {
            preconditionFailure("libstemmer has no English stemmer")
        }
        self.stemmer = stemmer
    }

    deinit { sb_stemmer_delete(stemmer) }

    /// The stem of a folded word. It is there until the next call.
    func stem(_ word: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        // No stem where memory fails: the word stays as it is.
        guard let stem = sb_stemmer_stem(stemmer, word.baseAddress, Int32(word.count)) else { return word }
        let count = Int(sb_stemmer_length(stemmer))
        return count > 0 ? UnsafeBufferPointer(start: stem, count: count) : word
    }
}
