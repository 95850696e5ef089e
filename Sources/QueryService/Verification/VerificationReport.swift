import Foundation

/// What came of a verification: numbers, names of principals, digests. No text.
struct VerificationReport: Encodable, Sendable {
    struct Row: Encodable, Sendable {
        let principal: String
        /// Nil for one who has none, and is refused whatever he asks.
        let purpose: String?
        /// Of the policies that were in force.
        let policyVersion: String
        /// How many passages he may read for it, and how many there are.
        let passages: Int
        let wholeIndex: Int
        private(set) var responses = 0
        private(set) var identical = 0
        /// How many responses are answers, with status 200: the others say that there is nothing, or refuse.
        private(set) var answers = 0
        private(set) var firstDifference: Difference?

        struct Difference: Encodable, Sendable {
            /// Of the request, from 1.
            let number: Int
            let request: String
            let difference: ResponseDifference
        }

        enum CodingKeys: String, CodingKey {
            case principal, purpose, passages, responses, answers, identical
            case policyVersion = "policy_version"
            case wholeIndex = "passages_of_whole_index"
            case firstDifference = "first_difference"
        }

        init(principal: String, purpose: String?, policyVersion: String, passages: Int, of wholeIndex: Int) {
            self.principal = principal
            self.purpose = purpose
            self.policyVersion = policyVersion
            self.passages = passages
            self.wholeIndex = wholeIndex
        }

        mutating func add(_ difference: ResponseDifference?, isAnswer: Bool, request: String, number: Int) {
            responses += 1
            if isAnswer { answers += 1 }
            if let difference {
                if firstDifference == nil {
                    firstDifference = Difference(number: number, request: request, difference: difference)
                }
            } else {
                identical += 1
            }
        }
    }

    /// Type and id of who asked for it, as policies write them.
    let by: String
    /// Of the requests that were made of the index.
    let seed: UInt64?
    let rows: [Row]

    var responses: Int { rows.reduce(0) { $0 + $1.responses } }
    var identical: Int { rows.reduce(0) { $0 + $1.identical } }
    var answers: Int { rows.reduce(0) { $0 + $1.answers } }
    var status: ExitStatus { identical == responses ? .success : .incomplete }

    /// For people.
    func text(_ style: PageStyle) -> String {
        let header = ["PRINCIPAL", "PURPOSE", "MAY READ", "OF", "ANSWERS", "IDENTICAL", "OF"]
        let cells = rows.map { row in
            [
                row.principal, row.purpose ?? "–", "\(row.passages)", "\(row.wholeIndex)", "\(row.answers)",
                "\(row.identical)", "\(row.responses)",
            ]
        }
        let lines = TextTable.lines([header] + cells, rightAligned: [2, 3, 4, 5, 6]).split(separator: "\n")
        var text = zip(lines, [nil] + rows.map(Optional.some)).map { line, row in
            row.map { $0.identical < $0.responses } == true ? style.bold(String(line)) : String(line)
        }.joined(separator: "\n")
        text += "\n\n"
        for row in rows {
            guard let first = row.firstDifference else { continue }
            text += """
                \(row.principal), \(row.purpose ?? "no purpose"): first difference in request \(first.number), \
                \(first.request): \(first.difference.part)
                  keyed digest of the body  \(first.difference.liveBody)
                  of what it should be      \(first.difference.oracleBody)

                """ + "\n"
        }
        text += style.bold("\(identical) of \(responses) responses are identical") + ", \(answers) of them answers\n"
        let made = seed.map { "; requests of --seed \($0)" } ?? ""
        let versions = Set(rows.map(\.policyVersion)).sorted().joined(separator: ", ")
        return text + style.dim("policy version \(versions)\(made)") + "\n"
    }
}
