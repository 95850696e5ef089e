import AccessControl
import Cedar
import Foundation
import Labels

/// The world as the official engine reads it: every label is an entity of its own, and every question a request.
extension DecisionWorld {
    struct PeerInput: Encodable {
        let policies: String
        let schema: String
        /// A list of entities.
        let entities: String
        let principal: String
        let action: String
        let resources: [String]
        /// An object.
        let context: String
    }

    func peerInput(_ request: AccessRequest) -> PeerInput {
        let passages = labels.enumerated().map { number, label in
            Self.json(
                uid: Self.passage(number), attributes: LabelEntity.entity(of: label).attributes,
                parents: LabelEntity.entity(of: label).parents)
        }
        let others = entities.map { Self.json(uid: $0.uid, attributes: $0.attributes, parents: $0.parents) }
        return PeerInput(
            policies: Self.policies.joined(separator: "\n"), schema: Self.schema,
            entities: "[" + (others + passages).joined(separator: ",\n") + "]",
            principal: request.principal.description, action: AccessRequest.action.description,
            resources: labels.indices.map { Self.passage($0).description }, context: Self.json(request.context))
    }

    private static func passage(_ number: Int) -> EntityUID {
        EntityUID(type: LabelEntity.type, id: CedarString("passage-\(number)"))
    }

    /// The entities of the labels in Cedar's JSON form.
    func labelEntitiesJSON() -> [UInt8] {
        Array(
            ("["
                + labels.enumerated().map { number, label in
                    Self.json(
                        uid: Self.passage(number), attributes: LabelEntity.entity(of: label).attributes,
                        parents: LabelEntity.entity(of: label).parents)
                }.joined(separator: ",\n") + "]").utf8)
    }

    private static func json(
        uid: EntityUID, attributes: [CedarString: Value], parents: Set<EntityUID>
    ) -> String {
        let above = parents.map(json).joined(separator: ",")
        return #"{"uid":\#(json(uid)),"attrs":\#(json(attributes)),"parents":[\#(above)]}"#
    }

    private static func json(_ attributes: [CedarString: Value]) -> String {
        "{" + attributes.map { "\"\($0.key)\":\(json($0.value))" }.joined(separator: ",") + "}"
    }

    private static func json(_ uid: EntityUID) -> String { #"{"type":"\#(uid.type)","id":"\#(uid.id)"}"# }

    /// The names and ids of this world need no escapes.
    private static func json(_ value: Value) -> String {
        switch value {
        case .bool(let value): "\(value)"
        case .long(let value): "\(value)"
        case .string(let value): "\"\(value)\""
        case .entity(let uid): #"{"__entity":\#(json(uid))}"#
        case .set(let members): "[" + members.map(json).joined(separator: ",") + "]"
        case .record(let attributes): json(attributes)
        case .ip(let value): #"{"__extn":{"fn":"ip","arg":"\#(value)"}}"#
        case .decimal(let value): #"{"__extn":{"fn":"decimal","arg":"\#(value)"}}"#
        case .datetime(let value): #"{"__extn":{"fn":"datetime","arg":"\#(value)"}}"#
        case .duration(let value): #"{"__extn":{"fn":"duration","arg":"\#(value)"}}"#
        }
    }
}
