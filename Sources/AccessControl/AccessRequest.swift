package import Cedar
package import Labels

/// Who wants to retrieve passages, and under which circumstances: what a decision is about besides the label.
package struct AccessRequest: Hashable, Sendable {
    package static let action = EntityUID(type: "Action", id: "retrieve")
    /// The attribute of the context that holds the instant.
    static let clock: CedarString = "now"

    package var principal: EntityUID
    package var purpose: ByteText
    /// Milliseconds since 1970-01-01T00:00:00Z. One instant for a whole request.
    package var now: Int64
    /// The peer of the socket, or what a trusted proxy says.
    package var network: IPAddress
    /// Whether the token says that its holder used more than one factor.
    package var mfa: Bool
    /// The client that the token names, if any.
    package var assistant: ByteText?

    package init(
        principal: EntityUID, purpose: ByteText, now: Int64, network: IPAddress, mfa: Bool, assistant: ByteText? = nil
    ) {
        self.principal = principal
        self.purpose = purpose
        self.now = now
        self.network = network
        self.mfa = mfa
        self.assistant = assistant
    }

    /// The context as policies see it. The schema must declare exactly this (`contextType`).
    package var context: [CedarString: Value] {
        var context: [CedarString: Value] = [
            "purpose": .string(CedarString(purpose)), "now": .datetime(Datetime(millisecondsSinceEpoch: now)),
            "network": .ip(network), "mfa": .bool(mfa),
        ]
        if let assistant { context["assistant"] = .string(CedarString(assistant)) }
        return context
    }

    package static let contextType = RecordType([
        "purpose": .init(.string), "now": .init(.datetime), "network": .init(.ipaddr), "mfa": .init(.bool),
        "assistant": .init(.string, isRequired: false),
    ])
}
