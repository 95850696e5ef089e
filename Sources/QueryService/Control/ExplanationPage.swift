import Ingest

/// An explanation for people.
enum ExplanationPage {
    static func text(_ explanation: Explanation) -> String {
        var text = "\(PageStyle.printable(explanation.path)): \(explanation.marking)\n"
        text += "Document \(explanation.documentID)\n\n"
        let header = ["ATTRIBUTE", "SOURCE", "OFFERED", "EFFECT", "RESULT"]
        text += TextTable.lines(
            [header] + explanation.steps.map { [$0.attribute, $0.source, $0.offered, $0.effect, $0.result] })
        text += "\n"
        if !explanation.parents.isEmpty {
            text += "\nIn: " + explanation.parents.joined(separator: ", ") + "\n"
        }
        text += "\nBlocks:\n"
        text += TextTable.lines(
            explanation.blocks.map {
                ["  \($0.count)", $0.marking, $0.isDocumentLabel ? "the document's label" : "portion marks"]
            }, rightAligned: [0])
        return text + "\n"
    }
}
