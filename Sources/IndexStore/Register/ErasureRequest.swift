/// An erasure that waits for a second person.
package struct ErasureRequest: RegisterRecord, Equatable {
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

    package init(time: Int64, scope: RecordScope, principal: String, reason: String, documents: [String]) {
        id = .random()
        self.time = time
        self.scope = scope
        self.principal = principal
        self.reason = reason
        self.documents = documents
    }

    package func isValid(at now: Int64) -> Bool { time <= now && now < time + Self.lifetime }
}
