@testable import Cedar

/// Random policies, entities and requests over a few names, so that what is compared is often the same and often missing
/// or of another type.
struct RandomPolicies {
    static let resourceType: EntityTypeName = "Doc"
    static let clock: CedarString = "now"
    private static let names: [CedarString] = ["a", "b", "c", "level", "é", "e\u{301}"]
    private static let types: [EntityTypeName] = ["User", "Group", "Doc"]
    static let instants: [Int64] = [.min, -1, 0, 1, 99, 100, 101, .max]

    var random: SeededGenerator
    /// Whether instants and comparisons with the clock are more frequent than everything else.
    private let isAboutTime: Bool

    init(seed: UInt64, isAboutTime: Bool = false) {
        random = SeededGenerator(seed: seed)
        self.isAboutTime = isAboutTime
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func one<Element>(of elements: [Element]) -> Element { elements.randomElement(using: &random)! }

    // MARK: - Entities

    mutating func uid(_ type: EntityTypeName? = nil) -> EntityUID {
        EntityUID(type: type ?? one(of: Self.types), id: one(of: ["0", "1", "2", "é", "e\u{301}"]))
    }

    mutating func value(depth: Int = 2) -> Value {
        switch isAboutTime && chance(70) ? 5 : Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
        case 0: return .bool(chance(50))
        case 1, 2: return .long(one(of: [0, 1, 2, .max, .min]))
        case 3: return .string(one(of: Self.names))
        case 4: return .entity(uid())
        case 5: return .datetime(Datetime(millisecondsSinceEpoch: one(of: Self.instants)))
        case 6, 7: return .set(Set((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth - 1) }))
        default: return .record(attributes(depth: depth - 1))
        }
    }

    mutating func attributes(depth: Int = 2) -> [CedarString: Value] {
        var attributes: [CedarString: Value] = [:]
        for name in Self.names where chance(70) { attributes[name] = value(depth: depth) }
        return attributes
    }

    /// A store in which some entities are below groups; none of them is a resource.
    mutating func entities() throws -> Entities {
        var entities: [EntityUID: Entity] = [:]
        for type in ["User", "Group"] as [EntityTypeName] {
            for id in ["0", "1", "2", "é", "e\u{301}"] as [CedarString] where chance(80) {
                let uid = EntityUID(type: type, id: id)
                let groups = ["3", "4"].map { EntityUID(type: "Group", id: CedarString($0)) }
                entities[uid] = Entity(
                    uid: uid, attributes: attributes(), parents: Set(groups.filter { _ in chance(40) }),
                    tags: chance(50) ? attributes(depth: 1) : [:])
            }
        }
        return try Entities(entities.values)
    }

    mutating func resource(_ number: Int) -> Entity {
        let parents = ["0", "1", "3"].map { EntityUID(type: "Group", id: CedarString($0)) }
        return Entity(
            uid: EntityUID(type: Self.resourceType, id: CedarString("\(number)")), attributes: attributes(),
            parents: Set(parents.filter { _ in chance(40) }), tags: chance(50) ? attributes(depth: 1) : [:])
    }

    mutating func request(now: Int64) -> Request {
        var context = attributes()
        context[Self.clock] = .datetime(Datetime(millisecondsSinceEpoch: now))
        return Request(
            principal: uid("User"), action: EntityUID(type: "Action", id: "read"),
            resource: EntityUID(type: Self.resourceType, id: "0"), context: context)
    }

    // MARK: - Policies

    mutating func policies(_ count: Int) throws -> PolicySet {
        try PolicySet(
            (0..<count).map { number in
                Policy(
                    id: PolicyID(position: number), effect: chance(60) ? .permit : .forbid, principal: scope("User"),
                    action: chance(80) ? .any : .equal(EntityUID(type: "Action", id: one(of: ["read", "write"]))),
                    resource: scope(Self.resourceType),
                    conditions: (0..<Int.random(in: 0...2, using: &random)).map { _ in
                        Condition(chance(70) ? .when : .unless, truth(depth: 4))
                    })
            })
    }

    private mutating func scope(_ type: EntityTypeName) -> ScopeConstraint {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: .equal(.entity(uid(type)))
        case 1: .in(.entity(uid("Group")))
        case 2: .is(one(of: Self.types))
        case 3: .isIn(type, .entity(uid("Group")))
        default: .any
        }
    }

    /// An expression that mostly is a Bool.
    mutating func truth(depth: Int) -> Expr {
        guard depth > 0 else { return Expr(.literal(.bool(chance(50)))) }
        func expression(_ kind: Expr.Kind) -> Expr { Expr(kind) }
        switch isAboutTime && chance(50) ? 10 : Int.random(in: 0..<18, using: &random) {
        case 0, 1: return Expr(.and((0..<Int.random(in: 2...3, using: &random)).map { _ in truth(depth: depth - 1) }))
        case 2, 3: return Expr(.or((0..<Int.random(in: 2...3, using: &random)).map { _ in truth(depth: depth - 1) }))
        case 4: return Expr(.not(truth(depth: depth - 1)))
        case 5:
            return Expr(
                .ifThenElse(truth(depth: depth - 1), then: truth(depth: depth - 1), else: truth(depth: depth - 1)))
        case 6:
            let path = (0..<(chance(70) ? 1 : 2)).map { _ in one(of: Self.names) }
            return Expr(.has(operand(depth: depth - 1), path: path))
        case 7: return Expr(.isEmpty(operand(depth: depth - 1)))
        case 8:
            return Expr(
                .isType(operand(depth: depth - 1), one(of: Self.types), in: chance(40) ? operand(depth: 1) : nil))
        case 9: return Expr(.like(operand(depth: depth - 1), one(of: [Pattern([.wildcard]), Pattern([.scalar("a")])])))
        case 10, 11, 12:
            let now = Expr(.attribute(Expr(.variable(.context)), Self.clock))
            let other = chance(60) ? operand(depth: 1) : Expr(.attribute(word(), one(of: Self.names)))
            let operation: Expr.BinaryOperator = one(of: [
                .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual,
            ])
            return Expr(chance(50) ? .binary(operation, now, other) : .binary(operation, other, now))
        default:
            let operations: [Expr.BinaryOperator] = [
                .equal, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .in, .in, .contains,
                .contains,
                .containsAll, .containsAny, .hasTag, .getTag,
            ]
            return Expr(.binary(one(of: operations), operand(depth: depth - 1), operand(depth: depth - 1)))
        }
    }

    private mutating func word() -> Expr {
        Expr(.variable(one(of: [.principal, .resource, .resource, .resource, .context, .action])))
    }

    /// An expression of any type.
    private mutating func operand(depth: Int) -> Expr {
        guard depth > 0 else { return word() }
        switch Int.random(in: 0..<14, using: &random) {
        case 0: return Expr(.literal(.long(one(of: [0, 1, .max]))))
        case 1: return Expr(.literal(.string(one(of: Self.names))))
        case 2: return Expr(.literal(.entity(uid())))
        case 3: return Expr(.set((0..<Int.random(in: 0...3, using: &random)).map { _ in operand(depth: depth - 1) }))
        case 4: return Expr(.record([Expr.Field(name: one(of: Self.names), value: operand(depth: depth - 1))]))
        case 5:
            return Expr(
                .binary(one(of: [.add, .multiply, .getTag]), operand(depth: depth - 1), operand(depth: depth - 1)))
        case 6: return Expr(.negate(operand(depth: depth - 1)))
        case 7: return Expr(.attribute(operand(depth: depth - 1), one(of: Self.names)))
        case 8: return word()
        default: return Expr(.attribute(word(), one(of: Self.names)))
        }
    }
}
