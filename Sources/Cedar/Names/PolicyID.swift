/// The id of a policy in its set: `policy0`, `policy1`, … by position, or the id that a template link was given.
public struct PolicyID: Hashable, Sendable {
    public let name: CedarString

    public init(_ name: String) {
        self.name = CedarString(name)
    }

    public init(_ name: CedarString) {
        self.name = name
    }

    init(position: Int) {
        self.init("policy\(position)")
    }

    /// The position that the id stands for, if it is one that was given by position.
    var position: Int? {
        let prefix = Array("policy".utf8)
        guard name.utf8.starts(with: prefix), let number = Int(name.description.dropFirst(prefix.count)),
            number >= 0, self == PolicyID(position: number)
        else { return nil }
        return number
    }
}

extension PolicyID: Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(value)
    }

    public static func < (left: PolicyID, right: PolicyID) -> Bool { left.name < right.name }

    public var description: String { name.description }
}
