extension EnclaveTemplate {
    /// `policies/reading.cedar`: the permits.
    static let readingPolicies = #"""
        // What people may read. Nothing is readable unless a permit says so.

        // The public, whoever asks.
        @id("public")
        permit (principal, action == Action::"retrieve", resource)
        when { resource.classification == "public" };

        // Internal documents: all staff. The showroom screen and people from outside are not in that
        // group.
        @id("internal-for-staff")
        permit (
          principal is Person in Group::"staff",
          action == Action::"retrieve",
          resource
        )
        when
        {
          resource.classification == "internal" &&
          ["internal", "confidential"].contains(principal.clearance)
        };

        // Confidential documents: cleared staff of a department that the label names. A label without one
        // is for nobody.
        @id("confidential-by-department")
        permit (
          principal is Person in Group::"staff",
          action == Action::"retrieve",
          resource
        )
        when
        {
          resource.classification == "confidential" &&
          principal.clearance == "confidential" &&
          resource has departments &&
          resource.departments.containsAny(principal.departments)
        };

        """#
}
