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
        let attributes: [Attribute]
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
            case name(CedarString)
            case set(TypeExpression)
            case record([Attribute])
        }

        let kind: Kind
        let span: SourceSpan
    }
}
