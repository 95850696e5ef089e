package import Cedar

/// What can be done about passages besides retrieving them. A schema need not declare it; then it is nobody's to do.
package enum AdministrativeAction: String, CaseIterable, Hashable, Sendable {
    /// Taking passages out for good.
    case erase
    /// Keeping passages that would go, and ending that.
    case hold
    /// Having the program read passages for others, to compare what it answers them with what it should.
    case verify

    package var uid: EntityUID { EntityUID(type: "Action", id: CedarString(rawValue)) }
}
