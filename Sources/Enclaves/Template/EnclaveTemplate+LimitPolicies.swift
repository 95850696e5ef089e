extension EnclaveTemplate {
    /// `policies/limits.cedar`: the forbids.
    static let limitPolicies = #"""
        // What holds back whatever a permit gives. One forbid is enough.

        // Confidential passages only after a second factor.
        @id("confidential-needs-second-factor")
        forbid (principal, action == Action::"retrieve", resource)
        when { resource.classification == "confidential" }
        unless { context.mfa };

        // Pay is for personnel work, even for those who may otherwise read it.
        @id("purpose-of-pay")
        forbid (principal, action == Action::"retrieve", resource)
        when { resource.categories.contains(Category::"PAY") }
        unless { context.purpose == "personnel" };

        // Offers and the like lapse at the instant that their front matter names.
        @id("document-lapsed")
        forbid (principal, action == Action::"retrieve", resource)
        when { resource has expires && resource.expires <= context.now };

        // Access that ends by itself, whatever for.
        @id("access-ended")
        forbid (principal, action, resource)
        when { principal has until && principal.until <= context.now };

        """#
}
