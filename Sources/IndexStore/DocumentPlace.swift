/// Where a document lies: a file, or a member of one.
package struct DocumentPlace: Hashable, Sendable {
    /// Relative to the enclave's documents folder.
    package let path: String
    /// The id of a record of the file, or the name of an attachment; nil where the document is the whole file.
    package let member: String?

    package init(path: String, member: String? = nil) {
        self.path = path
        self.member = member
    }
}

extension DocumentPlace: CustomStringConvertible {
    /// As people write it: `notes/2025.jsonl#N-17`.
    package var description: String { member.map { "\(path)#\($0)" } ?? path }
}
