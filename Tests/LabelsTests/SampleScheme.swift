import Labels
import TestSupport

/// A small scheme with one attribute for each join.
enum SampleScheme {
    static let order: [ByteText] = ["public", "internal", "cui"]

    static let categories = MarkingScheme.TokenAttribute(
        name: "categories", entityType: "Category", closedList: ["SP-EXPT", "SP-CTI", "PRVCY"])
    static let dissemination = MarkingScheme.TokenAttribute(
        name: "dissemination", entityType: "Control", closedList: ["NOFORN", "FED ONLY", "REL TO USA, GBR"])
    static let marking = MarkingScheme(
        levelAttribute: "classification",
        levels: [
            .init(value: "public", text: "PUBLIC"), .init(value: "internal", text: "U"),
            .init(value: "cui", text: "CUI"),
        ],
        categories: categories, dissemination: dissemination)

    static let scheme = LabelScheme(
        attributes: Dictionary(
            uniqueKeysWithValues: [
                declaration("classification", .string, .maximum(order: order), isRequired: true),
                declaration("categories", .set(.entity("Category")), .union, isRequired: true, default: .set([])),
                declaration("dissemination", .set(.entity("Control")), .union),
                declaration("releasable_to", .set(.string), .intersection),
                declaration("expires", .datetime, .earliest),
                declaration("cardholder", .bool, .either),
                declaration("sensitivity", .long, .largest),
                declaration("owner", .string, .same),
            ].map { ($0.name, $0) }),
        marking: marking)

    private static func declaration(
        _ name: ByteText, _ type: AttributeType, _ join: Join, isRequired: Bool = false,
        default defaultValue: AttributeValue? = nil
    ) -> AttributeDeclaration {
        AttributeDeclaration(
            name: name, type: type, join: join, isRequired: isRequired, defaultValue: defaultValue, isVisible: true)
    }

    static func category(_ ids: ByteText...) -> AttributeValue {
        .set(Set(ids.map { .entity(EntityReference(type: "Category", id: $0)) }))
    }

    static func control(_ ids: ByteText...) -> AttributeValue {
        .set(Set(ids.map { .entity(EntityReference(type: "Control", id: $0)) }))
    }

    static func strings(_ texts: ByteText...) -> AttributeValue {
        .set(Set(texts.map { .string($0) }))
    }

    /// A value of the attribute, or nil for none.
    static func randomValue(of declaration: AttributeDeclaration, using random: inout SeededGenerator) -> AttributeValue
    {
        let names: [ByteText] = ["a", "b", "c", "é", "e\u{301}"]
        func someNames() -> [ByteText] { names.filter { _ in Bool.random(using: &random) } }
        switch (declaration.join, declaration.type) {
        case (.maximum(let order), _): return .string(order.randomElement(using: &random)!)
        case (_, .set(.entity(let type))):
            return .set(Set(someNames().map { .entity(EntityReference(type: type, id: $0)) }))
        case (_, .set): return .set(Set(someNames().map { .string($0) }))
        case (_, .datetime): return .datetime(Int64.random(in: -5...5, using: &random))
        case (_, .bool): return .bool(Bool.random(using: &random))
        case (_, .long): return .long([.min, -1, 0, 7, .max].randomElement(using: &random)!)
        default: return .string(names.randomElement(using: &random)!)
        }
    }

    static func randomLabel(using random: inout SeededGenerator) -> Label {
        var values: [ByteText: AttributeValue] = [:]
        for declaration in scheme.attributes.values.sorted(by: { $0.name < $1.name })
        where declaration.isRequired || Bool.random(using: &random) {
            values[declaration.name] = randomValue(of: declaration, using: &random)
        }
        let parents = ["falcon", "kestrel"].filter { _ in Bool.random(using: &random) }
            .map { EntityReference(type: "Project", id: ByteText($0)) }
        return Label(attributes: values, parents: Set(parents))
    }
}
