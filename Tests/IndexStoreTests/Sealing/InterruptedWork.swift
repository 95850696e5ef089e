import CFaultFileLayer
import Foundation
import TestSupport

@testable import IndexStore

/// Work on an index, cut off at one of its operations on the disk.
struct InterruptedWork {
    /// What every run begins with.
    let files: SealedFiles
    /// Has the root key.
    let origin: TemporaryFolder
    let work: @Sendable (SQLiteIndex, TemporaryFolder) async throws -> Void

    struct Outcome {
        /// With what the interruption left; the index is closed.
        let folder: TemporaryFolder
        /// What the operation was.
        let failure: String
        let isAcknowledged: Bool
    }

    /// Cuts the power at an operation, which may be one of the closing behind the work.
    ///
    /// - Returns: nil where there are fewer operations.
    func cut(at operation: Int, keep: fault_keep, seed: UInt64) async throws -> Outcome? {
        let folder = try files.copied(withRootOf: origin)
        let layer = try FaultLayer(folder)
        let isAcknowledged = try await run(in: folder) {
            layer.arm(FAULT_POWER_CUT, at: operation)
        } failed: { _, _ in
        }
        guard layer.hasFailed else { return nil }
        let failure = layer.failure
        try layer.crash(keep, seed: seed)
        return Outcome(folder: folder, failure: failure, isAcknowledged: isAcknowledged)
    }

    /// Lets an operation fail, and all after it where `isLasting`, until the work has reported it; `after` then gets
    /// the index, on a disk that is mended.
    func fail(
        at operation: Int, isLasting: Bool, after: (SQLiteIndex, any Error) async throws -> Void
    ) async throws -> Outcome? {
        let folder = try files.copied(withRootOf: origin)
        let layer = try FaultLayer(folder)
        let (kind, code) = isLasting ? (FAULT_FROM_THEN_ON, FAULT_CODE_FULL) : (FAULT_ONCE, FAULT_CODE_IO)
        var failure = ""
        let isAcknowledged = try await run(in: folder) {
            layer.arm(kind, code, at: operation)
        } failed: { index, error in
            failure = layer.failure
            layer.disarm()
            try await after(index, error)
        }
        guard layer.hasFailed || !isAcknowledged else { return nil }
        return Outcome(
            folder: folder, failure: isAcknowledged ? layer.failure : failure, isAcknowledged: isAcknowledged)
    }

    /// The index is closed when this returns.
    private func run(
        in folder: TemporaryFolder, arm: () -> Void, failed: (SQLiteIndex, any Error) async throws -> Void
    ) async throws -> Bool {
        let index = try Fixture.open(folder, create: false)
        arm()
        do {
            try await work(index, folder)
            return true
        } catch {
            try await failed(index, error)
            return false
        }
    }
}
