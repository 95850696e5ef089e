import Dispatch
import Synchronization

/// Threads behind the one that reads records: as many as there are processors open them, one lays out what was opened.
/// It keeps no order: the rows of a partition have none.
final class OpeningLine: Sendable {
    /// What a batch holds, about: little enough that it stays in the processor's cache.
    static let batchBytes = 256 << 10
    /// Batches that were read and are not laid out yet, at most: enough that a thread is seldom woken.
    private static let depth = 16

    private let opener: DocumentOpener
    private let layout: Mutex<DocumentLayout>
    /// What was wrong first.
    private let problem = Mutex<(any Error)?>(nil)
    private let opening = DispatchQueue(
        label: "opening of documents", qos: .userInitiated, attributes: .concurrent)
    private let laying = DispatchQueue(label: "layout of documents", qos: .userInitiated)
    private let room = DispatchSemaphore(value: depth)

    init(_ opener: DocumentOpener, into layout: DocumentLayout) {
        self.opener = opener
        self.layout = Mutex(layout)
    }

    /// Returns when there is room for the next batch.
    ///
    /// - Throws: What was wrong with an earlier one.
    func add(_ batch: [SealedDocument]) throws {
        try check()
        room.wait()
        opening.async { [self] in
            let opened = Result { try batch.map(opener.opened) }
            laying.async { [self] in
                lay(opened)
                room.signal()
            }
        }
    }

    private func lay(_ opened: Result<[OpenedDocument], any Error>) {
        guard problem.withLock({ $0 == nil }) else { return }
        do {
            let documents = try opened.get()
            try layout.withLock { layout in for document in documents { try layout.add(document) } }
        } catch {
            problem.withLock { $0 = error }
        }
    }

    private func check() throws {
        if let problem = problem.withLock({ $0 }) { throw problem }
    }

    /// Returns when no thread is at work any more.
    func wait() {
        opening.sync(flags: .barrier) {}
        laying.sync {}
    }

    /// Everything that was added.
    ///
    /// - Throws: What is wrong with a record that does not open.
    func finish() throws -> DocumentLayout {
        wait()
        try check()
        return layout.withLock { $0 }
    }
}
