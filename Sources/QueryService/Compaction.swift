import IndexStore
import Logging
import ServiceLifecycle

/// Closes, while the process serves, the holes that changes leave in memory.
struct Compaction: Service {
    let index: SQLiteIndex
    let logger: Logger
    /// From one look to the next.
    var interval = Duration.seconds(5)

    func run() async throws {
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            do {
                try await cancelWhenGracefulShutdown {
                    try await Task.sleep(for: interval)
                    try await index.compact()
                }
            } catch is CancellationError {
                return
            } catch {
                // Nothing but memory is lost by it; requests go on, and the next look tries again.
                logger.error("compaction failed", metadata: ["error": "\(error)"])
            }
        }
    }
}
