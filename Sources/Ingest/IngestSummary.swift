/// What an ingest did. Paths and reasons, never text of documents.
package struct IngestSummary: Sendable, Encodable {
    /// Documents that the index did not hold before.
    package internal(set) var added = 0
    package internal(set) var updated = 0
    package internal(set) var unchanged = 0
    /// Documents that left the index, because their file is gone or can no longer be read or labelled.
    package internal(set) var removed = 0
    /// Passages made in this run.
    package internal(set) var passages = 0
    /// Passages whose vector was made in this run; the others had one already.
    package internal(set) var embedded = 0
    package internal(set) var seconds = 0.0
    package internal(set) var setAside: [SetAside] = []

    enum CodingKeys: String, CodingKey {
        case added, updated, unchanged, removed, passages, embedded, seconds
        case setAside = "set_aside"
    }
}

/// A file that is not in the index, and why.
package struct SetAside: Sendable, Encodable {
    package let path: String
    package let reason: String
}

/// How far an ingest is.
package struct IngestProgress: Sendable {
    package let done: Int
    package let total: Int
    /// The file that was last dealt with.
    package let path: String
}
