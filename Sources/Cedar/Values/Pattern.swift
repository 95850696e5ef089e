/// The pattern after `like`: Unicode scalars and wildcards that stand for any number of scalars.
public struct Pattern: Hashable, Sendable {
    public enum Element: Hashable, Sendable {
        case scalar(Unicode.Scalar)
        case wildcard
    }

    public let elements: [Element]
    /// The literal stretches between wildcards, as bytes. There is one more stretch than there are runs of wildcards.
    private let stretches: [[UInt8]]

    public init(_ elements: [Element]) {
        self.elements = elements
        var stretches: [[UInt8]] = [[]]
        for element in elements {
            switch element {
            case .scalar(let scalar): UTF8Decoding.append(scalar, to: &stretches[stretches.count - 1])
            case .wildcard: stretches.append([])
            }
        }
        self.stretches = stretches
    }

    /// Whether the whole string has the form of the pattern.
    ///
    /// Both are well-formed UTF-8, in which no scalar's bytes occur inside another's, so bytes can be compared.
    /// Takes time in the product of the two lengths at worst, since each stretch is found leftmost and kept.
    public func matches(_ string: CedarString) -> Bool {
        let bytes = string.utf8
        guard let first = stretches.first, let last = stretches.last else { return false }
        if stretches.count == 1 { return bytes == first }
        guard bytes.count >= first.count + last.count, bytes.starts(with: first),
            bytes[(bytes.count - last.count)...].elementsEqual(last)
        else { return false }
        var position = first.count
        let end = bytes.count - last.count
        for stretch in stretches[1..<(stretches.count - 1)] where !stretch.isEmpty {
            guard let found = Self.find(stretch, in: bytes, from: position, to: end) else { return false }
            position = found + stretch.count
        }
        return true
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int, to end: Int) -> Int? {
        var index = start
        while index + needle.count <= end {
            var matched = 0
            while matched < needle.count, bytes[index + matched] == needle[matched] { matched += 1 }
            if matched == needle.count { return index }
            index += 1
        }
        return nil
    }
}

extension Pattern: CustomStringConvertible {
    /// The body of the literal that stands for the pattern.
    public var description: String {
        var result = ""
        for element in elements {
            switch element {
            case .wildcard: result += "*"
            case .scalar("*"): result += "\\*"
            case .scalar(let scalar): StringEscapes.append(scalar, to: &result)
            }
        }
        return result
    }
}
