/// Names one state of an index: the number of its last commit, and the digest of all its records.
struct IndexAnchor: Hashable, Sendable {
    static let none = IndexAnchor(generation: 0, digest: MultisetDigest())

    let generation: Int64
    let digest: MultisetDigest
}
