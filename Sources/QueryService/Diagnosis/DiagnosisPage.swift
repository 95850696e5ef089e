/// A diagnosis as a page for people: a line for each finding, and below it what to do.
package struct DiagnosisPage {
    let style: PageStyle

    package init(style: PageStyle) {
        self.style = style
    }

    package func text(_ diagnosis: Diagnosis) -> String {
        let subjects = diagnosis.findings.map(\.subject.count).max() ?? 0
        var lines: [String] = []
        for section in diagnosis.sections {
            lines.append(style.bold(section.title))
            for finding in section.findings { lines += self.lines(finding, subjectWidth: subjects) }
            lines.append("")
        }
        let (problems, warnings) = (diagnosis.count(.problem), diagnosis.count(.warning))
        lines.append("\(Self.count(problems, "problem")), \(Self.count(warnings, "warning"))")
        return lines.joined(separator: "\n") + "\n"
    }

    /// `  warning  BLAS    reference BLAS`, further lines and the remedy under the detail.
    private func lines(_ finding: Finding, subjectWidth: Int) -> [String] {
        let status = Self.padded(finding.status.rawValue, to: 7)
        let head = "  \(coloured(status, finding.status))  \(Self.padded(finding.subject, to: subjectWidth))  "
        let indent = String(repeating: " ", count: 2 + 7 + 2 + subjectWidth + 2)
        // Below the first line may stand a line of a policy and a caret: their columns stay.
        let parts = PageStyle.printable(finding.detail).split(separator: "\n", maxSplits: 1)
        let first = style.wrapped(parts.first.map(String.init) ?? "", indent: indent).dropFirst(indent.count)
        var lines = [head + first]
        if parts.count > 1 { lines += parts[1].split(separator: "\n").map { indent + $0 } }
        if let remedy = finding.remedy { lines.append(style.wrapped("→ " + remedy, indent: indent)) }
        return lines
    }

    private func coloured(_ text: String, _ status: Finding.Status) -> String {
        guard style.colour else { return text }
        let code =
            switch status {
            case .ok: 32
            case .warning: 33
            case .problem: 31
            }
        return "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number == 0 ? "no" : String(number)) \(noun)\(number == 1 ? "" : "s")"
    }
}
