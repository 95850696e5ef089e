/// Who wants to do what to what, and under which circumstances.
public struct Request: Sendable, Hashable {
    public var principal: EntityUID
    public var action: EntityUID
    public var resource: EntityUID
    public var context: [CedarString: Value]

    public init(principal: EntityUID, action: EntityUID, resource: EntityUID, context: [CedarString: Value] = [:]) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.context = context
    }
}
