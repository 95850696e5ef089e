public import Cedar

/// What an engine says of a case.
public enum CaseVerdict: Sendable {
    /// One of the texts that a case is made of cannot be used; no request was put.
    case unreadable(CaseFault)
    /// Whether the policy text is strictly valid (nothing without a schema), and an answer to each request. Links do
    /// not count for the validity: not every engine can be asked about them.
    case answered(validates: Bool?, [CaseAnswer])
}

/// The answer to one request.
public enum CaseAnswer: Sendable {
    /// The context does not parse, or the request does not conform to the schema.
    case refused(CaseFault)
    /// `reasons` in the order of the policies; `errors` says how many policies failed.
    case decided(Decision, reasons: [PolicyID], errors: Int)
}

/// What is wrong with a text, and where.
public struct CaseFault: Error {
    /// `schema`, `policies`, `links`, `entities`, `context`, or `request` for the request as a whole.
    public let file: String
    /// From 1, within the text; 1 and 1 where the fault is in all of it.
    public let line: Int
    public let column: Int
    public let message: String

    init(_ message: String, in file: String) {
        self.file = file
        line = 1
        column = 1
        self.message = message
    }

    init(_ error: ParseError) {
        file = error.location.file
        line = error.location.line
        column = error.location.column
        message = error.message
    }
}

extension CaseVerdict {
    /// One line of JSON for each request, or a single one if there is none or a text cannot be used.
    ///
    /// Without end of line. The members are `name`, `request` (its position), `validates` (null without a schema),
    /// `decision`, `reason` and `errors`; or in their place `refused`, or `name` and `parseError` alone.
    public func lines(name: CedarString) -> [String] {
        let name = JSONText.string(name)
        switch self {
        case .unreadable(let fault): return ["{\"name\":\(name),\"parseError\":\(fault.json)}"]
        case .answered(let validates, let answers):
            let validity = validates.map { $0 ? "true" : "false" } ?? "null"
            if answers.isEmpty { return ["{\"name\":\(name),\"validates\":\(validity)}"] }
            return answers.enumerated().map { position, answer in
                "{\"name\":\(name),\"request\":\(position),\"validates\":\(validity),\(answer.json)}"
            }
        }
    }
}

extension CaseAnswer {
    fileprivate var json: String {
        switch self {
        case .refused(let fault): return "\"refused\":\(fault.json)"
        case .decided(let decision, let reasons, let errors):
            let listed = reasons.map { JSONText.string($0.name) }.joined(separator: ",")
            return "\"decision\":\"\(decision.rawValue)\",\"reason\":[\(listed)],\"errors\":\(errors)"
        }
    }
}

extension CaseFault {
    fileprivate var json: String {
        """
        {"file":\(JSONText.string(CedarString(file))),"line":\(line),"column":\(column),\
        "message":\(JSONText.string(CedarString(message)))}
        """
    }
}
