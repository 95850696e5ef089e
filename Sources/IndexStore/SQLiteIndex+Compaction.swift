import GRDB
import LexicalSearch
import VectorSearch

extension SQLiteIndex {
    /// Closing holes takes at most this share of the time, one short step after another, so that changes wait for it for
    /// milliseconds; requests never do.
    private static let compactionShare = 0.1
    /// Passages whose words are written anew in one step, at most, while the index serves.
    private static let wordsOfStep = 250_000

    /// Closes holes that changes left in memory. Returns when there is nothing left to win.
    ///
    /// - Returns: How many steps it took.
    @discardableResult
    package func compact() async throws -> Int {
        for steps in 0... {
            let start = ContinuousClock.now
            let didRows = try await compactRows()
            let words = try await compactWords { $0.compaction(atMost: Self.wordsOfStep) }
            guard didRows || words != nil else { return steps }
            try await Task.sleep(for: (ContinuousClock.now - start) * (1 / Self.compactionShare - 1))
        }
        return 0
    }

    /// Takes words of passages that are gone out of memory. O(all words)
    func forgetRemovedWords() async throws {
        // What is being read has words of what was there when that began.
        await lexicalLoading.finish()
        while try await compactWords({ $0.fullCompaction() }) == .overtaken {}
    }

    private enum WordsOutcome { case replaced, overtaken }

    /// - Returns: Whether there was something to do.
    private func compactRows() async throws -> Bool {
        try await onWriter { [self] in
            let before = snapshot()
            guard let compaction = RowCompaction(of: before.arena) else { return false }
            publish(before.compacted(by: compaction))
            return true
        }
    }

    /// Writes words anew beside those in use, and puts them in their place with what changed meanwhile.
    ///
    /// - Returns: nil where there was nothing to do.
    private func compactWords(_ choose: (LexicalIndex) -> Compaction?) async throws -> WordsOutcome? {
        guard let words = snapshot().lexical, let compaction = choose(words) else { return nil }
        let result = await Task.detached(priority: .utility) { compaction.run() }.value
        return try await onWriter { [self] in
            var after = snapshot().again()
            guard after.lexical?.install(result) == true else { return .overtaken }
            publish(after)
            return .replaced
        }
    }

    /// On the writer's queue no change is under way that would bring back what is replaced.
    private func onWriter<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        do {
            return try await database.pool.writeWithoutTransaction { _ in try body() }
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
