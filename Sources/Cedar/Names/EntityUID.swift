/// The identity of an entity: a type and an id, written `Type::"id"`.
public struct EntityUID: Hashable, Sendable {
    public let type: EntityTypeName
    public let id: CedarString

    public init(type: EntityTypeName, id: CedarString) {
        self.type = type
        self.id = id
    }
}

extension EntityUID: Comparable, CustomStringConvertible {
    /// By type, then by id, both bytewise.
    public static func < (left: EntityUID, right: EntityUID) -> Bool {
        left.type == right.type ? left.id < right.id : left.type < right.type
    }

    /// `Type::"id"`, escaped so that it parses back.
    public var description: String { "\(type)::\(id.quoted)" }
}
