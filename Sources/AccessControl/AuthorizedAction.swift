package import Cedar
package import Labels

/// One administrative action that the policies permit one principal on certain labels, as of one instant.
///
/// Only `LabelAuthorizer` makes one: there is no initialiser outside of this module. It lets nobody read: nothing makes
/// `PermittedLabels` of it.
package struct AuthorizedAction: Hashable, Sendable {
    package let action: AdministrativeAction
    package let principal: EntityUID
    package let purpose: ByteText
    /// The instant that was decided for, in milliseconds since 1970-01-01T00:00:00Z.
    package let now: Int64
    /// Each of them was permitted; no other one is.
    package let labels: Set<Label>

    /// Type and id, as policies write them.
    package var principalName: String { principal.description }

    /// For `LabelAuthorizer` alone.
    init(_ action: AdministrativeAction, on labels: Set<Label>, for request: AccessRequest) {
        self.action = action
        principal = request.principal
        purpose = request.purpose
        now = request.now
        self.labels = labels
    }
}

/// Why an administrative action is not permitted. For administrators: it holds numbers and names of policies, and
/// nothing of a label.
package struct ActionRefused: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The schema does not declare the action.
        case undeclared
        /// The principal is not in the store, or its type is none that the action applies to.
        case principal
        /// There is no label to decide about.
        case nothing
        /// So many labels are refused. `failed` are the policies that failed on one of them, which refuses it.
        case labels(refused: Int, of: Int, failed: [String])
    }

    package let action: AdministrativeAction
    package let reason: Reason

    init(_ action: AdministrativeAction, _ reason: Reason) {
        self.action = action
        self.reason = reason
    }

    package var description: String {
        switch reason {
        case .undeclared:
            return
                "nobody may \(action) here: the schema does not declare \(action.uid); declare it, and write a policy "
                + "that permits it"
        case .principal:
            return
                "this principal may not \(action) anything: the store does not have it, or the schema does not apply "
                + "\(action.uid) to its type"
        case .nothing: return "there is nothing to \(action): no label is concerned"
        case .labels(let refused, let count, let failed):
            let failures =
                failed.isEmpty ? "" : "; policies that failed, and so refuse: \(failed.joined(separator: ", "))"
            return
                "\(action) is refused on \(refused) of the \(count) labels concerned, and so on all; a policy must "
                + "permit \(action.uid) on every one of them\(failures)"
        }
    }
}
