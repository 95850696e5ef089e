import GRDB
import LexicalSearch
import VectorSearch

extension SQLiteIndex {
    /// Closing holes takes at most this share of the time, one short step after another, so that changes wait for it for
    /// milliseconds; requests never do.
    private static let compactionShare = 0.1
    /// Passages whose words are written anew in one step, at most, while the index serves.
    static let wordsOfStep = 250_000

    /// Closes holes that changes left in memory. Returns when there is nothing left to win.
    ///
    /// - Returns: How many steps it took.
    @discardableResult
    package func compact() async throws -> Int {
        for steps in 0... {
            let start = ContinuousClock.now
            let didRows = try await compactRows()
            let didWords = try await compactWords { $0.compaction(atMost: Self.wordsOfStep) }
            guard didRows || didWords else { return steps }
            try await Task.sleep(for: (ContinuousClock.now - start) * (1 / Self.compactionShare - 1))
        }
        return 0
    }

    /// Takes words of passages that are gone out of memory. Who began before it keeps them until he is done. O(all words)
    func forgetRemovedWords() async throws {
        // What is being read has words of what was there when that began.
        await lexicalLoading.finish()
        _ = try await compactWords { $0.fullCompaction() }
    }

    /// - Returns: Whether there was something to do.
    private func compactRows() async throws -> Bool {
        try await onWriter { [self] _ in
            let before = snapshot()
            guard let compaction = RowCompaction(of: before.arena) else { return false }
            publish(before.compacted(by: compaction))
            return true
        }
    }

    /// Writes words anew beside those in use, and puts them in their place with what changed meanwhile. One at a time, so
    /// none is overtaken by another, and none that began before an erasure goes on after it.
    ///
    /// - Returns: Whether there was something to do.
    private func compactWords(_ choose: @escaping @Sendable (LexicalIndex) -> Compaction?) async throws -> Bool {
        try await wordTurns.take { [self] in
            guard let words = snapshot().lexical, let compaction = choose(words) else { return false }
            let result = await Task.detached(priority: .utility) { compaction.run() }.value
            try await onWriter { [self] _ in
                var after = snapshot().again()
                if after.lexical?.install(result) == true { publish(after) }
            }
            return true
        }
    }

    /// On the writer's queue no change is under way that would bring back what is replaced.
    func onWriter<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        do {
            return try await database.pool.writeWithoutTransaction(body)
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }
}

extension IndexSnapshot {
    /// The same generation with rows elsewhere in memory.
    fileprivate func compacted(by compaction: RowCompaction) -> IndexSnapshot {
        var after = again()
        for (id, partition) in partitions {
            if let moved = compaction.moved(partition.rows) { after.partitions[id]?.rows = moved }
        }
        return after
    }
}
