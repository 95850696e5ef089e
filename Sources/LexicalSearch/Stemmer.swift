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

    /// Puts the stem of a folded word in its place; the word is the end of the bytes, from `start` on.
    func stem(_ bytes: inout [UInt8], from start: Int) {
        let stem = bytes.withUnsafeBufferPointer {
            sb_stemmer_stem(stemmer, $0.baseAddress! + start, Int32($0.count - start))
        }
        // No stem where memory fails: the word stays as it is.
        guard let stem else { return }
        let count = Int(sb_stemmer_length(stemmer))
        guard count > 0 else { return }
        bytes.removeSubrange(start...)
        bytes.append(contentsOf: UnsafeBufferPointer(start: stem, count: count))
    }
}
