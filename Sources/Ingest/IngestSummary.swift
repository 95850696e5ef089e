import IndexStore
import Inspection

/// What an ingest did, or would do. Paths, markings and reasons, never text of documents.
package struct IngestSummary: Sendable, Encodable {
    /// Whether nothing was done, only found out.
    package let isDryRun: Bool
    /// Documents that the index did not hold before.
    package internal(set) var added = 0
    package internal(set) var updated = 0
    /// Documents whose content is as before and whose labels changed.
    package internal(set) var relabelled = 0
    package internal(set) var unchanged = 0
    /// Documents that left the index, because their file is gone or can no longer be read or labelled.
    package internal(set) var removed = 0
    /// New and changed files that a pass over labels alone left for an ingest.
    package internal(set) var waiting = 0
    /// Files that were moved into the index, and those of several documents, which stay in the folder.
    package internal(set) var taken = 0
    package internal(set) var left = 0
    /// Passages made in this run.
    package internal(set) var passages = 0
    /// Passages whose vector was made in this run; the others had one already.
    package internal(set) var embedded = 0
    package internal(set) var seconds = 0.0
    package internal(set) var setAside: [SetAside] = []
    /// What would change, of a dry run.
    package internal(set) var changes: [IngestChange] = []

    init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }

    enum CodingKeys: String, CodingKey {
        case added, updated, relabelled, unchanged, removed, waiting, taken, left, passages, embedded, seconds, changes
        case isDryRun = "dry_run"
        case setAside = "set_aside"
    }

    mutating func note(_ place: DocumentPlace, _ kind: IngestChange.Kind, from: [String], to: [String]) {
        switch kind {
        case .add: added += 1
        case .update: updated += 1
        case .relabel: relabelled += 1
        case .remove: removed += 1
        }
        if isDryRun { changes.append(IngestChange(path: place.description, kind: kind, from: from, to: to)) }
    }
}

/// A document that changes, with the markings of its labels before and after.
package struct IngestChange: Sendable, Encodable {
    package enum Kind: String, Sendable, Encodable {
        case add, update, relabel, remove
    }

    package let path: String
    package let kind: Kind
    package let from: [String]
    package let to: [String]
}

/// A file, record or attachment that is not in the index, and why.
package struct SetAside: Sendable, Encodable {
    package let path: String
    package let reason: String

    /// A card number in the path, or in a name of it that the reason repeats, is masked: reports are kept and sent on.
    init(path: String, reason: String) {
        self.path = CardNumberDetector.masked(path)
        self.reason = CardNumberDetector.masked(reason)
    }
}

/// How far an ingest is.
package struct IngestProgress: Sendable {
    package let done: Int
    package let total: Int
    /// The file that was last dealt with, a card number in it masked.
    package let path: String

    init(done: Int, total: Int, path: String) {
        self.done = done
        self.total = total
        self.path = CardNumberDetector.masked(path)
    }
}
