/// A pattern for paths of documents, in bytes: `**` as a whole name stands for any number of folders, `*` for any bytes
/// within a name, `?` for one byte of a name, everything else for itself.
///
/// `projects/**` matches what lies below `projects`, at any depth, and not `projects` itself. Matching takes at most
/// (length of the pattern) × (length of the path) steps: there is no backtracking but to the last star.
package struct PathPattern: Hashable, Sendable {
    package static let lengthLimit = 1024

    private enum Name: Hashable, Sendable {
        /// `**`
        case anyFolders
        case name([UInt8])
    }

    package let text: ByteText
    private let names: [Name]

    package init(_ text: ByteText) throws(PathPatternError) {
        guard text.bytes.count <= Self.lengthLimit else {
            throw PathPatternError("is \(text.bytes.count) bytes long; the limit is \(Self.lengthLimit)")
        }
        var names: [Name] = []
        for name in text.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            names.append(try Self.name(Array(name)))
        }
        // What ends with `**` means what is below: at least one name more.
        if names.last == .anyFolders { names.append(.name([Self.star])) }
        self.text = text
        self.names = names
    }

    private static let star = UInt8(ascii: "*")
    private static let anyByte = UInt8(ascii: "?")

    private static func name(_ name: [UInt8]) throws(PathPatternError) -> Name {
        switch name {
        case []: throw PathPatternError("has an empty name; write it relative to documents/, without / at the ends")
        case Array(".".utf8), Array("..".utf8): throw PathPatternError("has . or .. as a name; leave it out")
        case Array("**".utf8): return .anyFolders
        default: break
        }
        if zip(name, name.dropFirst()).contains(where: { $0 == (star, star) }) {
            throw PathPatternError("has ** beside other bytes; ** stands alone between slashes")
        }
        if let byte = name.first(where: { Array("[]{}\\!".utf8).contains($0) || $0 == 0 }) {
            let shown = String(decoding: [byte], as: UTF8.self)
            throw PathPatternError(
                "has \(byte == 0 ? "a zero byte" : shown), which is not supported; ? matches any one byte")
        }
        return .name(name)
    }

    /// Whether the pattern matches the whole path.
    package func matches(_ path: ByteText) -> Bool {
        let parts = path.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return Self.matches(
            names, parts, isStar: { $0 == .anyFolders },
            { name, part in
                guard case .name(let pattern) = name else { return false }
                return Self.matches(pattern, part, isStar: { $0 == Self.star }) { $0 == $1 || $0 == Self.anyByte }
            })
    }

    /// Matches a sequence against a pattern whose stars stand for any run of elements. After a mismatch only the last
    /// star need take more: what earlier stars took is the shortest that lets the rest match.
    private static func matches<Pattern: RandomAccessCollection, Text: RandomAccessCollection>(
        _ pattern: Pattern, _ text: Text, isStar: (Pattern.Element) -> Bool,
        _ accepts: (Pattern.Element, Text.Element) -> Bool
    ) -> Bool {
        var patternIndex = pattern.startIndex
        var textIndex = text.startIndex
        var retry: (pattern: Pattern.Index, text: Text.Index)?
        while textIndex != text.endIndex {
            if patternIndex != pattern.endIndex, isStar(pattern[patternIndex]) {
                patternIndex = pattern.index(after: patternIndex)
                retry = (patternIndex, textIndex)
            } else if patternIndex != pattern.endIndex, accepts(pattern[patternIndex], text[textIndex]) {
                patternIndex = pattern.index(after: patternIndex)
                textIndex = text.index(after: textIndex)
            } else if let last = retry {
                patternIndex = last.pattern
                textIndex = text.index(after: last.text)
                retry = (last.pattern, textIndex)
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy(isStar)
    }
}

/// Why a text is not a pattern; reads on from its name: "`a//b` has an empty name …".
package struct PathPatternError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
