/// The name of an entity type with its namespace, `Hospital::Patient`, as bytes.
public struct EntityTypeName: Hashable, Sendable {
    /// The whole name; components are separated by `::`, without spaces.
    public let name: CedarString

    /// Takes the name as it is. Use `init(parsing:)` for text that was not checked.
    public init(_ name: String) {
        self.name = CedarString(name)
    }

    public init(_ name: CedarString) {
        self.name = name
    }

    /// Takes only a well-formed name: identifiers that are not reserved, separated by `::`.
    public init?(parsing name: CedarString) {
        guard let components = Self.components(of: name.utf8),
            components.allSatisfy({ !Identifier.isReserved($0) })
        else { return nil }
        self.name = name
    }

    init(components: [CedarString]) {
        self.name = CedarString(utf8: components.map(\.utf8).joined(separator: [0x3A, 0x3A]))
    }

    /// The last component.
    public var basename: CedarString {
        let bytes = name.utf8
        guard let colon = bytes.lastIndex(of: 0x3A) else { return name }
        return CedarString(utf8: bytes[(colon + 1)...])
    }

    /// All components but the last, joined by `::`; empty for a name without a namespace.
    public var namespace: CedarString {
        let bytes = name.utf8
        guard let colon = bytes.lastIndex(of: 0x3A), colon > 0 else { return "" }
        return CedarString(utf8: bytes[..<(colon - 1)])
    }

    /// Whether the last component is `Action`: the types that actions have, and nothing else.
    public var isAction: Bool { basename == "Action" }

    private static func components(of bytes: [UInt8]) -> [CedarString]? {
        var components: [CedarString] = []
        var start = 0
        var index = 0
        while index <= bytes.count {
            if index == bytes.count || bytes[index] == 0x3A {
                let component = CedarString(utf8: bytes[start..<index])
                guard Identifier.isWellFormed(component) else { return nil }
                components.append(component)
                if index == bytes.count { break }
                guard index + 1 < bytes.count, bytes[index + 1] == 0x3A else { return nil }
                index += 2
                start = index
            } else {
                index += 1
            }
        }
        return components
    }
}

extension EntityTypeName: Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(value)
    }

    public static func < (left: EntityTypeName, right: EntityTypeName) -> Bool { left.name < right.name }

    public var description: String { name.description }
}

/// The rules for identifiers: `[_a-zA-Z][_a-zA-Z0-9]*`, less the words that the language keeps for itself.
enum Identifier {
    static func isStart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }

    static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x5F, 0x30...0x39: true
        default: false
        }
    }

    static func isWellFormed(_ name: CedarString) -> Bool {
        guard let first = name.utf8.first, isStart(first) else { return false }
        return name.utf8.allSatisfy(isPart)
    }

    static let keywords: Set<CedarString> = ["true", "false", "if", "then", "else", "in", "is", "like", "has"]

    /// Whether the identifier may not name a type, an attribute after a dot, or a namespace.
    static func isReserved(_ name: CedarString) -> Bool {
        keywords.contains(name) || name == "__cedar"
    }
}
