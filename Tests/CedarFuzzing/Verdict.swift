package import Cedar

/// What is compared of one line of verdicts.
package struct Verdict: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// The text that cannot be used.
        case unreadable(CedarString)
        /// No requests were put.
        case nothingAsked
        case refused
        case decided(CedarString, reasons: Set<CedarString>, errors: Int64)
    }

    let name: CedarString
    let request: Int64?
    package let validates: Bool?
    package let outcome: Outcome

    /// Reads a line as `portcullis cedar run` and `cedar_peer.py` print it.
    package init(line: String) throws(ParseError) {
        let source = SourceText(file: "verdict", bytes: Array(line.utf8))
        let document = try JSONReader.read(source)
        name = document["name"]?.string ?? ""
        if case .integer(let position)? = document["request"]?.kind { request = position } else { request = nil }
        if case .bool(let isValid)? = document["validates"]?.kind { validates = isValid } else { validates = nil }
        if let fault = document["parseError"] {
            outcome = .unreadable(fault["file"]?.string ?? "")
        } else if document["refused"] != nil {
            outcome = .refused
        } else if let decision = document["decision"]?.string, case .integer(let errors)? = document["errors"]?.kind {
            let reasons = (document["reason"]?.elements ?? []).compactMap(\.string)
            outcome = .decided(decision, reasons: Set(reasons), errors: errors)
        } else {
            outcome = .nothingAsked
        }
    }

    /// What a difference between two verdicts is about; nil if there is none.
    static func difference(_ ours: Verdict, _ theirs: Verdict) -> Disagreement.Kind? {
        if ours == theirs { return nil }
        switch (ours.outcome, theirs.outcome) {
        case (.unreadable(let file), .unreadable): return .reading(file)
        case (.unreadable(let file), _), (_, .unreadable(let file)): return .reading(file)
        case _ where ours.validates != theirs.validates: return .validation
        case (.refused, .decided), (.decided, .refused): return .request
        case (.decided(let decision, let reasons, _), .decided(let other, let otherReasons, _)):
            if decision != other { return .decision }
            return reasons != otherReasons ? .reasons : .errors
        default: return .request
        }
    }
}

/// A case on which two engines differ.
package struct Disagreement: Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// One engine takes the text and the other does not.
        case reading(CedarString)
        case validation, request, decision, reasons, errors
    }

    package let kind: Kind
    package internal(set) var draft: CaseDraft
    /// The first lines of verdicts that differ.
    package let ours: String
    package let theirs: String

    package var description: String {
        "\(kind): ours \(ours)\n  theirs \(theirs)\n  case \(draft.line)"
    }
}
