/// A term where it stands in a text.
struct LexicalToken {
    /// Where the bytes of the term lie in `LexicalAnalyzer.terms`.
    let term: Range<Int>
    /// The number of the word that the token is, or in which it starts.
    let position: Int
    /// The bytes of the text that it stands for.
    let bytes: Range<Int>
}
