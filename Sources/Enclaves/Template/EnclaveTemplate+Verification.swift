extension EnclaveTemplate {
    /// `policies/verification.cedar`: who may have the program prove that its answers owe nothing to what is hidden.
    static let verificationPolicies = #"""
        // `portcullis verify` compares what the program answers with what it should, over everything. Being
        // allowed to ask for that lets nobody read.

        // The management, after a second factor.
        @id("management-verifies")
        permit (
          principal is Person in Group::"management",
          action == Action::"verify",
          resource
        )
        when { context.mfa };

        """#

    /// `policies/tests/verification.json`: both sides of that policy.
    static let verificationTests = PolicyTestExample.file([
        .init(
            name: "management-verifies: over a letter", principal: .ines,
            passage: .init(classification: "internal"), action: "verify", outcome: .allowed("management-verifies")),
        .init(
            name: "management-verifies: not with one factor", principal: .ines,
            passage: .init(classification: "internal"), action: "verify", mfa: false, outcome: .denied(nil)),
        .init(
            name: "management-verifies: no other staff", principal: .tom, passage: .init(classification: "public"),
            action: "verify", outcome: .denied(nil)),
    ])
}
