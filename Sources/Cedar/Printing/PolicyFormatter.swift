/// Lays out policy text anew and keeps its comments.
///
/// The tokens and the comments stay the same and in the same order, so the policies do too. A comment with a line of its
/// own keeps one, a comment at the end of a line stays after the token that it follows. Only blanks change:
///
/// - a policy begins with its annotations, each on a line; an empty line stands between two policies;
/// - the scope stands on one line if it fits, else each of its three parts does;
/// - a clause begins a line; one that does not fit has its braces on lines of their own and is broken at its outermost
///   `&&` or `||`;
/// - among comments between policies, empty lines stay, one for any number.
public enum PolicyFormatter {
    /// The most columns of a line, counted in Unicode scalars. Single tokens and comments may be longer.
    public static let width = 80
    /// By how many columns the body of a scope or clause is moved to the right; at most to half the width in all.
    public static let indentation = 2

    /// The text in its layout; formatting the result again changes nothing.
    ///
    /// `file` is the name that errors give to the text; all errors of the text are reported, as `PolicySet` does. Takes
    /// time in the length of the text, times the nesting of its brackets at worst.
    public static func format(_ source: [UInt8], file: String = "policy") throws(ParseErrors) -> [UInt8] {
        let text = try SourceText.bounded(file: file, bytes: source)
        _ = try PolicyParser.parse(text)
        do {
            let commented = try CommentedTokens(text)
            return format(commented, in: text)
        } catch {
            throw ParseErrors([error])
        }
    }

    private static func format(_ commented: CommentedTokens, in source: SourceText) -> [UInt8] {
        var writer = LayoutWriter(commented, in: source, width: width)
        var reader = LayoutReader(commented, in: source)
        while !reader.at(.endOfText) {
            writer.blankLine()
            writer.standaloneComments(before: reader.position)
            writer.write(reader.policy())
        }
        writer.standaloneComments(before: reader.position)
        writer.endLine()
        return writer.output
    }
}
