extension EnclaveTemplate {
    /// `policies/tests/erasure.json`: both sides of every policy about erasing and holding.
    static let erasureTests = PolicyTestExample.file([
        .init(
            name: "management-erases-and-holds: a letter is erased", principal: .ines, passage: letter,
            action: "erase", outcome: .allowed("management-erases-and-holds")),
        .init(
            name: "management-erases-and-holds: a letter is held", principal: .ines, passage: letter, action: "hold",
            outcome: .allowed("management-erases-and-holds")),
        .init(
            name: "management-erases-and-holds: not with one factor", principal: .ines, passage: letter,
            action: "erase", mfa: false, outcome: .denied(nil)),
        .init(
            name: "management-erases-and-holds: no other staff", principal: .tom, passage: letter, action: "erase",
            outcome: .denied(nil)),
        .init(
            name: "management-erases-and-holds: who may read may not erase", principal: .tom,
            passage: .init(classification: "public"), action: "hold", outcome: .denied(nil)),
        .init(
            name: "pay-is-kept: not even by the management", principal: .ines, passage: pay, action: "erase",
            purpose: "personnel", outcome: .denied("pay-is-kept")),
        .init(
            name: "pay-is-kept: it can be held", principal: .ines, passage: pay, action: "hold", purpose: "personnel",
            outcome: .allowed("management-erases-and-holds")),
        .init(
            name: "access-ended: it ends erasing too", principal: .ines.with(until: "2026-01-31"), passage: letter,
            action: "erase", outcome: .denied("access-ended")),
    ])

    private static let letter = PolicyTestExample.Passage(classification: "internal")
    private static let pay = PolicyTestExample.Passage(
        classification: "confidential", categories: ["PAY"], department: "office")
}
