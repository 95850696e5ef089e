/// A schema as it is written, before names are resolved.
enum SchemaSyntax {
    struct Namespace {
        /// Empty for declarations outside of any `namespace`.
        let name: CedarString
        let span: SourceSpan
        let declarations: [Declaration]
    }

    enum Declaration {
        case entity(EntityDeclaration)
        case action(ActionDeclaration)
        case type(TypeDeclaration)
    }

    /// A name that has been written, with where.
    struct Name {
        let text: CedarString
        let span: SourceSpan
    }

    struct EntityDeclaration {
        let names: [Name]
        let memberOf: [Name]
        /// A record, or in JSON also a common type; nothing for an entity type without attributes.
        let shape: TypeExpression?
        let tags: TypeExpression?
        let enumeration: [Name]?
        let annotations: [Annotation]
    }

    struct ActionDeclaration {
        let names: [Name]
        let parents: [ActionReference]
        let appliesTo: AppliesTo?
        let annotations: [Annotation]
    }

    /// `"name"`, `name`, or `Ns::Action::"name"`.
    struct ActionReference {
        let type: CedarString?
        let id: CedarString
        let span: SourceSpan
    }

    struct AppliesTo {
        let principals: [Name]
        let resources: [Name]
        let context: TypeExpression?
    }

    struct TypeDeclaration {
        let name: Name
        let type: TypeExpression
    }

    struct Attribute {
        let name: Name
        let isRequired: Bool
        let type: TypeExpression
    }

    struct TypeExpression {
        indirect enum Kind {
            /// A common type, an entity type or a type of the language.
            case name(CedarString)
            /// Nothing but an entity type.
            case entity(CedarString)
            /// A common type or a type of the language.
            case common(CedarString)
            /// A type of the language, whatever else has its name.
            case builtIn(SchemaType)
            case set(TypeExpression)
            case record([Attribute])
        }

        let kind: Kind
        let span: SourceSpan
    }
}
