import GRDB
import VectorSearch

extension SQLiteIndex {
    /// Closes holes that changes left in memory. It takes at most this share of the time, one short step after another,
    /// so that changes wait for it for milliseconds; requests never do.
    private static let compactionShare = 0.1

    /// Returns when there is nothing left to win.
    ///
    /// - Returns: How many steps it took.
    @discardableResult
    package func compact() async throws -> Int {
        for steps in 0... {
            let start = ContinuousClock.now
            guard try await compactionStep() else { return steps }
            try await Task.sleep(for: (ContinuousClock.now - start) * (1 / Self.compactionShare - 1))
        }
        return 0
    }

    /// - Returns: Whether there was something to do.
    private func compactionStep() async throws -> Bool {
        do {
            return try await database.pool.writeWithoutTransaction { [self] _ in
                // On the writer's queue: no change is under way that would bring back what this moves.
                let before = snapshot()
                guard let compaction = RowCompaction(of: before.arena) else { return false }
                publish(before.compacted(by: compaction))
                return true
            }
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
