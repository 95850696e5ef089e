/// Reads a schema in human syntax.
struct SchemaParser {
    private var cursor: TokenCursor
    private var nesting = 0

    private init(_ source: SourceText) throws(ParseError) {
        cursor = try TokenCursor(source)
    }

    /// The namespaces of a text. Declarations outside of any form one namespace without a name.
    static func parse(_ source: SourceText) throws(ParseError) -> [SchemaSyntax.Namespace] {
        var parser = try SchemaParser(source)
        var namespaces: [SchemaSyntax.Namespace] = []
        var global: [SchemaSyntax.Declaration] = []
        while !parser.cursor.at(.endOfText) {
            let annotations = try parser.annotations()
            if parser.cursor.at(word: "namespace") {
                namespaces.append(try parser.namespace())
            } else {
                global.append(try parser.declaration(annotations))
            }
        }
        namespaces.append(SchemaSyntax.Namespace(name: "", span: SourceSpan(0, 0), declarations: global))
        return namespaces
    }

    private mutating func annotations() throws(ParseError) -> [Annotation] {
        var annotations: [Annotation] = []
        var names: Set<CedarString> = []
        while cursor.at(.at) {
            let start = cursor.current.start
            try cursor.advance()
            let name = cursor.text(try cursor.anyIdentifier())
            var value: CedarString = ""
            if try cursor.take(.leftParenthesis) {
                value = try cursor.stringLiteral()
                try cursor.expect(.rightParenthesis)
            }
            guard names.insert(name).inserted else {
                throw cursor.error("the annotation `@\(name)` stands here twice", at: cursor.span(from: start))
            }
            annotations.append(Annotation(name: name, value: value))
        }
        return annotations
    }

    private mutating func namespace() throws(ParseError) -> SchemaSyntax.Namespace {
        try cursor.advance()
        let name = try path()
        try cursor.expect(.leftBrace)
        var declarations: [SchemaSyntax.Declaration] = []
        while !cursor.at(.rightBrace) {
            declarations.append(try declaration(try annotations()))
        }
        try cursor.advance()
        return SchemaSyntax.Namespace(name: name.text, span: name.span, declarations: declarations)
    }

    private mutating func declaration(_ annotations: [Annotation]) throws(ParseError) -> SchemaSyntax.Declaration {
        if try cursor.take(word: "entity") { return .entity(try entity(annotations)) }
        if try cursor.take(word: "action") { return .action(try action(annotations)) }
        if try cursor.take(word: "type") { return .type(try type()) }
        throw cursor.unexpected(expected: ["`entity`", "`action`", "`type`", "`namespace`"])
    }

    private mutating func entity(_ annotations: [Annotation]) throws(ParseError) -> SchemaSyntax.EntityDeclaration {
        let names = try list { (parser) throws(ParseError) in try parser.identifier() }
        if try cursor.take(word: "enum") {
            try cursor.expect(.leftBracket)
            let ids = try list { (parser) throws(ParseError) in try parser.quotedName() }
            try cursor.expect(.rightBracket)
            try cursor.expect(.semicolon)
            return SchemaSyntax.EntityDeclaration(
                names: names, memberOf: [], shape: nil, tags: nil, enumeration: ids, annotations: annotations)
        }
        let memberOf = try cursor.take(word: "in") ? try entityTypes() : []
        var shape: SchemaSyntax.TypeExpression?
        if cursor.at(.equal) || cursor.at(.leftBrace) {
            _ = try cursor.take(.equal)
            let start = cursor.current.start
            let attributes = try record()
            shape = SchemaSyntax.TypeExpression(kind: .record(attributes), span: cursor.span(from: start))
        }
        let tags = try cursor.take(word: "tags") ? try typeExpression() : nil
        try cursor.expect(.semicolon)
        return SchemaSyntax.EntityDeclaration(
            names: names, memberOf: memberOf, shape: shape, tags: tags, enumeration: nil,
            annotations: annotations)
    }

    private mutating func action(_ annotations: [Annotation]) throws(ParseError) -> SchemaSyntax.ActionDeclaration {
        let names = try list { (parser) throws(ParseError) in try parser.name() }
        var parents: [SchemaSyntax.ActionReference] = []
        if try cursor.take(word: "in") {
            if try cursor.take(.leftBracket) {
                parents = try list { (parser) throws(ParseError) in try parser.actionReference() }
                try cursor.expect(.rightBracket)
            } else {
                parents = [try actionReference()]
            }
        }
        let appliesTo = try cursor.take(word: "appliesTo") ? try appliesTo() : nil
        if try cursor.take(word: "attributes") {
            try cursor.expect(.leftBrace)
            try cursor.expect(.rightBrace, hint: "actions have no attributes")
        }
        try cursor.expect(.semicolon)
        return SchemaSyntax.ActionDeclaration(
            names: names, parents: parents, appliesTo: appliesTo, annotations: annotations)
    }

    private mutating func appliesTo() throws(ParseError) -> SchemaSyntax.AppliesTo {
        let start = cursor.previousEnd
        try cursor.expect(.leftBrace)
        var principals: [SchemaSyntax.Name]?
        var resources: [SchemaSyntax.Name]?
        var context: SchemaSyntax.TypeExpression?
        repeat {
            let word = cursor.current
            let isRepeated: Bool
            if try cursor.take(word: "principal") {
                isRepeated = principals != nil
                try cursor.expect(.colon)
                principals = try applicableTypes()
            } else if try cursor.take(word: "resource") {
                isRepeated = resources != nil
                try cursor.expect(.colon)
                resources = try applicableTypes()
            } else if try cursor.take(word: "context") {
                isRepeated = context != nil
                try cursor.expect(.colon)
                context = try typeExpression()
            } else {
                throw cursor.unexpected(expected: ["`principal`", "`resource`", "`context`"])
            }
            if isRepeated { throw cursor.error("\(cursor.shown(word)) stands here twice", at: word.span) }
            guard try cursor.take(.comma) else { break }
        } while !cursor.at(.rightBrace)
        try cursor.expect(.rightBrace)
        guard let principals, let resources else {
            throw cursor.error(
                "`appliesTo` needs `principal` and `resource`", at: cursor.span(from: start),
                hint: "an action that is only a group has no `appliesTo`")
        }
        return SchemaSyntax.AppliesTo(principals: principals, resources: resources, context: context)
    }

    private mutating func applicableTypes() throws(ParseError) -> [SchemaSyntax.Name] {
        let start = cursor.current.start
        let types = try entityTypes()
        guard !types.isEmpty else {
            throw cursor.error(
                "an empty list of types", at: cursor.span(from: start),
                hint: "an action that applies to nothing has no `appliesTo`")
        }
        return types
    }

    private mutating func type() throws(ParseError) -> SchemaSyntax.TypeDeclaration {
        let name = try identifier()
        guard !SchemaResolver.reservedTypeNames.contains(name.text) else {
            throw cursor.error("`\(name.text)` is a type of the language and cannot be declared", at: name.span)
        }
        try cursor.expect(.equal)
        let type = try typeExpression()
        try cursor.expect(.semicolon)
        return SchemaSyntax.TypeDeclaration(name: name, type: type)
    }

    private mutating func typeExpression() throws(ParseError) -> SchemaSyntax.TypeExpression {
        let start = cursor.current.start
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Limits.expressionHeight else {
            throw cursor.error(
                "the type is nested too deeply; the limit is \(Limits.expressionHeight) levels",
                at: cursor.current.span)
        }
        if cursor.at(.leftBrace) {
            let attributes = try record()
            return SchemaSyntax.TypeExpression(kind: .record(attributes), span: cursor.span(from: start))
        }
        let isSet = cursor.at(word: "Set")
        let name = try path()
        guard isSet, name.text == "Set", try cursor.take(.less) else {
            return SchemaSyntax.TypeExpression(kind: .name(name.text), span: name.span)
        }
        let element = try typeExpression()
        try cursor.expect(.greater)
        return SchemaSyntax.TypeExpression(kind: .set(element), span: cursor.span(from: start))
    }

    private mutating func record() throws(ParseError) -> [SchemaSyntax.Attribute] {
        try cursor.expect(.leftBrace)
        var attributes: [SchemaSyntax.Attribute] = []
        var positions: [CedarString: Int] = [:]
        while !cursor.at(.rightBrace) {
            _ = try annotations()
            let name = try name()
            let isOptional = try cursor.take(.question)
            try cursor.expect(.colon)
            let type = try typeExpression()
            let attribute = SchemaSyntax.Attribute(name: name, isRequired: !isOptional, type: type)
            // Where a name stands twice the last one counts, as in the official engine, and the type of the other is
            // not looked at.
            if let position = positions[name.text] {
                attributes[position] = attribute
            } else {
                positions[name.text] = attributes.count
                attributes.append(attribute)
            }
            guard try cursor.take(.comma) else { break }
        }
        try cursor.expect(.rightBrace)
        return attributes
    }

    /// One type, or a list of them in brackets, which may be empty.
    private mutating func entityTypes() throws(ParseError) -> [SchemaSyntax.Name] {
        guard try cursor.take(.leftBracket) else { return [try path()] }
        if try cursor.take(.rightBracket) { return [] }
        let types = try list { (parser) throws(ParseError) in try parser.path() }
        try cursor.expect(.rightBracket)
        return types
    }

    /// One or more elements separated by commas; none may be left out.
    private mutating func list<Element>(
        _ element: (inout SchemaParser) throws(ParseError) -> Element
    ) throws(ParseError) -> [Element] {
        var elements = [try element(&self)]
        while try cursor.take(.comma) { elements.append(try element(&self)) }
        return elements
    }

    private mutating func identifier() throws(ParseError) -> SchemaSyntax.Name {
        let token = try cursor.anyIdentifier()
        return SchemaSyntax.Name(text: try cursor.unreserved(token), span: token.span)
    }

    private mutating func quotedName() throws(ParseError) -> SchemaSyntax.Name {
        let span = cursor.current.span
        return SchemaSyntax.Name(text: try cursor.stringLiteral(), span: span)
    }

    /// The name of an attribute or of an action: an identifier or a string. `__cedar` is kept from types alone.
    private mutating func name() throws(ParseError) -> SchemaSyntax.Name {
        if cursor.at(.string) { return try quotedName() }
        guard cursor.at(.identifier) else { throw cursor.unexpected(expected: ["name", "string"]) }
        let span = cursor.current.span
        if try cursor.take(word: "__cedar") { return SchemaSyntax.Name(text: "__cedar", span: span) }
        return try identifier()
    }

    /// `a::b::c`; `__cedar` may be its first component.
    private mutating func path() throws(ParseError) -> SchemaSyntax.Name {
        let start = cursor.current.start
        guard cursor.at(.identifier) else { throw cursor.unexpected(expected: ["type"]) }
        var components: [CedarString] = []
        if try cursor.take(word: "__cedar") {
            components.append("__cedar")
        } else {
            components.append(try identifier().text)
        }
        while try cursor.take(.doubleColon) { components.append(try identifier().text) }
        return SchemaSyntax.Name(
            text: EntityTypeName(components: components).name, span: cursor.span(from: start))
    }

    private mutating func actionReference() throws(ParseError) -> SchemaSyntax.ActionReference {
        let start = cursor.current.start
        if cursor.at(.string) {
            let id = try cursor.stringLiteral()
            return SchemaSyntax.ActionReference(type: nil, id: id, span: cursor.span(from: start))
        }
        guard cursor.at(.identifier) else { throw cursor.unexpected(expected: ["action"]) }
        if try cursor.take(word: "__cedar") {
            return SchemaSyntax.ActionReference(type: nil, id: "__cedar", span: cursor.span(from: start))
        }
        var components = [try identifier().text]
        while try cursor.take(.doubleColon) {
            if cursor.at(.string) {
                let id = try cursor.stringLiteral()
                return SchemaSyntax.ActionReference(
                    type: EntityTypeName(components: components).name, id: id, span: cursor.span(from: start))
            }
            components.append(try identifier().text)
        }
        guard components.count == 1 else {
            throw cursor.unexpected(expected: ["`::`", "action name in quotation marks"])
        }
        return SchemaSyntax.ActionReference(type: nil, id: components[0], span: cursor.span(from: start))
    }
}
