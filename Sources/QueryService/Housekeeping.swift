import Enclaves
import IndexStore
import Logging
import ServiceLifecycle

/// What a serving process does by itself, at its start and then once a day: it goes on with a rotation of keys that was
/// interrupted, and it erases what has outlived its retention.
struct Housekeeping: Service {
    let engine: Engine
    let logger: Logger
    /// From one time to the next.
    var interval = Duration.seconds(86_400)

    func run() async throws {
        // A group that ends because another service failed cancels, and is not shut down gracefully.
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            await report("keys") { try await engine.resumeRotation() }
            if engine.current.enclave.settings.sweepsDaily {
                await report("retention") {
                    let found = try await RetentionSweep(engine: engine, now: Clock.now).carryOut()
                    if !found.due.isEmpty {
                        logger.notice("retention", metadata: ["erased": "\(found.due.count)"])
                    }
                }
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
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
