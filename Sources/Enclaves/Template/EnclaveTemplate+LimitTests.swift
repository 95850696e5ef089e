extension EnclaveTemplate {
    /// `policies/tests/limits.json`: both sides of every forbid.
    static let limitTests = PolicyTestExample.file([
        .init(
            name: "confidential-needs-second-factor: with one", principal: .tom, passage: report,
            outcome: .allowed("confidential-by-department")),
        .init(
            name: "confidential-needs-second-factor: without", principal: .tom, passage: report, mfa: false,
            outcome: .denied("confidential-needs-second-factor")),
        .init(
            name: "confidential-needs-second-factor: not for internal documents", principal: .tom,
            passage: .init(classification: "internal"), mfa: false, outcome: .allowed("internal-for-staff")),
        .init(
            name: "purpose-of-pay: for personnel work", principal: .ines, passage: pay, purpose: "personnel",
            outcome: .allowed("confidential-by-department")),
        .init(
            name: "purpose-of-pay: for other work", principal: .ines, passage: pay, outcome: .denied("purpose-of-pay")),
        .init(
            name: "document-lapsed: the last instant before", principal: .sofia, passage: lapsing,
            now: "2026-11-29T23:59:59.999Z", outcome: .allowed("internal-for-staff")),
        .init(
            name: "document-lapsed: the instant itself", principal: .sofia, passage: lapsing,
            now: "2026-11-30T00:00:00Z", outcome: .denied("document-lapsed")),
        .init(
            name: "access-ended: the last instant before", principal: .jan, passage: .init(classification: "public"),
            now: "2031-12-30T23:59:59.999Z", outcome: .allowed("public")),
        .init(
            name: "access-ended: the instant itself", principal: .jan, passage: .init(classification: "public"),
            now: "2031-12-31T00:00:00Z", outcome: .denied("access-ended")),
    ])

    private static let report = PolicyTestExample.Passage(classification: "confidential", department: "workshop")
    private static let pay = PolicyTestExample.Passage(
        classification: "confidential", categories: ["PAY"], department: "office")
    private static let lapsing = PolicyTestExample.Passage(classification: "internal", expires: "2026-11-30")
}
