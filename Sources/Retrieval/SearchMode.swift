/// How passages are found. Every mode reads permitted passages alone.
package enum SearchMode: String, CaseIterable, Codable, Sendable {
    /// By vector and by words, fused (`Fusion`).
    case hybrid
    /// By vector: the true nearest ones.
    case vector
    /// By words: BM25.
    case lexical
    /// By vector, in less time: some of the nearest ones may be missing.
    case approximate

    /// For errors and help.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// The mode of this name.
    ///
    /// - Parameter name: compared byte by byte.
    package init?(name: String) {
        guard let mode = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }) else { return nil }
        self = mode
    }
}
