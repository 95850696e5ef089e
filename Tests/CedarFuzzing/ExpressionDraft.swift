/// A piece of policy text with the expressions in it: the text of the first piece, the first child, the second piece …
///
/// The shrinker puts a child or a literal in the place of the whole.
package struct ExpressionDraft: Sendable {
    let pieces: [String]
    var children: [ExpressionDraft]

    init(_ text: String) {
        pieces = [text]
        children = []
    }

    /// `pieces` has one more element than `children`.
    init(_ pieces: [String], _ children: [ExpressionDraft]) {
        self.pieces = pieces
        self.children = children
    }

    var text: String {
        var result = pieces[0]
        for (child, piece) in zip(children, pieces.dropFirst()) { result += child.text + piece }
        return result
    }

    /// Smaller expressions that may stand in the place of this one: parts of it, and itself with a smaller part.
    var reductions: [ExpressionDraft] {
        var found = children
        if !children.isEmpty { found += [ExpressionDraft("true"), ExpressionDraft("0")] }
        for index in children.indices {
            for smaller in children[index].reductions {
                var copy = self
                copy.children[index] = smaller
                found.append(copy)
            }
        }
        return found
    }
}
