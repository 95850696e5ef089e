import IndexStore
import Logging
import ServiceLifecycle

/// Reads the words of all passages when a process begins to serve, so that the first question by words waits as little as
/// can be. It ends when they are there, or the process is to end.
struct WordLoading: Service {
    let index: SQLiteIndex
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await index.readWords() }
        } catch is CancellationError {
            return
        } catch {
            // The first question by words tries again.
            logger.error("words could not be read", metadata: ["error": "\(error)"])
        }
    }
}
