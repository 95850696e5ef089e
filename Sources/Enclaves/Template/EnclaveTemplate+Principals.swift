extension EnclaveTemplate {
    /// `principals.yaml`: four people and one service.
    static let principals = #"""
        # Who may ask, and what policies may read about them. Attributes are typed by
        # policies/schema.cedarschema.

        groups:
          staff: {}
          # A group may be in others; members of the inner one are members of the outer one.
          management: {in: [staff]}

        people:
          # The owner: every department, every purpose.
          ines.varga:
            name: Ines Varga
            in: [management]
            purposes: [work, personnel]
            attributes: {clearance: confidential, departments: [workshop, office, sales]}

          # Mechanic.
          tom.reed:
            name: Tom Reed
            in: [staff]
            purposes: [work]
            attributes: {clearance: confidential, departments: [workshop]}

          # Sales, with no access to confidential documents.
          sofia.lind:
            name: Sofia Lind
            in: [staff]
            purposes: [work]
            attributes: {clearance: internal, departments: [sales]}

          # A photographer from outside, until the end of the contract.
          jan.moss:
            name: Jan Moss
            purposes: [work]
            attributes: {clearance: public, departments: [], until: 2031-12-31}

        services:
          # The screen beside the showroom door.
          showroom-screen:
            purposes: [work]
            attributes: {clearance: public, departments: []}

        """#
}
