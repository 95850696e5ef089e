import Foundation

/// Everything that one run measured.
struct Report: Codable, Sendable {
    let command: String
    let date: String
    let isQuick: Bool
    let machine: Machine
    let sections: [Section]
}

/// One table, with what each line of it means.
struct Section: Codable, Sendable {
    let title: String
    let explanation: [String]
    /// The heading of the first column and of the others.
    let columns: [String]
    /// Empty where nothing was measured; the explanation then says why.
    let rows: [Row]
    let targets: [Target]

    struct Row: Codable, Sendable {
        let name: String
        let cells: [Figure?]
        /// All calls of the line, for the JSON alone.
        var latencies: LatencyHistogram?
    }

    /// What a figure was meant to reach.
    struct Target: Codable, Sendable {
        let name: String
        let value: Figure
        let goal: String
        let isMet: Bool

        init(_ name: String, _ value: Figure, atMost limit: Double) {
            self.name = name
            self.value = value
            goal = "at most \(limit)"
            isMet = value.value <= limit
        }

        init(_ name: String, _ value: Figure, atLeast limit: Double) {
            self.name = name
            self.value = value
            goal = "at least \(limit)"
            isMet = value.value >= limit
        }

        var text: String { "\(isMet ? "met" : "MISSED"): \(name): \(value.text), target \(goal)" }
    }

    private var lines: [[String]] {
        // A table that counts its calls says where these are too few for a percentile.
        let missing = columns.contains("calls") ? "–" : ""
        return [columns] + rows.map { row in [row.name] + row.cells.map { $0?.text ?? missing } }
    }

    /// A table with columns one under the other.
    var terminal: String {
        if rows.isEmpty { return ([title, ""] + explanation).joined(separator: "\n") + "\n" }
        let lines = lines
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let table = lines.map { line in
            line.indices.map { column in
                let blank = String(repeating: " ", count: widths[column] - line[column].count)
                return column == 0 ? line[column] + blank : blank + line[column]
            }.joined(separator: "   ")
        }
        return ([title, ""] + table + targets.map(\.text)).joined(separator: "\n") + "\n"
    }

    var markdown: String {
        var text = ["## \(title)", ""]
        for (number, line) in lines.enumerated() where !rows.isEmpty {
            text.append("| " + line.joined(separator: " | ") + " |")
            if number == 0 {
                text.append("| --- |" + String(repeating: " ---: |", count: columns.count - 1))
            }
        }
        text += (rows.isEmpty ? [] : [""]) + explanation.map { "- " + $0 }
        if !targets.isEmpty { text += [""] + targets.map { "- **\($0.text)**" } }
        return text.joined(separator: "\n") + "\n"
    }
}

extension Report {
    var terminal: String {
        ([machine.text] + sections.map(\.terminal)).joined(separator: "\n")
    }

    var markdown: String {
        let quick =
            isQuick ? "\n**A quick run: fewer rows and fewer rounds. These figures are no results.**\n" : ""
        return """
            # Measurements

            Written by `\(command)` on \(date).
            \(quick)
            \(machine.markdown)
            A figure is the median of all calls; in brackets the quartiles of the rounds' medians. A round measures
            everything that is compared, in random order. Nothing is the best of several runs. Each table comes from a
            process of its own. Figures count only where the load above was near 0 when the run began.

            \(sections.map(\.markdown).joined(separator: "\n"))
            """
    }

    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }
}
