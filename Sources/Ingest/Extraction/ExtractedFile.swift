package import Enclaves

/// What a file holds: one document, or several that stand under its name.
package struct ExtractedFile: Sendable {
    /// In the order of the file.
    package let members: [ExtractedMember]
    /// What could not be read although the rest could.
    package let setAside: [SetAsideMember]

    package init(members: [ExtractedMember], setAside: [SetAsideMember] = []) {
        self.members = members
        self.setAside = setAside
    }
}

/// One document of a file.
package struct ExtractedMember: Sendable {
    /// Nil for the file itself; a record's id; an attachment's name, behind those of the messages that hold it (`/`
    /// between them). No two members of a file have the same bytes for a name.
    package let name: String?
    package let document: ExtractedDocument
    /// Values of the fields of `RecordLayout.attributes` that the record has; empty for anything but records.
    package let fields: [String: FieldValue]

    package init(name: String?, document: ExtractedDocument, fields: [String: FieldValue] = [:]) {
        self.name = name
        self.document = document
        self.fields = fields
    }
}

/// A part of a file that was left out, and why.
package struct SetAsideMember: Hashable, Sendable {
    /// A record's id, `line 17` where it has none, or an attachment's name.
    package let name: String
    package let reason: ExtractionError

    package init(name: String, reason: ExtractionError) {
        self.name = name
        self.reason = reason
    }
}
