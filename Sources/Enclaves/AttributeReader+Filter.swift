import Cedar
package import Labels

extension AttributeReader {
    /// A value of a passage's attribute, or of a member where the attribute is a set, as a caller writes it in a filter.
    /// nil where the attribute cannot have that value.
    package func filterValue(_ text: String, attribute: ByteText) -> AttributeValue? {
        guard let declared = passage.attributes[.init(utf8: attribute.bytes)]?.type else { return nil }
        let type = if case .set(let member) = declared { member } else { declared }
        return try? labelValue(YAMLTree(content: .text(text, isPlain: true), line: 1), as: type)
    }
}
