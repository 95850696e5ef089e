/// An erasure, or the release of a hold, that waits for a second person.
package struct PendingRequest: RegisterRecord, Equatable {
    package static var kind: RegisterKind { .request }
    /// How long the second person has, milliseconds: seven days.
    package static let lifetime: Int64 = 7 * 86_400_000

    package let id: RegisterID
    /// Milliseconds since 1970.
    package let time: Int64
    package let scope: RecordScope
    package let principal: String
    package let reason: String
    /// What the scope covered when it was asked for; nothing else is erased under it.
    package let documents: [String]
    /// The hold that is to be released; nil for an erasure.
    package let hold: RegisterID?

    package init(
        time: Int64, scope: RecordScope, principal: String, reason: String, documents: [String], hold: RegisterID? = nil
    ) {
        id = .random()
        self.time = time
        self.scope = scope
        self.principal = principal
        self.reason = reason
        self.documents = documents
        self.hold = hold
    }

    package func isValid(at now: Int64) -> Bool { time <= now && now < time + Self.lifetime }
}
