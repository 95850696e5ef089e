/// Documents that were erased: their keys are destroyed, and nothing of them comes back, neither from an older index nor
/// from the folder.
package struct Erasure: RegisterRecord, Equatable {
    package static var kind: RegisterKind { .erasure }

    package let id: RegisterID
    /// Milliseconds since 1970.
    package let time: Int64
    package let scope: RecordScope
    /// The principal, or the rule of retention.
    package let authority: String
    package let confirmedBy: String?
    package let reason: String
    package let documents: [ErasedDocument]
    /// Whether all of it is gone from the files. Until then opening the index goes on with it.
    package internal(set) var isComplete = false
    /// Whether requests that began earlier still have in memory what they found of it. Only who erased is told; it is not
    /// on record.
    package internal(set) var readersRemain = false

    private enum CodingKeys: String, CodingKey {
        case id, time, scope, authority, confirmedBy, reason, documents, isComplete
    }
}

/// Documents are erased, their keys are gone; but something failed before all that was there could be overwritten.
package struct UnfinishedErasure: Error, CustomStringConvertible {
    package let id: RegisterID
    /// What failed.
    package let problem: any Error

    package var description: String {
        "the documents are erased for good (erasure \(id)), but not all that was there could be overwritten; the enclave "
            + "does that when it is opened again. What failed: \(problem)"
    }
}

/// An erased document, by keyed digests: neither its path nor its text.
package struct ErasedDocument: Codable, Hashable, Sendable {
    /// `DocumentID`, in hexadecimal digits.
    package let document: String
    /// Of its text: a copy under another path is not taken in either.
    package let content: String
}
