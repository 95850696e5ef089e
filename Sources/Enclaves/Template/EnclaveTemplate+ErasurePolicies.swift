extension EnclaveTemplate {
    /// `policies/erasure.cedar`: who may take passages out for good, and who may keep them.
    static let erasurePolicies = #"""
        // What is taken out for good, and what is kept although it would go. Being allowed to do so lets
        // nobody read.

        // The management, after a second factor.
        @id("management-erases-and-holds")
        permit (
          principal is Person in Group::"management",
          action in [Action::"erase", Action::"hold"],
          resource
        )
        when { context.mfa };

        // Pay slips stay for the tax office, whoever asks. They can be held.
        @id("pay-is-kept")
        forbid (principal, action == Action::"erase", resource)
        when { resource.categories.contains(Category::"PAY") };

        """#
}
