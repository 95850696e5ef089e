import Foundation
import Testing

@testable import Cedar

/// The residual policies against the authorizer, which decides each resource by itself from the beginning.
@Suite("Specialisation")
struct SpecialisationTests {
    /// What both are to agree on.
    private struct Verdict: Hashable {
        var decision: Decision
        var determining: Set<PolicyID>
        var failing: Set<PolicyID>
    }

    private struct World {
        var policies: PolicySet
        var entities: Entities
        var request: Request
        var resources: [Entity]

        init(_ random: inout RandomPolicies, policies policyLimit: Int = 6, resources resourceLimit: Int = 150) throws {
            policies = try random.policies(Int.random(in: 1...policyLimit, using: &random.random))
            entities = try random.entities()
            request = random.request(now: random.one(of: RandomPolicies.instants))
            resources = (0..<Int.random(in: 1...resourceLimit, using: &random.random)).map { random.resource($0) }
        }

        func oracle() throws -> [Verdict] {
            let authorizer = Authorizer(policies: policies)
            return try resources.map { resource in
                var request = request
                request.resource = resource.uid
                let response = authorizer.authorize(request, entities: try entities.adding([resource]))
                return Verdict(
                    decision: response.decision, determining: Set(response.determiningPolicies),
                    failing: Set(response.errors.map(\.policy)))
            }
        }

        func specialized(isRemembering: Bool = true) throws -> (verdicts: [Verdict], validity: ValidityInterval?) {
            let plan = PolicyPlan(policies: policies, clock: RandomPolicies.clock)
            let interner = ResourceInterner(plan: plan, type: RandomPolicies.resourceType, entities: entities)
            let blocks = try stride(from: 0, to: resources.count, by: 64).map { start in
                let end = min(start + 64, resources.count)
                let first = try interner.block(Array(resources[start..<(start + end + 1) / 2]))
                return try interner.block(first, adding: Array(resources[((start + end + 1) / 2)..<end]))
            }
            let residual = plan.specialized(
                principal: request.principal, action: request.action, context: request.context,
                resourceType: RandomPolicies.resourceType, entities: entities)
            var decisions = ResidualDecisions(residual, interner: interner, isRemembering: isRemembering)
            var verdicts: [Verdict] = []
            for block in blocks {
                let outcome = decisions.decide(block)
                for row in 0..<block.count {
                    verdicts.append(Self.verdict(outcome, row: row, residual))
                }
            }
            return (verdicts, decisions.validity)
        }

        private static func verdict(
            _ outcome: ResidualDecisions.Outcome, row: Int, _ residual: ResidualPolicySet
        ) -> Verdict {
            let bit: UInt64 = 1 << UInt64(row)
            var applied: [Effect: Set<PolicyID>] = [:]
            var failing: Set<PolicyID> = []
            for number in 0..<residual.count {
                let ids = residual.policies(of: number)
                if outcome.applied[number] & bit != 0 {
                    applied[residual.residuals[number].effect, default: []].formUnion(ids)
                }
                if outcome.failed[number] & bit != 0 { failing.formUnion(ids) }
            }
            #expect(failing.isEmpty == (outcome.anyFailed & bit == 0))
            return Verdict(
                decision: outcome.allowed & bit != 0 ? .allow : .deny,
                determining: applied[.forbid] ?? applied[.permit] ?? [], failing: failing)
        }
    }

    @Test("Residual policies give the decision, the determining policies and the errors that full evaluation gives")
    func sameAsFullEvaluation() async throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["PORTCULLIS_SEED"] ?? "") ?? 20_261
        print("seed \(seed)")
        var random = RandomPolicies(seed: seed)
        var seen: [Decision: Int] = [:]
        var (errors, folded) = (0, 0)
        for round in 0..<600 {
            await Task.yield()
            let world = try World(&random)
            let expected = try world.oracle()
            try #require(try world.specialized().verdicts == expected, "seed \(seed), round \(round)")
            try #require(
                try world.specialized(isRemembering: false).verdicts == expected, "seed \(seed), round \(round)")
            for verdict in expected {
                seen[verdict.decision, default: 0] += 1
                errors += verdict.failing.isEmpty ? 0 : 1
            }
            folded += Set(expected).count == 1 ? 1 : 0
        }
        // The worlds are worth something only where all of it happens.
        #expect(
            seen[.allow]! > 2_000 && seen[.deny]! > 2_000 && errors > 2_000 && folded < 480,
            "\(seen) \(errors) \(folded)")
    }

    @Test("A result holds at every instant of the interval that it states")
    func validity() async throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["PORTCULLIS_SEED"] ?? "") ?? 7_002
        print("seed \(seed)")
        var random = RandomPolicies(seed: seed, isAboutTime: true)
        var (bounded, changed, unbounded) = (0, 0, 0)
        for round in 0..<1_500 {
            await Task.yield()
            var world = try World(&random, policies: 2, resources: 8)
            guard case .datetime(let now)? = world.request.context[RandomPolicies.clock] else { continue }
            let (verdicts, validity) = try world.specialized()
            guard let validity else {
                unbounded += 1
                continue
            }
            #expect(validity.contains(now.millisecondsSinceEpoch))
            if validity != ValidityInterval() { bounded += 1 }
            for instant in RandomPolicies.instants {
                world.request.context[RandomPolicies.clock] = .datetime(Datetime(millisecondsSinceEpoch: instant))
                let then = try world.oracle()
                if validity.contains(instant) {
                    try #require(then == verdicts, "seed \(seed), round \(round), at \(instant)")
                } else if then != verdicts {
                    changed += 1
                }
            }
        }
        #expect(bounded > 100 && changed > 200 && unbounded > 50, "\(bounded) \(changed) \(unbounded)")
    }

    @Test("What no policy reads of the context makes no difference")
    func relevantContext() async throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["PORTCULLIS_SEED"] ?? "") ?? 7_003
        print("seed \(seed)")
        var random = RandomPolicies(seed: seed)
        var dropped = 0
        for round in 0..<500 {
            await Task.yield()
            var world = try World(&random, resources: 8)
            let expected = try world.oracle()
            let plan = PolicyPlan(policies: world.policies, clock: RandomPolicies.clock)
            let before = world.request.context
            var relevant = plan.relevant(before)
            relevant[RandomPolicies.clock] = before[RandomPolicies.clock]
            dropped += before.count - relevant.count
            world.request.context = relevant
            try #require(try world.oracle() == expected, "seed \(seed), round \(round)")
        }
        #expect(dropped > 500)
    }

    @Test(
        "The ends of the interval lie where a comparison turns",
        arguments: [
            ("context.now < datetime(\"1970-01-02\")", Int64.min, Int64?.some(86_400_000)),
            ("context.now <= datetime(\"1970-01-02\")", .min, 86_400_001),
            ("datetime(\"1970-01-02\") > context.now", .min, 86_400_000),
            ("context.now >= datetime(\"1969-12-31\")", -86_400_000, nil),
            ("context.now > datetime(\"1969-12-31\")", -86_399_999, nil),
            ("context.now == datetime(\"1970-01-01\")", 0, 1),
            ("context.now > datetime(\"1970-01-02\") && context.now < datetime(\"1970-01-05\")", .min, 86_400_001),
            ("resource.n == 1 && context.now < datetime(\"1970-01-02\")", .min, 86_400_000),
            ("context has now", .min, nil), ("1 == 2 && context.now < datetime(\"1970-01-02\")", .min, nil),
            ("context.now < resource.ends", .min, 5), ("context.now == 3", .min, nil),
        ])
    func ends(condition: String, from: Int64, until: Int64?) throws {
        let validity = try Self.validity(of: condition)
        #expect(validity?.from == from && validity?.until == until)
    }

    @Test(
        "Time that is used otherwise than in a comparison makes a result hold for its instant alone",
        arguments: [
            "context.now.toDate() == datetime(\"1970-01-01\")", "context.now.offset(duration(\"1d\")) > resource.ends",
            "[context.now].contains(resource.ends)", "context == {now: resource.ends}",
            "context.now == context.now", "(context.now < resource.ends) == true",
        ])
    func otherUse(condition: String) throws {
        #expect(try Self.validity(of: condition) == nil)
    }

    /// At the instant 0, for a resource that ends at 5.
    private static func validity(of condition: String) throws -> ValidityInterval? {
        let policies = try PolicySet(parsing: Samples.policy(when: condition))
        let plan = PolicyPlan(policies: policies, clock: "now")
        let entities = try Samples.entities()
        let interner = ResourceInterner(plan: plan, type: "Doc", entities: entities)
        let resource = Entity(
            uid: Samples.document, attributes: ["n": 1, "ends": .datetime(Datetime(millisecondsSinceEpoch: 5))])
        let block = try interner.block([resource])
        let residual = plan.specialized(
            principal: Samples.alice, action: Samples.read,
            context: ["now": .datetime(Datetime(millisecondsSinceEpoch: 0))], resourceType: "Doc", entities: entities)
        var decisions = ResidualDecisions(residual, interner: interner)
        _ = decisions.decide(block)
        return decisions.validity
    }

    @Test("Policies that have become the same are one, and those that cannot apply are gone")
    func merging() throws {
        let policies = try PolicySet(
            parsing: """
                permit (principal == User::"alice", action, resource) when { resource.n == 1 };
                permit (principal, action, resource) when { principal.n == 1 && resource.n == 1 };
                permit (principal, action, resource) when { principal.n == 2 && resource.n == 1 };
                forbid (principal, action, resource) when { resource.n == 1 };
                """)
        let residual = PolicyPlan(policies: policies).specialized(
            principal: Samples.alice, action: Samples.read, context: [:], resourceType: "Doc",
            entities: try Samples.entities())
        #expect(residual.count == 2)
        #expect(residual.policies(of: 0) == [PolicyID(position: 0), PolicyID(position: 1)])
        #expect(residual.policies(of: 1) == [PolicyID(position: 3)])
    }

    @Test("A resource that is in the store, or above something in it, is refused")
    func refused() throws {
        let entities = try Samples.entities()
        let plan = PolicyPlan(policies: try PolicySet(parsing: "permit (principal, action, resource);"))
        let groups = ResourceInterner(plan: plan, type: "Group", entities: entities)
        #expect(throws: EntityError.duplicate(Samples.group)) { try groups.block([Entity(uid: Samples.group)]) }
        let above = EntityUID(type: "Group", id: "above")
        #expect(throws: EntityError.duplicate(above)) { try groups.block([Entity(uid: above)]) }
        #expect(throws: EntityError.self) { try groups.block([Entity(uid: Samples.document)]) }
    }
}
