extension PolicyJSONReader {
    func policy(_ json: JSONValue, id: PolicyID) throws(ParseError) -> Policy {
        let parts = try shapes.object(
            json, "a policy", required: ["effect", "principal", "action", "resource", "conditions"],
            optional: ["annotations"])
        let effectName = try shapes.string(parts[0], "an effect")
        guard let effect = Effect(name: effectName) else {
            throw values.error(
                "there is no effect \(effectName.quoted)", at: parts[0], expected: ["\"permit\"", "\"forbid\""])
        }
        var conditions: [Condition] = []
        for element in try shapes.elements(parts[4], "a list of conditions") {
            conditions.append(try condition(element))
        }
        let spans = Policy.ScopeSpans(principal: parts[1].span, action: parts[2].span, resource: parts[3].span)
        return Policy(
            id: id, effect: effect, principal: try scope(parts[1], .principal), action: try action(parts[2]),
            resource: try scope(parts[3], .resource), conditions: conditions,
            annotations: try shapes.annotations(json["annotations"]), source: values.source, span: json.span,
            scopeSpans: spans)
    }

    private func condition(_ json: JSONValue) throws(ParseError) -> Condition {
        let parts = try shapes.object(json, "a condition", required: ["kind", "body"])
        let name = try shapes.string(parts[0], "a kind of condition")
        guard let kind = Condition.Kind(name: name) else {
            throw values.error(
                "there is no condition \(name.quoted)", at: parts[0], expected: ["\"when\"", "\"unless\""])
        }
        return Condition(kind, try expression(parts[1]))
    }

    /// The operator of a constraint, which tells what else the object holds.
    private func operation(_ json: JSONValue, _ allowed: [CedarString]) throws(ParseError) -> CedarString {
        guard let member = json["op"] else {
            throw values.error("a constraint needs the key \"op\"", at: json, expected: ["\"op\""])
        }
        let name = try shapes.string(member, "an operator")
        guard allowed.contains(name) else {
            throw values.error(
                "the operator \(name.quoted) cannot stand here", at: member, expected: allowed.map(\.quoted))
        }
        return name
    }

    private func scope(_ json: JSONValue, _ slot: Slot) throws(ParseError) -> ScopeConstraint {
        switch try operation(json, ["All", "all", "==", "in", "is"]) {
        case "==": return .equal(try reference(json, slot, besides: ["op"]))
        case "in": return .in(try reference(json, slot, besides: ["op"]))
        case "is":
            let parts = try shapes.object(
                json, "an `is` constraint", required: ["op", "entity_type"], optional: ["in"])
            let type = try typeName(parts[1])
            guard let group = json["in"], !group.isNull else { return .is(type) }
            return .isIn(type, try reference(group, slot, besides: []))
        default:
            _ = try shapes.object(json, "a constraint on nothing", required: ["op"])
            return .any
        }
    }

    private func action(_ json: JSONValue) throws(ParseError) -> ActionConstraint {
        switch try operation(json, ["All", "all", "==", "in"]) {
        case "==":
            let parts = try shapes.object(json, "an action constraint", required: ["op", "entity"])
            return .equal(try actionUID(parts[1]))
        case "in" where json["entities"] != nil:
            let parts = try shapes.object(json, "an action constraint", required: ["op", "entities"])
            var actions: [EntityUID] = []
            for element in try shapes.elements(parts[1], "a list of actions") { actions.append(try actionUID(element)) }
            return .inAny(actions)
        case "in":
            let parts = try shapes.object(
                json, "an action constraint", required: ["op", "entity"], optional: ["entities"])
            return .in(try actionUID(parts[1]))
        default:
            _ = try shapes.object(json, "a constraint on nothing", required: ["op"])
            return .any
        }
    }

    private func actionUID(_ json: JSONValue) throws(ParseError) -> EntityUID {
        let uid = try values.uid(json)
        guard uid.type.isAction else {
            throw values.error(
                "\(uid) is no action", at: json,
                hint: "the type of an action is `Action`, with or without a namespace")
        }
        return uid
    }

    /// `"entity": …` or `"slot": …`, and the other keys given.
    private func reference(
        _ json: JSONValue, _ slot: Slot, besides others: [CedarString]
    ) throws(ParseError) -> EntityReference {
        guard let name = json["slot"] else {
            let parts = try shapes.object(json, "a constraint", required: others + ["entity"])
            return .entity(try values.uid(parts[others.count]))
        }
        _ = try shapes.object(json, "a constraint with a slot", required: others + ["slot"])
        guard name.string == CedarString(slot.rawValue) else {
            throw values.error("the slot that can stand here is another", at: name, expected: ["\"\(slot.rawValue)\""])
        }
        return .slot(slot)
    }

    func typeName(_ json: JSONValue) throws(ParseError) -> EntityTypeName {
        let name = try shapes.string(json, "an entity type")
        guard let type = EntityTypeName(parsing: name) else {
            throw values.error("\(name.quoted) is no name of a type", at: json)
        }
        return type
    }
}
