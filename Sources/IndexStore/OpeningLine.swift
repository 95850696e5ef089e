import Dispatch
import Synchronization

/// Threads behind the one that reads records: as many as there are processors open them and lay out their rows, each for
/// itself. It keeps no order: the rows of a partition have none.
final class OpeningLine: Sendable {
    /// What a batch holds, about: little enough that it stays in the processor's cache.
    static let batchBytes = 256 << 10
    /// Batches that were read and are not laid out yet, at most: enough that a thread is seldom woken.
    private static let depth = 16

    private let opener: DocumentOpener
    private let empty: DocumentLayout
    /// Those that no thread is at.
    private let layouts = Mutex<[DocumentLayout]>([])
    /// What was wrong first.
    private let problem = Mutex<(any Error)?>(nil)
    private let queue = DispatchQueue(label: "opening of documents", qos: .userInitiated, attributes: .concurrent)
    private let room = DispatchSemaphore(value: depth)

    /// - Parameter layout: What to begin with.
    init(_ opener: DocumentOpener, into layout: DocumentLayout) {
        self.opener = opener
        empty = layout
    }

    /// Returns when there is room for the next batch.
    ///
    /// - Throws: What was wrong with an earlier one.
    func add(_ batch: [SealedDocument]) throws {
        try check()
        room.wait()
        queue.async { [self] in
            defer { room.signal() }
            guard problem.withLock({ $0 == nil }) else { return }
            do {
                var layout = layouts.withLock { $0.popLast() } ?? empty
                for document in batch { try layout.add(opener.opened(document)) }
                layouts.withLock { $0.append(layout) }
            } catch {
                problem.withLock { $0 = error }
            }
        }
    }

    private func check() throws {
        if let problem = problem.withLock({ $0 }) { throw problem }
    }

    /// Returns when no thread is at work any more.
    func wait() { queue.sync(flags: .barrier) {} }

    /// Everything that was added.
    ///
    /// - Throws: What is wrong with a record that does not open.
    func finish() throws -> DocumentLayout {
        wait()
        try check()
        var whole = empty
        // Taken out: what others held too would be copied when it is put together.
        for layout in layouts.withLock({ layouts in
            defer { layouts = [] }
            return layouts
        }) {
            whole.add(layout)
        }
        return whole
    }
}
