/// Keeps documents from erasure and retention until it is released.
package struct LegalHold: RegisterRecord, Equatable {
    package static var kind: RegisterKind { .hold }

    package let id: RegisterID
    /// Milliseconds since 1970.
    package let time: Int64
    package let scope: RecordScope
    package let principal: String
    package let reason: String
    package var release: Release?

    package struct Release: Codable, Equatable, Sendable {
        package let time: Int64
        package let principal: String
        package let confirmedBy: String?
        package let reason: String

        package init(time: Int64, principal: String, confirmedBy: String?, reason: String) {
            self.time = time
            self.principal = principal
            self.confirmedBy = confirmedBy
            self.reason = reason
        }
    }

    package init(time: Int64, scope: RecordScope, principal: String, reason: String) {
        id = .random()
        self.time = time
        self.scope = scope
        self.principal = principal
        self.reason = reason
    }

    package var isInForce: Bool { release == nil }
}
