import Cedar
package import Labels
package import Passages

/// What a document says about itself in its front matter or sidecar.
package struct DocumentMetadata: Hashable, Sendable {
    /// From front matter, without blanks at its ends.
    package var title: String?
    /// From the key `date`, be it metadata or an attribute.
    package var date: StatedDate?
    package var values: [ByteText: AttributeValue]

    package init(title: String? = nil, date: StatedDate? = nil, values: [ByteText: AttributeValue] = [:]) {
        self.title = title
        self.date = date
        self.values = values
    }
}

/// Why the front matter or sidecar of a document cannot be read; the document is set aside. Holds no text of the
/// document but names of attributes.
package struct DocumentMetadataError: Error, Hashable, Sendable, CustomStringConvertible {
    package let source: LabelSource
    /// In the document or the sidecar, from 1.
    package let line: Int?
    package let message: String

    package var description: String {
        line.map { "\(source), line \($0): \(message)" } ?? "\(source): \(message)"
    }
}

extension AttributeReader {
    /// The YAML between the `---` lines at the start of a document. Every key is an attribute of passages, but `title`
    /// and the keys of metadata.
    ///
    /// - Parameter firstLine: the document's line on which `text` begins.
    package func frontMatter(
        _ text: [UInt8], metadataKeys: Set<ByteText>, firstLine: Int = 2
    ) throws(DocumentMetadataError) -> DocumentMetadata {
        try metadata(text, from: .frontMatter, ignoring: metadataKeys.union(["title"]), firstLine: firstLine)
    }

    /// The YAML of a sidecar, `name.ext.label.yaml`: a mapping of attributes, and `date` where it is a key of metadata.
    package func sidecar(
        _ text: [UInt8], metadataKeys: Set<ByteText> = []
    ) throws(DocumentMetadataError) -> DocumentMetadata {
        try metadata(text, from: .sidecar, ignoring: metadataKeys.intersection(["date"]), firstLine: 1)
    }

    /// The attributes that the fields of a record give, by the name of the field. A set may be written as one value.
    package func record(
        _ fields: [String: FieldValue], layout: RecordLayout
    ) throws(DocumentMetadataError) -> [ByteText: AttributeValue] {
        var values: [ByteText: AttributeValue] = [:]
        for (name, field) in layout.attributes.sorted(by: { $0.key < $1.key }) {
            guard let value = fields[field], let type = passage.attributes[.init(utf8: name.bytes)]?.type else {
                continue
            }
            do {
                values[name] = try labelValue(YAMLTree(value, as: type), as: type)
            } catch let problem {
                throw DocumentMetadataError(
                    source: .record, line: nil,
                    message: "its field `\(field)` \(problem.messageWithoutValue) (attribute `\(name)`)")
            }
        }
        return values
    }

    private func metadata(
        _ text: [UInt8], from source: LabelSource, ignoring metadataKeys: Set<ByteText>, firstLine: Int
    ) throws(DocumentMetadataError) -> DocumentMetadata {
        func error(_ line: Int?, _ message: String) -> DocumentMetadataError {
            DocumentMetadataError(source: source, line: line.map { $0 + firstLine - 1 }, message: message)
        }
        let tree: YAMLTree?
        do {
            tree = try YAMLTree.parse(text, limit: EnclaveLimits.metadataBytes)
        } catch let problem {
            throw error(problem.line, problem.message)
        }
        guard let tree else { return DocumentMetadata() }
        guard case .mapping(let entries) = tree.content else {
            throw error(tree.line, "must be a mapping of attributes (`name: value`), not \(tree.kind)")
        }
        var metadata = DocumentMetadata()
        for entry in entries {
            let name = ByteText(entry.key)
            if name == "date" { metadata.date = StatedDate(entry.value) }
            if metadataKeys.contains(name) {
                if name == "title" {
                    do { metadata.title = try title(entry.value) } catch let problem {
                        throw error(entry.line, problem.message)
                    }
                }
                continue
            }
            guard let attribute = passage.attributes[.init(utf8: name.bytes)] else {
                throw error(
                    entry.line,
                    "\(YAMLTree.shownKey(entry.key)) is not an attribute; correct its name, or list it in labels.yaml "
                        + "under front_matter.metadata")
            }
            do {
                metadata.values[name] = try labelValue(entry.value, as: attribute.type)
            } catch let problem {
                throw error(problem.line, "\(YAMLTree.shownKey(entry.key)) \(problem.messageWithoutValue)")
            }
        }
        return metadata
    }

    private func title(_ tree: YAMLTree) throws(YAMLProblem) -> String? {
        guard case .text(let text, _) = tree.content else {
            throw YAMLProblem(line: tree.line, message: "`title` must be text, not \(tree.kind)")
        }
        let words = text.split { $0 == " " || $0 == "\t" || $0.isNewline }.joined(separator: " ")
        guard words.utf8.count <= EnclaveLimits.titleBytes else {
            throw YAMLProblem(
                line: tree.line,
                message: "`title` is \(words.utf8.count) bytes long; the limit is \(EnclaveLimits.titleBytes)")
        }
        return words.isEmpty ? nil : words
    }
}

extension StatedDate {
    fileprivate init?(_ tree: YAMLTree) {
        guard case .text(let text, _) = tree.content else {
            self.init(instant: nil)
            return
        }
        self.init(iso8601: text)
    }
}

extension YAMLTree {
    /// A field of a record as the same value would stand in YAML.
    fileprivate init(_ value: FieldValue, as type: SchemaType) {
        if case .set(let member) = type {
            guard case .list(let values) = value else {
                self.init(content: .list([YAMLTree(value, as: member)]), line: 1)
                return
            }
            self.init(content: .list(values.map { YAMLTree($0, as: member) }), line: 1)
            return
        }
        switch value {
        case .text(let text): self.init(content: .text(text, isPlain: true), line: 1)
        case .whole(let number): self.init(content: .text(String(number), isPlain: true), line: 1)
        case .truth(let truth): self.init(content: .text(truth ? "true" : "false", isPlain: true), line: 1)
        case .list(let values): self.init(content: .list(values.map { YAMLTree($0, as: type) }), line: 1)
        }
    }
}
