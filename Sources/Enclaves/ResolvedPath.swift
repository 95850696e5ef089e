import Foundation

/// Where a file or folder is, with all links followed, to tell what lies within what. It need not be there yet.
struct ResolvedPath: Equatable {
    private let components: [String]

    init(_ url: URL) {
        // Links are followed in what is there; below, there are none.
        var existing = url.absoluteURL.standardizedFileURL
        var missing: [String] = []
        while existing.pathComponents.count > 1, !FileManager.default.fileExists(atPath: existing.path) {
            missing.append(existing.lastPathComponent)
            existing.deleteLastPathComponent()
        }
        components = existing.resolvingSymlinksInPath().pathComponents + missing.reversed()
    }

    private init(components: [String]) {
        self.components = components
    }

    var parent: ResolvedPath { ResolvedPath(components: components.dropLast()) }

    /// Whether this is `folder` or below it.
    func lies(within folder: ResolvedPath) -> Bool { components.starts(with: folder.components) }
}
