/// Reads a schema in JSON syntax into the form that the human syntax has before names are resolved.
///
/// One error is noted for each declaration that cannot be read.
struct SchemaJSONReader {
    private let shapes: JSONShapes
    private var errors: [ParseError] = []

    private init(_ source: SourceText) {
        shapes = JSONShapes(source: source)
    }

    /// The namespaces of a document, an object with their names as keys.
    static func read(_ source: SourceText) throws(ParseErrors) -> [SchemaSyntax.Namespace] {
        var reader = SchemaJSONReader(source)
        var namespaces: [SchemaSyntax.Namespace] = []
        do {
            let document = try JSONReader.read(source, depth: Limits.policyJSONDepth)
            for member in try reader.shapes.members(document, "a schema") {
                namespaces.append(try reader.namespace(member))
            }
        } catch {
            reader.note(error)
        }
        guard reader.errors.isEmpty else { throw ParseErrors(reader.errors) }
        return namespaces
    }

    private mutating func note(_ error: ParseError) {
        if errors.count < Limits.reportedErrors { errors.append(error) }
    }

    // MARK: Names

    private func name(_ member: JSONValue.Member) -> SchemaSyntax.Name {
        SchemaSyntax.Name(text: member.key, span: member.keySpan)
    }

    /// The key of a declaration, which is one identifier.
    private func declaredName(_ member: JSONValue.Member) throws(ParseError) -> SchemaSyntax.Name {
        guard Identifier.isWellFormed(member.key), !Identifier.isReserved(member.key) else {
            throw shapes.error(
                "\(member.key.quoted) cannot be the name of a type", at: member.keySpan,
                hint: "a name is made of letters, digits and `_`, begins with no digit and is no word of the language")
        }
        return name(member)
    }

    /// A reference to a type, with or without its namespace; `__cedar` may be its first component.
    private func typeName(_ json: JSONValue) throws(ParseError) -> SchemaSyntax.Name {
        let text = try shapes.string(json, "the name of a type")
        let prefix = Array("__cedar::".utf8)
        let rest = text.utf8.starts(with: prefix) ? CedarString(utf8: text.utf8.dropFirst(prefix.count)) : text
        guard EntityTypeName(parsing: rest) != nil else {
            throw shapes.error("\(text.quoted) is no name of a type", at: json.span)
        }
        return SchemaSyntax.Name(text: text, span: json.span)
    }

    private func typeNames(_ json: JSONValue) throws(ParseError) -> [SchemaSyntax.Name] {
        var names: [SchemaSyntax.Name] = []
        for element in try shapes.elements(json, "a list of entity types") { names.append(try typeName(element)) }
        return names
    }

    // MARK: Declarations

    private mutating func namespace(_ member: JSONValue.Member) throws(ParseError) -> SchemaSyntax.Namespace {
        let isNamed = !member.key.isEmpty
        guard !isNamed || EntityTypeName(parsing: member.key) != nil else {
            throw shapes.error("\(member.key.quoted) cannot name a namespace", at: member.keySpan)
        }
        let parts = try shapes.object(
            member.value, "a namespace", required: ["entityTypes", "actions"],
            optional: ["commonTypes"] + (isNamed ? ["annotations"] : []))
        _ = try shapes.annotations(member.value["annotations"])
        var declarations: [SchemaSyntax.Declaration] = []
        if let types = member.value["commonTypes"] {
            for type in try shapes.members(types, "an object of common types") {
                do { declarations.append(.type(try commonType(type))) } catch { note(error) }
            }
        }
        for type in try shapes.members(parts[0], "an object of entity types") {
            do { declarations.append(.entity(try entity(type))) } catch { note(error) }
        }
        for action in try shapes.members(parts[1], "an object of actions") {
            do { declarations.append(.action(try self.action(action))) } catch { note(error) }
        }
        return SchemaSyntax.Namespace(name: member.key, span: member.keySpan, declarations: declarations)
    }

    private func commonType(_ member: JSONValue.Member) throws(ParseError) -> SchemaSyntax.TypeDeclaration {
        let name = try declaredName(member)
        guard !SchemaResolver.reservedTypeNames.contains(name.text) else {
            throw shapes.error("`\(name.text)` is a type of the language and cannot be declared", at: name.span)
        }
        _ = try shapes.annotations(member.value["annotations"])
        return SchemaSyntax.TypeDeclaration(name: name, type: try type(member.value, besides: ["annotations"]))
    }

    private func entity(_ member: JSONValue.Member) throws(ParseError) -> SchemaSyntax.EntityDeclaration {
        let name = try declaredName(member)
        let json = member.value
        if let ids = json["enum"] {
            _ = try shapes.object(json, "an enumerated entity type", required: ["enum"], optional: ["annotations"])
            var names: [SchemaSyntax.Name] = []
            for id in try shapes.elements(ids, "a list of ids") {
                names.append(SchemaSyntax.Name(text: try shapes.string(id, "an id"), span: id.span))
            }
            guard !names.isEmpty else { throw shapes.error("an enumeration without ids", at: ids.span) }
            return SchemaSyntax.EntityDeclaration(
                names: [name], memberOf: [], shape: nil, tags: nil, enumeration: names,
                annotations: try shapes.annotations(json["annotations"]))
        }
        _ = try shapes.object(
            json, "an entity type", required: [],
            optional: ["memberOfTypes", "shape", "tags", "enum", "annotations"])
        var memberOf: [SchemaSyntax.Name] = []
        if let parents = json["memberOfTypes"] { memberOf = try typeNames(parents) }
        var shape: SchemaSyntax.TypeExpression?
        if let body = json["shape"] { shape = try type(body) }
        var tags: SchemaSyntax.TypeExpression?
        if let body = json["tags"] { tags = try type(body) }
        return SchemaSyntax.EntityDeclaration(
            names: [name], memberOf: memberOf, shape: shape, tags: tags, enumeration: nil,
            annotations: try shapes.annotations(json["annotations"]))
    }

    private func action(_ member: JSONValue.Member) throws(ParseError) -> SchemaSyntax.ActionDeclaration {
        let json = member.value
        _ = try shapes.object(
            json, "an action", required: [], optional: ["memberOf", "appliesTo", "attributes", "annotations"])
        if let attributes = json["attributes"], !attributes.isNull {
            throw shapes.error("actions have no attributes", at: attributes.span, hint: "leave the key out")
        }
        var parents: [SchemaSyntax.ActionReference] = []
        if let groups = json["memberOf"], !groups.isNull {
            for group in try shapes.elements(groups, "a list of action groups") {
                parents.append(try actionReference(group))
            }
        }
        var appliesTo: SchemaSyntax.AppliesTo?
        if let body = json["appliesTo"], !body.isNull { appliesTo = try self.appliesTo(body) }
        return SchemaSyntax.ActionDeclaration(
            names: [name(member)], parents: parents, appliesTo: appliesTo,
            annotations: try shapes.annotations(json["annotations"]))
    }

    private func actionReference(_ json: JSONValue) throws(ParseError) -> SchemaSyntax.ActionReference {
        let parts = try shapes.object(json, "a reference to an action", required: ["id"], optional: ["type"])
        let id = try shapes.string(parts[0], "the name of an action")
        var type: CedarString?
        if let written = json["type"], !written.isNull { type = try typeName(written).text }
        return SchemaSyntax.ActionReference(type: type, id: id, span: json.span)
    }

    private func appliesTo(_ json: JSONValue) throws(ParseError) -> SchemaSyntax.AppliesTo {
        let parts = try shapes.object(
            json, "`appliesTo`", required: ["principalTypes", "resourceTypes"], optional: ["context"])
        var context: SchemaSyntax.TypeExpression?
        if let body = json["context"] { context = try type(body) }
        return SchemaSyntax.AppliesTo(
            principals: try typeNames(parts[0]), resources: try typeNames(parts[1]), context: context)
    }

    // MARK: Types

    /// A type, in an object that may also have some other keys. The recursion is as deep as the JSON, which is limited.
    private func type(
        _ json: JSONValue, besides others: [CedarString] = []
    ) throws(ParseError) -> SchemaSyntax.TypeExpression {
        guard json.members != nil, let kind = json["type"] else {
            throw shapes.error(
                "\(json.shown) where a type belongs", at: json.span, expected: ["`{\"type\": …}`"])
        }
        let word = try shapes.string(kind, "the kind of a type")
        func parts(_ keys: [CedarString], optional: [CedarString] = []) throws(ParseError) -> [JSONValue] {
            try shapes.object(json, "the type `\(word)`", required: keys, optional: ["type"] + optional + others)
        }
        let result: SchemaSyntax.TypeExpression.Kind
        switch word {
        case "Long", "String", "Boolean":
            _ = try parts([])
            result = .builtIn(word == "Long" ? .long : word == "String" ? .string : .bool)
        case "Set":
            let element = try parts(["element"])[0]
            result = .set(try type(element))
        case "Record":
            let attributes = try parts(["attributes"], optional: ["additionalAttributes"])[0]
            if let open = json["additionalAttributes"], try boolean(open) {
                throw shapes.error(
                    "records with attributes that are not declared are not supported", at: open.span,
                    hint: "declare the attributes, each with `\"required\": false` if need be")
            }
            result = .record(try record(attributes))
        case "Entity":
            let name = try parts(["name"])[0]
            result = .entity(try typeName(name).text)
        case "EntityOrCommon":
            let name = try parts(["name"])[0]
            result = .name(try typeName(name).text)
        case "Extension":
            let name = try parts(["name"])[0]
            result = .builtIn(try extensionType(name))
        default:
            _ = try parts([])
            result = .common(try typeName(kind).text)
        }
        return SchemaSyntax.TypeExpression(kind: result, span: json.span)
    }

    private func record(_ json: JSONValue) throws(ParseError) -> [SchemaSyntax.Attribute] {
        var attributes: [SchemaSyntax.Attribute] = []
        for member in try shapes.members(json, "an object of attributes") {
            let type = try type(member.value, besides: ["required", "annotations"])
            _ = try shapes.annotations(member.value["annotations"])
            var isRequired = true
            if let written = member.value["required"] { isRequired = try boolean(written) }
            attributes.append(SchemaSyntax.Attribute(name: name(member), isRequired: isRequired, type: type))
        }
        return attributes
    }

    private func extensionType(_ json: JSONValue) throws(ParseError) -> SchemaType {
        let name = try shapes.string(json, "the name of an extension type")
        let known: [CedarString] = ["datetime", "decimal", "duration", "ipaddr"]
        guard known.contains(name), let type = SchemaResolver.builtIn[name] else {
            throw shapes.error(
                "there is no extension type \(name.quoted)", at: json.span, expected: known.map(\.quoted))
        }
        return type
    }

    private func boolean(_ json: JSONValue) throws(ParseError) -> Bool {
        guard case .bool(let value) = json.kind else {
            throw shapes.error("\(json.shown) where true or false belongs", at: json.span)
        }
        return value
    }
}

extension Schema {
    /// Reads a schema in JSON syntax (specification, "JSON schema format"): an object of namespaces, each with
    /// `entityTypes`, `actions` and maybe `commonTypes`.
    ///
    /// It is at most `Limits.sourceBytes` long and nested at most `Limits.policyJSONDepth` deep. Errors tell their place
    /// in the JSON. Keys that the format does not have are errors.
    public init(json: [UInt8], file: String = "schema") throws(ParseErrors) {
        let source = try SourceText.bounded(file: file, bytes: json)
        let namespaces = try SchemaJSONReader.read(source)
        self = try SchemaResolver.resolve(namespaces, in: source)
    }
}
