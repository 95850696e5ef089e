import Cedar

/// The outcome of policy tests as text for people, and as JUnit XML for the machines that run them.
package struct PolicyTestReport: Sendable {
    private let run: PolicyTestRun

    package init(_ run: PolicyTestRun) {
        self.run = run
    }

    /// What is otherwise than expected, line by line, and the totals.
    package var text: String {
        var text = ""
        for outcome in run.failures {
            text += "\(outcome.test.location): \(outcome.test.name)\n"
            for line in Self.difference(outcome) { text += "  \(line)\n" }
            text += "\n"
        }
        if !run.untested.isEmpty {
            text += "decided by no test: \(run.untested.joined(separator: ", "))\n"
        }
        let failed = run.failures.count
        return text + "\(run.outcomes.count) tests, \(failed) failed\n"
    }

    /// Lines that begin with `-` for what was expected and with `+` for what came.
    private static func difference(_ outcome: PolicyTestRun.Outcome) -> [String] {
        let (expected, actual) = (outcome.test.expected, outcome.result)
        func line(_ sign: String, _ result: PolicyTest.Result) -> [String] {
            var lines: [String] = []
            if expected.decision != actual.decision { lines.append("\(sign) decision: \(result.decision.rawValue)") }
            if expected.reasons != actual.reasons { lines.append("\(sign) reason: \(list(result.reasons))") }
            if expected.errorCount != actual.errorCount { lines.append("\(sign) num_errors: \(result.errorCount)") }
            return lines
        }
        return line("-", expected) + line("+", actual)
    }

    private static func list(_ reasons: Set<CedarString>) -> String {
        reasons.isEmpty ? "none" : reasons.sorted().map(\.description).joined(separator: ", ")
    }

    /// One `testsuite` a file, as most systems for continuous integration read it.
    package var junit: String {
        var xml = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
        xml += "<testsuites tests=\"\(run.outcomes.count)\" failures=\"\(run.failures.count)\">\n"
        for (file, outcomes) in suites {
            let failed = outcomes.count { !$0.isPassed }
            xml += "  <testsuite name=\(Self.quoted(file)) tests=\"\(outcomes.count)\" failures=\"\(failed)\">\n"
            for outcome in outcomes {
                let name = "name=\(Self.quoted(outcome.test.name.description)) classname=\(Self.quoted(file))"
                if outcome.isPassed {
                    xml += "    <testcase \(name)/>\n"
                } else {
                    let place = Self.quoted(outcome.test.location.description)
                    xml += "    <testcase \(name)>\n      <failure message=\(place)>"
                    xml += Self.escaped(Self.difference(outcome).joined(separator: "\n"))
                    xml += "</failure>\n    </testcase>\n"
                }
            }
            xml += "  </testsuite>\n"
        }
        return xml + "</testsuites>\n"
    }

    private var suites: [(file: String, outcomes: [PolicyTestRun.Outcome])] {
        var suites: [(file: String, outcomes: [PolicyTestRun.Outcome])] = []
        for outcome in run.outcomes {
            if suites.last.map({ $0.file.utf8.elementsEqual(outcome.file.utf8) }) != true {
                suites.append((outcome.file, []))
            }
            suites[suites.count - 1].outcomes.append(outcome)
        }
        return suites
    }

    private static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// For XML 1.0, which cannot hold most control characters at all.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            case "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
                escaped.unicodeScalars.append(scalar)
            default: escaped += "\u{FFFD}"
            }
        }
        return escaped
    }
}
