import Enclaves
import IndexStore
import Logging
import ServiceLifecycle

/// What a serving process does by itself: it goes on with a rotation of keys that was interrupted, and once a day it
/// erases what has outlived its retention.
struct Housekeeping: Service {
    let engine: Engine
    let logger: Logger

    func run() async throws {
        await report("keys") {
            let settings = engine.current.enclave.settings
            try await KeyRotation(keyStore: engine.index.keyStore, source: settings.keys.root).finish()
        }
        while !Task.isShuttingDownGracefully {
            if engine.current.enclave.settings.sweepsDaily {
                await report("retention") {
                    let found = try await RetentionSweep(engine: engine, now: Clock.now).carryOut()
                    if !found.due.isEmpty {
                        logger.notice("retention", metadata: ["erased": "\(found.due.count)"])
                    }
                }
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(86_400)) }
        }
    }

    /// What fails is said, and tried again another day; requests go on.
    private func report(_ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            logger.error("housekeeping failed", metadata: ["part": "\(what)", "error": "\(error)"])
        }
    }
}
