import Foundation
import GRDB
import Synchronization

/// Sees from outside when a commit of an index becomes visible in its file, which with a log that is synced at each commit
/// is when it is durable.
final class CommitWatch: Sendable {
    private struct State {
        var seen: ContinuousClock.Instant?
        var isDone = false
    }

    private let state = Mutex(State())
    private let end = DispatchSemaphore(value: 0)

    /// Begins to look, about every tenth of a millisecond.
    init(path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let file = try DatabaseQueue(path: path, configuration: configuration)
        let before = try Self.version(file)
        let begun = DispatchSemaphore(value: 0)
        Thread { [self] in
            begun.signal()
            while !state.withLock(\.isDone) {
                if let now = try? Self.version(file), now != before {
                    state.withLock { $0.seen = .now }
                    break
                }
                usleep(100)
            }
            end.signal()
        }.start()
        begun.wait()
    }

    /// When the first commit since the beginning became visible; nil where there was none.
    func finish() -> ContinuousClock.Instant? {
        // The thread may be about to look.
        usleep(2_000)
        state.withLock { $0.isDone = true }
        end.wait()
        return state.withLock(\.seen)
    }

    private static func version(_ file: DatabaseQueue) throws -> Int64? {
        try file.read { try Int64.fetchOne($0, sql: "PRAGMA data_version") }
    }
}
