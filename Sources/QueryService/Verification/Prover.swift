import AccessControl
import Cedar
import Crypto
import Enclaves
import Foundation
import IndexStore
import Labels
import Logging
import Passages
import Retrieval

/// Proves on a live index what rule 2 (non-interference) promises: each response is byte for byte that of an index
/// which holds only what the caller may read.
///
///     principal, purpose → what he may read, by every policy on each text alone → an index of that in memory
///                        → the same requests to both services → whole responses compared
///
/// What both services answer goes nowhere. There are no budgets, alerts or disclosures yet that a replay could touch;
/// it is on record as verification in the log.
struct Prover: Sendable {
    /// How often a principal's turn begins anew because something changed meanwhile.
    private static let attempts = 20

    let engine: Engine
    /// Who asks for the verification.
    let identity: ControlCommand.Identity
    let purpose: String?
    /// Nil where requests are made of the index.
    var queries: QueryFile?
    let seed: UInt64
    /// In place of the service over the whole index, for tests.
    var live: TwinServices.Builder?
    /// Of the digests in the report. It is drawn for each run, and goes with it.
    private let digestKey = SymmetricKey(size: .bits256)

    init(
        engine: Engine, identity: ControlCommand.Identity, purpose: String?, queries: QueryFile?, seed: UInt64,
        live: TwinServices.Builder? = nil
    ) {
        self.engine = engine
        self.identity = identity
        self.purpose = purpose
        self.queries = queries
        self.seed = seed
        self.live = live
    }

    /// One principal's turn for one purpose; nil for one who has none, and whose every request is refused.
    private struct Turn {
        let principal: Principal
        let purpose: ByteText?

        var name: String { "\(principal.id), \(purpose?.string ?? "no purpose")" }
    }

    /// What the turns share, for as long as nothing changes.
    private struct Scene {
        let access: Engine.Access
        let snapshot: IndexSnapshot
        let authorization: AuthorizedAction
        let samples: [PassageSample]
        /// Of the requests that are replayed.
        let circumstances: Engine.Access.Circumstances
        let issuer: VerificationIssuer
        let tokens: TokenVerifier
        let embedder: RememberedVectors
    }

    /// Something changed: what was compared may have been of two generations.
    private struct Overtaken: Error {}

    /// - Parameters:
    ///   - name: The principal; all of them where nil.
    ///   - progress: Turns done, of how many, and whose is next.
    func run(
        principal name: String?, progress: @escaping @Sendable (Int, Int, String) -> Void
    ) async throws -> VerificationReport {
        let access = engine.current
        // Refused before anything is looked up: who may not verify does not learn here whose names there are.
        let authorization = try await authorization(access, engine.index.snapshot())
        let turns = try Self.turns(principal: name, access.enclave)
        // As a process that serves has them.
        try await engine.index.readVectors()
        let report = try await TwinServices.with(access, live: live, logger: engine.logger) { services in
            var scene: Scene?
            var rows: [VerificationReport.Row] = []
            for (number, turn) in turns.enumerated() {
                progress(number, turns.count, turn.name)
                if let row = try await row(turn, &scene, services) { rows.append(row) }
            }
            progress(turns.count, turns.count, "all compared")
            return VerificationReport(
                by: authorization.principalName, seed: queries == nil ? seed : nil, rows: rows)
        }
        engine.logger.notice(
            "verification",
            metadata: [
                "by": "\(report.by)", "principals": "\(Set(report.rows.map(\.principal)).count)",
                "responses": "\(report.responses)", "identical": "\(report.identical)",
            ])
        return report
    }

    /// - Throws: what refuses who may not verify.
    func requireAuthorization() async throws {
        _ = try await authorization(engine.current, engine.index.snapshot())
    }

    private static func turns(principal name: String?, _ enclave: Enclave) throws -> [Turn] {
        var principals = enclave.principals.principals
        if let name {
            guard let principal = enclave.principals.principal(ByteText(name)) else { throw UnknownPerson(name: name) }
            principals = [principal]
        }
        return principals.flatMap { principal in
            let purposes: [ByteText?] = principal.purposes.isEmpty ? [nil] : principal.purposes.sorted()
            return purposes.map { Turn(principal: principal, purpose: $0) }
        }
    }

    private func authorization(_ access: Engine.Access, _ snapshot: IndexSnapshot) async throws -> AuthorizedAction {
        guard snapshot.labels.names.isSuperset(of: access.enclave.authorizer.names) else {
            throw RecordsError.namesMissing
        }
        let caller = try await access.caller(identity)
        return try access.enclave.authorizer.authorization(
            of: .verify, on: Set(snapshot.passageCounts.map(\.label)),
            for: caller.accessRequest(purpose: purpose, network: .loopback, now: Clock.now))
    }

    // MARK: - A turn

    /// Begins anew where something changed, so that no difference is reported that is one between two generations.
    ///
    /// - Returns: Nil where the principal or his purpose has left the store meanwhile.
    private func row(
        _ turn: Turn, _ scene: inout Scene?, _ services: TwinServices
    ) async throws -> VerificationReport.Row? {
        for attempt in 1...Self.attempts {
            do {
                let current = try await self.scene(after: scene)
                scene = current
                let known = current.access.enclave.principals.principal(turn.principal.id)
                guard let known, turn.purpose.map(known.purposes.contains) ?? known.purposes.isEmpty else { return nil }
                return try await row(turn, current, services)
            } catch is Overtaken {
            } catch IndexError.outdated {
            }
            // What was read is let go of: it may have been erased.
            scene = nil
            services.set(live: engine.current, oracle: engine.current)
            try await Task.sleep(for: .milliseconds(100 * attempt))
        }
        throw VerificationError.changing
    }

    private func scene(after known: Scene?) async throws -> Scene {
        if let known, isUnchanged(known) { return known }
        let (access, snapshot) = (engine.current, engine.index.snapshot())
        let authorization = try await authorization(access, snapshot)
        let issuer = VerificationIssuer()
        return Scene(
            access: access, snapshot: snapshot, authorization: authorization,
            samples: queries == nil
                ? try await snapshot.sample(
                    GeneratedRequests.sharedSamples, for: authorization,
                    using: ReplayGenerator(seed: seed, for: "everybody")) : [],
            circumstances: .init(network: .loopback, now: Clock.now), issuer: issuer,
            tokens: await TokenVerifier(enclave: access.enclave, key: issuer.publicKey),
            embedder: RememberedVectors(engine.embedder))
    }

    private func isUnchanged(_ scene: Scene) -> Bool {
        engine.current === scene.access && engine.index.snapshot().isSame(as: scene.snapshot)
    }

    private func row(
        _ turn: Turn, _ scene: Scene, _ services: TwinServices
    ) async throws -> VerificationReport.Row {
        var generator = ReplayGenerator(seed: seed, for: turn.name)
        let oracle = try await oracle(turn, scene, using: &generator)
        services.set(
            live: access(scene, scene.access.enclave.authorizer, engine.index),
            oracle: access(
                scene,
                try .permittingAll(
                    schema: scene.access.enclave.schema, entities: scene.access.enclave.principals.entities),
                oracle))
        let requests =
            queries?.requests(for: turn.purpose?.string, of: turn.principal)
            ?? GeneratedRequests(
                enclave: scene.access.enclave, labels: scene.snapshot.passageCounts.map(\.label),
                purpose: turn.purpose?.string
            ).requests(
                shared: scene.samples, own: oracle.sample(GeneratedRequests.ownSamples, using: &generator),
                using: &generator)
        let token = try await scene.issuer.token(for: turn.principal, enclave: scene.access.enclave)
        var row = VerificationReport.Row(
            principal: turn.principal.id.string, purpose: turn.purpose?.string,
            policyVersion: scene.access.enclave.policyVersion, passages: oracle.passageCount, of: oracle.wholeCount)
        for (number, request) in requests.enumerated() {
            try Task.checkCancellation()
            let (live, expected) = try await services.responses(to: request, token: token)
            guard isUnchanged(scene) else { throw Overtaken() }
            guard ![live.status, expected.status].contains(401) else { throw VerificationError.notKnown }
            row.add(
                ResponseDifference(live: live, oracle: expected, key: digestKey), isAnswer: live.status == 200,
                request: request.name, number: number + 1)
        }
        return row
    }

    /// What the principal may read for the purpose, by every policy evaluated on each text alone.
    private func oracle(
        _ turn: Turn, _ scene: Scene, using generator: inout ReplayGenerator
    ) async throws -> OracleIndex {
        let enclave = scene.access.enclave
        let decision = try turn.purpose.map { purpose in
            try PlainDecision(
                policies: enclave.policies, schema: enclave.schema, entities: enclave.principals.entities,
                request: AccessRequest(
                    principal: turn.principal.uid, purpose: purpose, now: scene.circumstances.now,
                    network: scene.circumstances.network, mfa: true))
        }
        return try await scene.snapshot.oracle(for: scene.authorization, using: generator) { label, document, passage in
            // Nobody who erases waits until all is decided.
            guard isUnchanged(scene) else { throw Overtaken() }
            return decision?.mayRead(
                label, document: ByteText(document.description), passage: passage.map { ByteText($0.description) })
                ?? false
        }
    }

    private func access(
        _ scene: Scene, _ authorizer: LabelAuthorizer, _ index: some PassageIndex
    ) -> Engine.Access {
        let enclave = scene.access.enclave
        return Engine.Access(
            replaying: scene.access,
            retriever: Retriever(
                index: index, embedder: scene.embedder, authorizer: authorizer, scheme: enclave.labelScheme,
                policyVersion: enclave.policyVersion, citationBaseURL: enclave.settings.citationBase),
            tokens: scene.tokens, circumstances: scene.circumstances)
    }
}

/// Why nothing was proved. For administrators.
enum VerificationError: Error, CustomStringConvertible {
    case changing
    case busy
    case noService
    case notKnown

    var description: String {
        switch self {
        case .changing:
            "the index or its rules kept changing, so nothing was compared to the end; run this again when no ingest is "
                + "under way"
        case .busy: "the service did not answer in time, so nothing was compared to the end; run this again"
        case .noService:
            "no service could be begun for the comparison; see that the folder for temporary files can be written, and "
                + "that its path is short"
        case .notKnown:
            "a service did not take the token of a principal, so that nothing was compared; this is a defect, please "
                + "report it"
        }
    }
}
