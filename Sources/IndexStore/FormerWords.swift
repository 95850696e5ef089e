import LexicalSearch
import Synchronization

/// Words that were in force, for as long as a reader has them. An erasure waits for all of them: what holds a word that it
/// erases may have left force long before it, by a compaction or with a document, and a reader may be older than that.
final class FormerWords: Sendable {
    private let segments = Mutex<[WeakObject]>([])

    /// What readers still have.
    var held: [WeakObject] { segments.withLock { $0.filter { $0.object != nil } } }

    /// Notes what the generation that leaves force has and the next one has not.
    func note(_ leaving: LexicalIndex?, replacedBy next: LexicalIndex?) {
        let kept = Set((next?.segments ?? []).map { ObjectIdentifier($0) })
        let gone = (leaving?.segments ?? []).filter { !kept.contains(ObjectIdentifier($0)) }
        guard !gone.isEmpty else { return }
        segments.withLock { segments in
            segments.removeAll { $0.object == nil }
            segments += gone.map(WeakObject.init)
        }
    }
}

/// Memory that others hold, or that is gone. Any thread may ask for it: weak references are read and cleared atomically.
struct WeakObject: @unchecked Sendable {
    weak var object: AnyObject?

    init(_ object: AnyObject) { self.object = object }
}
