import IndexStore
import Logging
import ServiceLifecycle

/// Reads the vectors that memory is to have when a process begins to serve; until then questions take them from the file.
/// It ends when they are there, or the process is to end.
struct VectorLoading: Service {
    let index: SQLiteIndex
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await index.readVectors() }
        } catch is CancellationError {
            return
        } catch {
            // Questions go on from the file, with the same answers.
            logger.error("vectors could not be read into memory", metadata: ["error": "\(error)"])
        }
    }
}
