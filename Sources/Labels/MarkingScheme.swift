/// How labels are written as markings, and how portion marks are read. The form is that of the CUI marking handbook:
/// level, categories and dissemination controls apart by `//`, several of one kind apart by `/`.
package struct MarkingScheme: Sendable {
    /// One level and how it is written.
    package struct Level: Hashable, Sendable {
        package let value: ByteText
        package let text: ByteText

        package init(value: ByteText, text: ByteText) {
            self.value = value
            self.text = text
        }
    }

    /// A set-valued attribute that takes a part of a marking.
    package struct TokenAttribute: Hashable, Sendable {
        package let name: ByteText
        /// The entity type of its members, or nil where they are strings.
        package let entityType: ByteText?
        /// Every token there is, or nil where the schema has no closed list.
        package let closedList: [ByteText]?

        package init(name: ByteText, entityType: ByteText?, closedList: [ByteText]?) {
            self.name = name
            self.entityType = entityType
            self.closedList = closedList
        }

        func value(_ token: ByteText) -> AttributeValue {
            if let entityType { .entity(EntityReference(type: entityType, id: token)) } else { .string(token) }
        }

        /// Without a closed list, a token is upper-case letters, digits, blanks, commas and hyphens, at most 64 bytes.
        func knows(_ token: ByteText) -> Bool {
            if let closedList { return closedList.contains(token) }
            return !token.bytes.isEmpty && token.bytes.count <= 64
                && token.bytes.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: " "),
                        UInt8(ascii: ","), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
    }

    /// A text attribute joined by `maximum`.
    package let levelAttribute: ByteText
    /// Every level, least strict first.
    package let levels: [Level]
    package let categories: TokenAttribute?
    package let dissemination: TokenAttribute?

    /// - Precondition: `levels` is not empty; texts differ; no token is on both closed lists. Enclaves checks it when it
    ///   reads `labels.yaml`.
    package init(
        levelAttribute: ByteText, levels: [Level], categories: TokenAttribute?, dissemination: TokenAttribute?
    ) {
        precondition(!levels.isEmpty)
        self.levelAttribute = levelAttribute
        self.levels = levels
        self.categories = categories
        self.dissemination = dissemination
    }
}
