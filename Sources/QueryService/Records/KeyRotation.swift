import IndexStore
import Sealing

/// A rotation of keys while requests go on. Where one ends in the middle, the next one goes on with it. One at a time:
/// `Engine.rotateKeys` hands it out.
struct KeyRotation {
    let keyStore: KeyStore
    let source: RootKeySource

    /// How many data keys are wrapped anew in one step; changes of the index come in between.
    private static let step = 500

    /// A new epoch, and a new root key before it where one is asked for. Older epochs are retired.
    func run(
        root rotatesRoot: Bool, _ report: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws {
        var root = try settledRoot()
        if rotatesRoot {
            root = try source.makeNext()
            try keyStore.addRoot(root)
            try adopt(root)
        }
        try keyStore.beginEpoch(root: root)
        try await retireEpochs(report)
    }

    /// Brings to its end what was interrupted.
    func resume() async throws {
        _ = try settledRoot()
        try await retireEpochs { _, _ in }
    }

    /// Puts a root key that wrapped every epoch in the place of the one before.
    func adopt(_ next: RootKey) throws {
        // Asked before anything is overwritten: where an epoch is missing, only the old key opens it.
        guard try keyStore.isWrapped(by: next) else {
            throw IndexError.rootKeyIncomplete(path: keyStore.path, root: try next.id().description)
        }
        try source.adoptNext()
        try keyStore.removeRoots(except: next)
    }

    /// The root key that wrapped every epoch; where a rotation of it was interrupted, the newest that did. That one takes
    /// the place of the others now. A next key that has wrapped nothing yet began nothing, and waits.
    private func settledRoot() throws -> RootKey {
        let roots = try source.candidates()
        guard let place = try roots.lastIndex(where: { try keyStore.isWrapped(by: $0) }) else {
            throw IndexError.noRootKey(source: source.name)
        }
        // The second key of a file is the next one, which is not in its place yet.
        if place > 0 { try source.adoptNext() }
        if try keyStore.status().epochs.contains(where: { $0.roots.count > 1 }) {
            try keyStore.removeRoots(except: roots[place])
        }
        return roots[place]
    }

    /// Wraps what older epochs have, and retires them.
    private func retireEpochs(_ report: @Sendable (_ done: Int, _ total: Int) -> Void) async throws {
        let total = try keyStore.status().waiting
        var left = total
        while left > 0 {
            left = try keyStore.rewrap(limit: Self.step)
            report(max(0, total - left), total)
            try await Task.sleep(for: .milliseconds(1))
        }
        try keyStore.retireEpochs()
    }
}
