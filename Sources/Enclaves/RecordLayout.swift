package import Labels

/// How a file of records is read (`records` in `labels.yaml`): each record becomes a document of its own.
package struct RecordLayout: Hashable, Sendable {
    /// The field that names the record within its file.
    package let id: String
    /// The field that is the title; nil where records have none.
    package let title: String?
    /// The fields whose values are the text, in this order.
    package let text: [String]
    /// The fields that give attributes of the label, by attribute.
    package let attributes: [ByteText: String]
    /// Fields that are known and not used. Any other field is an error.
    package let metadata: Set<String>

    package init(
        id: String, title: String?, text: [String], attributes: [ByteText: String], metadata: Set<String>
    ) {
        self.id = id
        self.title = title
        self.text = text
        self.attributes = attributes
        self.metadata = metadata
    }

    /// The field that is the record's date: `date` among the metadata, or what gives an attribute of that name.
    package var dateField: String? { metadata.contains("date") ? "date" : attributes["date"] }

    /// Every field that a record may have.
    package var fields: Set<String> {
        Set(text).union(attributes.values).union(metadata).union([id]).union(title.map { [$0] } ?? [])
    }
}

/// One entry of `records`: which files hold records, and how they are read.
package struct RecordRule: Sendable {
    package let patterns: [PathPattern]
    package let layout: RecordLayout
}

/// The value of a field of a record, as its format has it.
package enum FieldValue: Hashable, Sendable {
    case text(String)
    case whole(Int64)
    case truth(Bool)
    /// In CSV, a cell with `;` between its values.
    case list([FieldValue])
}
