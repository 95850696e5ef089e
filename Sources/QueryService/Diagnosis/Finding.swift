/// What one check of `portcullis doctor` found.
package struct Finding: Encodable, Hashable, Sendable {
    package enum Status: String, Encodable, Sendable {
        case ok
        /// Works, and should be put right.
        case warning
        /// Does not work, or lets out what it must not.
        case problem
    }

    /// What was looked at, in a few words.
    package let subject: String
    package let status: Status
    /// What is the case. Paths, names of programs and numbers; no text of a document, no secret.
    package let detail: String
    /// What to do; nil where nothing is to be done.
    package let remedy: String?

    static func ok(_ subject: String, _ detail: String) -> Finding {
        Finding(subject: subject, status: .ok, detail: detail, remedy: nil)
    }

    static func warning(_ subject: String, _ detail: String, remedy: String) -> Finding {
        Finding(subject: subject, status: .warning, detail: detail, remedy: remedy)
    }

    static func problem(_ subject: String, _ detail: String, remedy: String) -> Finding {
        Finding(subject: subject, status: .problem, detail: detail, remedy: remedy)
    }
}
