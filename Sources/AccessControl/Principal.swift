package import Cedar
package import Labels

/// Someone who may ask: a person or a service of the principal store. Clearance is in the store's entities; this is who
/// it is and what for they may ask.
package struct Principal: Hashable, Sendable {
    package static let personType: EntityTypeName = "Person"
    package static let serviceType: EntityTypeName = "Service"

    package let uid: EntityUID
    package let displayName: String
    /// Purposes of use that a token for this principal may carry.
    package let purposes: Set<ByteText>

    package init(uid: EntityUID, displayName: String, purposes: Set<ByteText>) {
        self.uid = uid
        self.displayName = displayName
        self.purposes = purposes
    }

    /// The id without the type; no two principals share one.
    package var id: ByteText { ByteText(uid.id) }
}
