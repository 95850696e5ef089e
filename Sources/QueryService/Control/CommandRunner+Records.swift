import Enclaves
import Foundation
import IndexStore
import Sealing

extension CommandRunner {
    /// Erasure, holds, retention.
    func records(
        _ command: ControlCommand, _ emit: @escaping @Sendable (ControlEvent) -> Void
    ) async throws -> ExitStatus {
        let keyStore = engine.index.keyStore
        let mode = engine.current.enclave.settings.mode
        switch command {
        case .erase(let arguments):
            let desk = try await RecordsDesk(
                engine: engine, identity: arguments.identity, purpose: arguments.purpose)
            let outcome = try await desk.erase(
                arguments.scope, reason: arguments.reason, includesShared: arguments.includesShared)
            switch outcome {
            case .waiting(let pending):
                emit(.output(arguments.json ? try Self.json(pending) : RecordsPage.text(pending, mode: mode)))
            case .erased(let erasure): try show(erasure, json: arguments.json, emit)
            }
            return .success
        case .confirm(let id, let identity, let purpose, let json):
            let desk = try await RecordsDesk(engine: engine, identity: identity, purpose: purpose)
            switch try await desk.confirm(id) {
            case .erased(let erasure): try show(erasure, json: json, emit)
            case .released(let hold): emit(.output(json ? try Self.json(hold) : RecordsPage.text(hold)))
            }
            return .success
        case .erasures(let json):
            let page = RecordsPage(register: keyStore.register, now: Clock.now)
            emit(.output(json ? try Self.json(page.list) : page.erasures))
            return .success
        case .certificate(let text):
            guard let id = RegisterID(text), let erasure = keyStore.register.erasures[id] else {
                throw UnknownErasure(id: text)
            }
            emit(.output(try certificate(of: erasure).text))
            return .success
        case .hold(let scope, let reason, let identity, let purpose, let json):
            let desk = try await RecordsDesk(engine: engine, identity: identity, purpose: purpose)
            let (hold, documents) = try await desk.hold(scope, reason: reason)
            emit(.output(json ? try Self.json(hold) : RecordsPage.text(hold)))
            if documents == 0 { emit(.diagnostic(RecordsPage.warning(ofNothingHeld: scope))) }
            return .success
        case .release(let id, let reason, let identity, let purpose, let json):
            let desk = try await RecordsDesk(engine: engine, identity: identity, purpose: purpose)
            switch try await desk.release(id, reason: reason) {
            case .released(let hold): emit(.output(json ? try Self.json(hold) : RecordsPage.text(hold)))
            case .waiting(let pending):
                emit(.output(json ? try Self.json(pending) : RecordsPage.text(pending, mode: mode)))
            }
            return .success
        case .holds(let json):
            let page = RecordsPage(register: keyStore.register, now: Clock.now)
            emit(.output(json ? try Self.json(page.heldList) : page.holds))
            return .success
        case .sweep(let isDryRun, let json):
            let sweep = try await RetentionSweep(engine: engine, now: Clock.now)
            let report = isDryRun ? sweep.report : try await sweep.carryOut()
            emit(.output(json ? try Self.json(report) : report.text))
            if report.readersRemain { emit(.diagnostic(RecordsPage.warningOfReaders)) }
            return .success
        default: preconditionFailure("no command about records")
        }
    }

    /// What was erased: as JSON, the very certificate that was written.
    private func show(_ erasure: Erasure, json: Bool, _ emit: (ControlEvent) -> Void) throws {
        let path = ErasureCertificate.path(of: erasure.id, settings: engine.current.enclave.settings)
        emit(
            .output(
                json
                    ? try String(contentsOfFile: path, encoding: .utf8)
                    : RecordsPage.text(erasure, certificate: certificate(of: erasure), path: path)))
        if erasure.readersRemain { emit(.diagnostic(RecordsPage.warningOfReaders)) }
    }

    private func certificate(of erasure: Erasure) -> ErasureCertificate {
        ErasureCertificate(
            erasure, enclave: engine.current.enclave.settings.name,
            backups: Array(engine.index.keyStore.register.backups.values))
    }
}

/// An id that no erasure has.
struct UnknownErasure: Error, CustomStringConvertible {
    let id: String

    var description: String { "there was no erasure \(id); `portcullis erasures ENCLAVE` lists them" }
}
