/// The label of a document, where it comes from, and what portion marks make of it.
package struct DocumentLabeling: Sendable {
    /// Governs every block without a mark, and the title.
    package let documentLabel: Label
    /// For every attribute in the order of their names: what each source contributed, in the order of application.
    package let provenance: [Contribution]
    package let parentProvenance: [ParentContribution]
    /// Attributes that a portion mark may loosen here.
    package let loweredByPortionMarks: Set<ByteText>
    private let scheme: LabelScheme

    init(
        documentLabel: Label, provenance: [Contribution], parentProvenance: [ParentContribution],
        loweredByPortionMarks: Set<ByteText>, scheme: LabelScheme
    ) {
        self.documentLabel = documentLabel
        self.provenance = provenance
        self.parentProvenance = parentProvenance
        self.loweredByPortionMarks = loweredByPortionMarks
        self.scheme = scheme
    }

    /// The label of a block or part that carries these marks.
    ///
    /// The mark at its start replaces the document's value of an attribute where a `may_lower` allows it, and is joined
    /// elsewhere. Marks further inside are joined: they never loosen.
    package func label(marked marks: [PortionMark]) throws(LabelingError) -> Label {
        guard !marks.isEmpty else { return documentLabel }
        var values = documentLabel.attributes
        for mark in marks {
            let replaced = mark.isLeading ? loweredByPortionMarks : []
            try apply(mark.level, to: scheme.marking.levelAttribute, of: &values, replaced: replaced)
            if let attribute = scheme.marking.categories {
                try apply(.set(mark.categories), to: attribute.name, of: &values, replaced: replaced)
            }
            if let attribute = scheme.marking.dissemination {
                try apply(.set(mark.dissemination), to: attribute.name, of: &values, replaced: replaced)
            }
        }
        return Label(attributes: values, parents: documentLabel.parents)
    }

    private func apply(
        _ value: AttributeValue, to name: ByteText, of values: inout [ByteText: AttributeValue], replaced: Set<ByteText>
    ) throws(LabelingError) {
        guard let declaration = scheme.attributes[name] else {
            throw LabelingError(.unknownAttribute, attribute: name, source: .portionMark)
        }
        guard let previous = values[name] else {
            // A mark that says nothing about an optional attribute does not make it present.
            if value != .set([]) { values[name] = value }
            return
        }
        if replaced.contains(name) {
            values[name] = value
        } else {
            do { values[name] = try declaration.joined(previous, value) } catch {
                throw error.about(name, from: .portionMark)
            }
        }
    }
}
