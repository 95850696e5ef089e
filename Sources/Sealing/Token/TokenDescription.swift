/// What a token says of itself, for whoever checks a set-up. It holds no secret.
package struct TokenDescription: Equatable, Sendable {
    /// The module's library and its version.
    package let library: String
    package let label: String
    package let serial: String
    package let model: String
    /// Root keys of the source's label; each has been found fit for use.
    package let rootKeys: Int
}

extension TokenKey {
    /// Logs in to the token and describes it.
    package static func check(_ source: TokenSource) throws(KeyError) -> TokenDescription {
        try TokenSession(source).use("cannot look into token \"\(source.token)\"") { session throws(TokenFault) in
            TokenDescription(
                library: try session.module.library(), label: session.slot.label, serial: session.slot.serial,
                model: session.slot.model, rootKeys: try session.rootKeys(label: source.key).count)
        }
    }
}
