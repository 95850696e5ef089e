import AccessControl
import Cedar
import Enclaves
import Foundation
import IndexStore
import Labels
import Passages

/// Carries out what people decide about records of an open enclave: erasures and legal holds. Each is an action of an
/// authenticated principal that policies permit on every label concerned.
struct RecordsDesk {
    private let engine: Engine
    private let access: Engine.Access
    private let person: Caller
    private let request: AccessRequest

    private var enclave: Enclave { access.enclave }
    private var subjects: ByteText { enclave.settings.erasure.subjectAttribute }
    private var register: Register { engine.index.keyStore.register }

    /// - Parameter purpose: Where nil, the only one that the person has.
    init(engine: Engine, identity: ControlCommand.Identity, purpose: String?) async throws {
        self.engine = engine
        access = engine.current
        switch identity {
        case .person(let name): person = try Caller(developmentIdentity: name, enclave: access.enclave)
        case .token(let token): person = try await access.tokens.caller(token: token)
        }
        request = try person.accessRequest(purpose: purpose, network: .loopback, now: Clock.now)
    }

    // MARK: - Erasure

    enum ErasureOutcome {
        case erased(Erasure, documents: Int)
        /// Another person has to confirm it.
        case waiting(PendingRequest)
    }

    /// - Parameter includesShared: Whether documents about other people too are erased with a subject.
    func erase(_ scope: RecordScope, reason: String, includesShared: Bool) async throws -> ErasureOutcome {
        try requireAny(.erase)
        let documents = try await self.documents(of: scope)
        if case .subject(let token) = scope, !includesShared {
            let shared = documents.filter { $0.isAboutOthers(than: token, subjects: subjects) }
            guard shared.isEmpty else { throw RecordsError.shared(documents: shared.map(\.place.description)) }
        }
        let authorized = try authorization(of: .erase, on: documents)
        try refuseHeld(documents)
        guard !enclave.settings.erasure.needsSecondPerson else {
            let pending = PendingRequest(
                time: request.now, scope: scope, principal: authorized.principalName, reason: reason,
                documents: documents.map(\.id.description))
            try await engine.index.record(pending)
            return .waiting(pending)
        }
        return try await erase(
            documents, scope, authority: .principals(authorized, confirmedBy: nil), reason: reason)
    }

    enum Confirmation {
        case erased(Erasure, documents: Int)
        case released(LegalHold)
    }

    /// Carries out what another person asked for.
    func confirm(_ id: String) async throws -> Confirmation {
        guard let id = RegisterID(id), let pending = register.requests[id], pending.isValid(at: request.now) else {
            throw RecordsError.noRequest(id: id)
        }
        guard ByteText(pending.principal) != ByteText(request.principal.description) else {
            throw RecordsError.samePerson
        }
        if let hold = pending.hold {
            let released = try await release(
                hold, reason: pending.reason, principal: pending.principal, confirmedBy: request.principal.description)
            try engine.index.keyStore.removeRecords([id])
            return .released(released)
        }
        let wanted = Set(pending.documents)
        let documents = try await engine.index.summaries().filter { wanted.contains($0.id.description) }
        guard !documents.isEmpty else { throw RecordsError.nothing(scope: pending.scope.description) }
        let confirmed = try authorization(of: .erase, on: documents)
        let first = try await authorization(ofFirst: pending, on: documents)
        guard
            case .erased(let erasure, let count) = try await erase(
                documents, pending.scope, authority: .principals(first, confirmedBy: confirmed), reason: pending.reason)
        else { throw RecordsError.nothing(scope: pending.scope.description) }
        try engine.index.keyStore.removeRecords([id])
        return .erased(erasure, documents: count)
    }

    private func erase(
        _ documents: [DocumentSummary], _ scope: RecordScope, authority: ErasureAuthority, reason: String
    ) async throws -> ErasureOutcome {
        let erasure = try await engine.index.erase(
            documents.map(\.id), scope: scope, authority: authority, reason: reason, subjects: subjects,
            now: request.now)
        return .erased(erasure, documents: erasure.documents.count)
    }

    /// Who asked must still be permitted when another one confirms.
    private func authorization(
        ofFirst pending: PendingRequest, on documents: [DocumentSummary]
    ) async throws -> AuthorizedAction {
        let name = ByteText(pending.principal)
        guard let principal = enclave.principals.principals.first(where: { ByteText($0.uid.description) == name })
        else {
            throw RecordsError.askerGone(principal: pending.principal)
        }
        var request = request
        request.principal = principal.uid
        return try authorize(.erase, on: documents, for: request)
    }

    // MARK: - Holds

    func hold(_ scope: RecordScope, reason: String) async throws -> LegalHold {
        try requireAny(.hold)
        let documents = try await self.documents(of: scope)
        let authorized = try authorization(of: .hold, on: documents)
        let hold = LegalHold(time: request.now, scope: scope, principal: authorized.principalName, reason: reason)
        try await engine.index.record(hold)
        return hold
    }

    enum ReleaseOutcome {
        case released(LegalHold)
        case waiting(PendingRequest)
    }

    /// What was held may be erased afterwards, so this takes two people where an erasure does.
    func release(_ id: String, reason: String) async throws -> ReleaseOutcome {
        guard let id = RegisterID(id), let hold = register.holds[id], hold.isInForce else {
            throw RecordsError.noHold(id: id)
        }
        let authorized = try await authorization(toRelease: hold)
        guard !enclave.settings.erasure.needsSecondPerson else {
            let pending = PendingRequest(
                time: request.now, scope: hold.scope, principal: authorized.principalName, reason: reason,
                documents: [],
                hold: hold.id)
            try await engine.index.record(pending)
            return .waiting(pending)
        }
        return .released(
            try await release(hold.id, reason: reason, principal: authorized.principalName, confirmedBy: nil))
    }

    private func release(
        _ id: RegisterID, reason: String, principal: String, confirmedBy: String?
    ) async throws -> LegalHold {
        guard var hold = register.holds[id], hold.isInForce else { throw RecordsError.noHold(id: "\(id)") }
        _ = try await authorization(toRelease: hold)
        hold.release = LegalHold.Release(
            time: request.now, principal: principal, confirmedBy: confirmedBy, reason: reason)
        try await engine.index.record(hold)
        return hold
    }

    private func authorization(toRelease hold: LegalHold) async throws -> AuthorizedAction {
        try authorization(of: .hold, on: try await documents(of: hold.scope))
    }

    // MARK: - Parts

    /// Who may do it with nothing at all is not told either whether there is something of the kind.
    private func requireAny(_ action: AdministrativeAction) throws {
        let permitted = engine.index.snapshot().passageCounts.contains { label, _ in
            (try? enclave.authorizer.authorization(of: action, on: [label], for: request)) != nil
        }
        guard permitted else { throw RecordsError.notPermitted(action: action.rawValue) }
    }

    private func documents(of scope: RecordScope) async throws -> [DocumentSummary] {
        let found = try await engine.index.summaries().filter { document in
            if case .olderThan(let instant) = scope { return document.date.map { $0 < instant } ?? false }
            return scope.covers(document.id, labels: document.labels, subjects: subjects)
        }
        guard !found.isEmpty else { throw RecordsError.nothing(scope: scope.description) }
        return found
    }

    private func authorization(
        of action: AdministrativeAction, on documents: [DocumentSummary]
    ) throws -> AuthorizedAction {
        try authorize(action, on: documents, for: request)
    }

    private func authorize(
        _ action: AdministrativeAction, on documents: [DocumentSummary], for request: AccessRequest
    ) throws -> AuthorizedAction {
        // What policies name has labels of its own before they are in force (`Engine.Access`); labels without them would
        // be decided too generously.
        guard engine.index.snapshot().labels.names.isSuperset(of: enclave.authorizer.names) else {
            throw RecordsError.namesMissing
        }
        let labels = documents.reduce(into: Set<Label>()) { $0.formUnion($1.labels) }
        return try enclave.authorizer.authorization(of: action, on: labels, for: request)
    }

    private func refuseHeld(_ documents: [DocumentSummary]) throws {
        var holds: Set<String> = []
        var held = 0
        for document in documents {
            let own = engine.index.holds(on: document.id, labels: document.labels, subjects: subjects)
            holds.formUnion(own.map(\.id.description))
            if !own.isEmpty { held += 1 }
        }
        if !holds.isEmpty { throw IndexError.held(holds: holds.sorted(), documents: held) }
    }
}

extension DocumentSummary {
    /// Whether something of it is about somebody else.
    func isAboutOthers(than token: String, subjects attribute: ByteText) -> Bool {
        labels.contains { label in !label.subjects(in: attribute).subtracting([ByteText(token)]).isEmpty }
    }
}

/// Why nothing was erased, held or released. For administrators.
enum RecordsError: Error, Equatable, CustomStringConvertible {
    case nothing(scope: String)
    case shared(documents: [String])
    case noRequest(id: String)
    case samePerson
    case askerGone(principal: String)
    case noHold(id: String)
    case namesMissing
    case notPermitted(action: String)

    private static let listed = 10

    var description: String {
        switch self {
        case .nothing(let scope): "the index holds nothing of \(scope); nothing was changed"
        case .shared(let documents):
            "\(documents.count) documents are about other people too, so nothing was erased; look at them and add "
                + "--include-shared if they are to go:\n"
                + documents.prefix(Self.listed).map { "  \($0)" }.joined(separator: "\n")
                + (documents.count > Self.listed ? "\n  … and \(documents.count - Self.listed) more" : "")
        case .noRequest(let id):
            "no request \(id) waits for a second person; requests are good for "
                + "\(PendingRequest.lifetime / 86_400_000) days, and `portcullis erasures ENCLAVE` lists them"
        case .samePerson: "who asked for it cannot confirm it too; another person must"
        case .askerGone(let principal):
            "\(principal), who asked for it, is no longer in principals.yaml; ask for it anew"
        case .noHold(let id): "there is no hold \(id) in force; `portcullis hold ENCLAVE --list` lists them"
        case .notPermitted(let action):
            "no policy lets you \(action) anything, for this purpose and as you have signed in; nothing was changed"
        case .namesMissing: "what policies name has no label of its own yet; run `portcullis reload` and try again"
        }
    }
}
