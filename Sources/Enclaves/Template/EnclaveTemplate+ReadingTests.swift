extension EnclaveTemplate {
    /// `policies/tests/reading.json`: both sides of every permit.
    static let readingTests = PolicyTestExample.file([
        .init(
            name: "public: the showroom screen reads the catalogue", principal: .screen,
            passage: .init(classification: "public"), outcome: .allowed("public")),
        .init(
            name: "public: no other level is public", principal: .screen, passage: .init(classification: "internal"),
            outcome: .denied(nil)),
        .init(
            name: "internal-for-staff: sales reads the torque table", principal: .sofia,
            passage: .init(classification: "internal"), outcome: .allowed("internal-for-staff")),
        .init(
            name: "internal-for-staff: a guest with a clearance is still no staff",
            principal: .jan.with(clearance: "internal"), passage: .init(classification: "internal"),
            outcome: .denied(nil)),
        .init(
            name: "confidential-by-department: a mechanic reads a report of the workshop", principal: .tom,
            passage: .init(classification: "confidential", department: "workshop"),
            outcome: .allowed("confidential-by-department")),
        .init(
            name: "confidential-by-department: through a group within staff", principal: .ines,
            passage: .init(classification: "confidential", department: "office"),
            outcome: .allowed("confidential-by-department")),
        .init(
            name: "confidential-by-department: another department does not", principal: .tom,
            passage: .init(classification: "confidential", department: "office"), outcome: .denied(nil)),
        .init(
            name: "confidential-by-department: nor does its member without the clearance",
            principal: .tom.with(clearance: "internal"),
            passage: .init(classification: "confidential", department: "workshop"), outcome: .denied(nil)),
        .init(
            name: "confidential-by-department: a label without a department is for nobody", principal: .ines,
            passage: .init(classification: "confidential"), outcome: .denied(nil)),
    ])
}
