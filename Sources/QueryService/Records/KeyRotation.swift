import IndexStore
import Sealing

/// A rotation of keys while requests go on. Where a process ends in the middle, the next one goes on with it.
struct KeyRotation {
    let keyStore: KeyStore
    let source: RootKeySource

    /// How many data keys are wrapped anew in one step; changes of the index come in between.
    private static let step = 500

    /// A new epoch, and a new root key before it where one is asked for.
    func begin(root rotatesRoot: Bool) async throws {
        var root = try current()
        if rotatesRoot {
            let next = try source.makeNext()
            try keyStore.addRoot(next)
            try source.adoptNext()
            try keyStore.removeRoots(except: next)
            root = next
        }
        try keyStore.beginEpoch(root: root)
    }

    /// Wraps what older epochs have, and retires them.
    func finish(_ report: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }) async throws {
        try finishRoot()
        let total = try keyStore.status().waiting
        var left = total
        while left > 0 {
            left = try keyStore.rewrap(limit: Self.step)
            report(max(0, total - left), total)
            try await Task.sleep(for: .milliseconds(1))
        }
        try keyStore.retireEpochs()
    }

    /// The root key that new epochs are wrapped by: the one that wrapped the newest.
    private func current() throws -> RootKey {
        let wanted = Set(try keyStore.status().epochs.last?.roots ?? [])
        let roots = try source.candidates()
        guard let root = try roots.first(where: { wanted.contains(try $0.id().description) }) else {
            throw IndexError.noRootKey(source: source.name)
        }
        return root
    }

    /// A rotation of the root key that was interrupted is finished where the next key has wrapped every epoch; before
    /// that it never began.
    private func finishRoot() throws {
        let status = try keyStore.status()
        let roots = try source.candidates()
        guard let last = roots.last else { return }
        let id = try last.id().description
        guard status.epochs.allSatisfy({ $0.roots.contains(id) }) else { return }
        if roots.count > 1, case .file = source { try source.adoptNext() }
        if status.epochs.contains(where: { $0.roots.count > 1 }) { try keyStore.removeRoots(except: last) }
    }
}
