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
        person = try await access.caller(identity)
        request = try person.accessRequest(purpose: purpose, network: .loopback, now: Clock.now)
    }

    // MARK: - Erasure

    enum ErasureOutcome {
        case erased(Erasure)
        /// Another person has to confirm it.
        case waiting(PendingRequest)
    }

    /// - Parameter includesShared: Whether documents about other people too are erased with a subject.
    func erase(_ scope: RecordScope, reason: String, includesShared: Bool) async throws -> ErasureOutcome {
        try requireAny(.erase, for: request)
        let documents = try await self.documents(of: scope)
        guard !documents.isEmpty else { throw RecordsError.nothing(scope: scope.description) }
        let authorized = try authorize(.erase, on: documents, for: request)
        if case .subject = scope {
            // It would be said that nothing about the subject is left.
            let unknown = try await engine.index.unlabelledFiles()
            guard unknown.isEmpty else { throw RecordsError.unlabelled(files: unknown.map(\.id.description).sorted()) }
        }
        if case .subject(let token) = scope, !includesShared {
            let shared = documents.filter { $0.isAboutOthers(than: token, subjects: subjects) }
            guard shared.isEmpty else { throw RecordsError.shared(documents: shared.map(\.place.description)) }
        }
        try refuseHeld(documents)
        guard !enclave.settings.erasure.needsSecondPerson else {
            let pending = PendingRequest(
                time: request.now, scope: scope, principal: authorized.principalName, reason: reason,
                documents: documents.map(\.id.description))
            try await engine.index.record(pending)
            return .waiting(pending)
        }
        return .erased(
            try await engine.index.eraseCertified(
                documents, scope: scope, authority: .principals(authorized, confirmedBy: nil), reason: reason,
                settings: enclave.settings, now: request.now))
    }

    enum Confirmation {
        case erased(Erasure)
        case released(LegalHold)
    }

    /// Carries out what another person asked for. Both must be permitted now.
    func confirm(_ id: String) async throws -> Confirmation {
        guard let id = RegisterID(id), let pending = register.requests[id], pending.isValid(at: request.now) else {
            throw RecordsError.noRequest(id: id)
        }
        guard ByteText(pending.principal) != ByteText(request.principal.description) else {
            throw RecordsError.samePerson
        }
        if let hold = pending.hold {
            let scope = try holdInForce(hold).scope
            let (confirmed, _) = try await authorizeHold(on: scope, for: request)
            let (first, _) = try await authorizeHold(on: scope, for: asker(of: pending))
            let released = try await release(
                hold, reason: pending.reason, principal: first.principalName, confirmedBy: confirmed.principalName)
            try engine.index.keyStore.removeRecords([id])
            return .released(released)
        }
        try requireAny(.erase, for: request)
        let wanted = Set(pending.documents)
        let documents = try await (engine.index.summaries() + engine.index.unlabelledFiles())
            .filter { wanted.contains($0.id.description) }
        guard !documents.isEmpty else { throw RecordsError.nothing(scope: pending.scope.description) }
        let confirmed = try authorize(.erase, on: documents, for: request)
        let first = try authorize(.erase, on: documents, for: asker(of: pending))
        return .erased(
            try await engine.index.eraseCertified(
                documents, scope: pending.scope, authority: .principals(first, confirmedBy: confirmed),
                reason: pending.reason, request: id, settings: enclave.settings, now: request.now))
    }

    /// What is decided about who asked, when another person confirms.
    private func asker(of pending: PendingRequest) throws -> AccessRequest {
        let name = ByteText(pending.principal)
        guard let principal = enclave.principals.principals.first(where: { ByteText($0.uid.description) == name })
        else {
            throw RecordsError.askerGone(principal: pending.principal)
        }
        var request = request
        request.principal = principal.uid
        return request
    }

    // MARK: - Holds

    /// - Returns: The hold, and how many documents the index has of it now.
    func hold(_ scope: RecordScope, reason: String) async throws -> (hold: LegalHold, documents: Int) {
        let (authorized, count) = try await authorizeHold(on: scope, for: request)
        let hold = LegalHold(time: request.now, scope: scope, principal: authorized.principalName, reason: reason)
        try await engine.index.record(hold)
        return (hold, count)
    }

    enum ReleaseOutcome {
        case released(LegalHold)
        case waiting(PendingRequest)
    }

    /// What was held may be erased afterwards, so this takes two people where an erasure does.
    func release(_ id: String, reason: String) async throws -> ReleaseOutcome {
        guard let registerID = RegisterID(id) else { throw RecordsError.noHold(id: id) }
        let hold = try holdInForce(registerID)
        let principal = try await authorizeHold(on: hold.scope, for: request).action.principalName
        guard !enclave.settings.erasure.needsSecondPerson else {
            let pending = PendingRequest(
                time: request.now, scope: hold.scope, principal: principal, reason: reason, documents: [],
                hold: hold.id)
            try await engine.index.record(pending)
            return .waiting(pending)
        }
        return .released(try await release(hold.id, reason: reason, principal: principal, confirmedBy: nil))
    }

    private func release(
        _ id: RegisterID, reason: String, principal: String, confirmedBy: String?
    ) async throws -> LegalHold {
        var hold = try holdInForce(id)
        hold.release = LegalHold.Release(
            time: request.now, principal: principal, confirmedBy: confirmedBy, reason: reason)
        try await engine.index.record(hold)
        return hold
    }

    private func holdInForce(_ id: RegisterID) throws -> LegalHold {
        guard let hold = register.holds[id], hold.isInForce else { throw RecordsError.noHold(id: "\(id)") }
        return hold
    }

    /// Of what the index does not have, yet or any more, there are no labels to decide about: who may hold something may
    /// hold that.
    ///
    /// - Returns: What was decided, and how many documents the index has of it.
    private func authorizeHold(
        on scope: RecordScope, for request: AccessRequest
    ) async throws -> (action: AuthorizedAction, documents: Int) {
        let any = try requireAny(.hold, for: request)
        let documents = try await documents(of: scope)
        return (documents.isEmpty ? any : try authorize(.hold, on: documents, for: request), documents.count)
    }

    // MARK: - Parts

    /// Who may do it with nothing at all is not told either whether there is something of the kind.
    @discardableResult
    private func requireAny(_ action: AdministrativeAction, for request: AccessRequest) throws -> AuthorizedAction {
        try requireNames()
        for (label, _) in engine.index.snapshot().passageCounts {
            if let authorized = try? enclave.authorizer.authorization(of: action, on: [label], for: request) {
                return authorized
            }
        }
        throw RecordsError.notPermitted(action: action.rawValue)
    }

    private func documents(of scope: RecordScope) async throws -> [DocumentSummary] {
        var documents = try await engine.index.summaries()
        if case .document = scope { documents += try await engine.index.unlabelledFiles() }
        return documents.filter { document in
            if case .olderThan(let instant) = scope { return document.date.map { $0 < instant } ?? false }
            return scope.covers(document.id, labels: document.labels, subjects: subjects)
        }
    }

    private func authorize(
        _ action: AdministrativeAction, on documents: [DocumentSummary], for request: AccessRequest
    ) throws -> AuthorizedAction {
        try requireNames()
        var labels = documents.reduce(into: Set<Label>()) { $0.formUnion($1.labels) }
        // What is set aside might be under any label (rule 4, fail closed).
        if documents.contains(where: \.labels.isEmpty) {
            labels.formUnion(engine.index.snapshot().passageCounts.map(\.label))
        }
        return try enclave.authorizer.authorization(of: action, on: labels, for: request)
    }

    /// What policies name has labels of its own before they are in force (`Engine.Access`); labels without them would be
    /// decided too generously.
    private func requireNames() throws {
        guard engine.index.snapshot().labels.names.isSuperset(of: enclave.authorizer.names) else {
            throw RecordsError.namesMissing
        }
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
    /// Files that were taken in and are set aside.
    case unlabelled(files: [String])
    case noRequest(id: String)
    case samePerson
    case askerGone(principal: String)
    case noHold(id: String)
    case namesMissing
    case notPermitted(action: String)

    private static func list(_ names: [String]) -> String {
        let listed = 10
        return names.prefix(listed).map { "  \($0)" }.joined(separator: "\n")
            + (names.count > listed ? "\n  … and \(names.count - listed) more" : "")
    }

    var description: String {
        switch self {
        case .nothing(let scope): "the index holds nothing of \(scope); nothing was changed"
        case .shared(let documents):
            "\(documents.count) documents are about other people too, so nothing was erased; look at them and add "
                + "--include-shared if they are to go:\n"
                + Self.list(documents)
        case .unlabelled(let files):
            "\(files.count) files that were taken in are set aside, so it is not known whom they are about, and nothing was "
                + "erased; `portcullis ingest ENCLAVE` says why: change the rules so that they get a label, or erase them with "
                + "--document, then ask again:\n" + Self.list(files)
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
