package import AccessControl
package import Cedar
package import Labels

/// Who may ask and what they are cleared for, from `principals.yaml`.
package struct PrincipalStore: Sendable {
    /// People, services, groups and everything else that `principals.yaml` declares, with attributes and parents.
    package let entities: Entities
    private let byID: [ByteText: Principal]

    init(entities: Entities, principals: [Principal]) {
        self.entities = entities
        byID = Dictionary(uniqueKeysWithValues: principals.map { ($0.id, $0) })
    }

    /// The person or service of that id, byte for byte.
    package func principal(_ id: ByteText) -> Principal? { byID[id] }

    /// In the order of their ids.
    package var principals: [Principal] { byID.values.sorted { $0.id < $1.id } }
}
