import Glibc

/// Numbers that tell about texts, in memory that is wiped when its last owner lets go of it: what was erased does not
/// stay in memory that is free.
///
/// It grows while one owner fills it; who shares it changes it no more.
final class PostingMemory<Element: BitwiseCopyable>: Sendable {
    // There is one writer, before others read it.
    nonisolated(unsafe) private(set) var start: UnsafeMutablePointer<Element>
    nonisolated(unsafe) private(set) var count: Int
    nonisolated(unsafe) private var capacity: Int

    /// Memory for some elements, with none in it.
    init(capacity: Int = 0) {
        self.capacity = max(capacity, 1)
        count = 0
        start = .allocate(capacity: self.capacity)
    }

    /// Memory with as many elements, all the same.
    convenience init(repeating element: Element, count: Int) {
        self.init(capacity: count)
        start.initialize(repeating: element, count: count)
        self.count = count
    }

    /// The memory set aside, in bytes.
    var byteCount: Int { capacity * MemoryLayout<Element>.stride }

    deinit { Self.letGo(start, capacity) }

    subscript(index: Int) -> Element {
        get {
            assert(index >= 0 && index < count)
            return start[index]
        }
        set {
            assert(index >= 0 && index < count)
            start[index] = newValue
        }
    }

    func append(_ element: Element) {
        if count == capacity { grow(to: capacity * 2) }
        start[count] = element
        count += 1
    }

    func append(_ elements: UnsafePointer<Element>, count more: Int) {
        if count + more > capacity { grow(to: max(capacity * 2, count + more)) }
        (start + count).update(from: elements, count: more)
        count += more
    }

    /// Keeps the first elements. What was behind them is wiped with the rest, or written over.
    func truncate(to newCount: Int) {
        assert(newCount >= 0 && newCount <= count)
        count = newCount
    }

    /// The elements, for as long as this is there and does not change.
    var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: start, count: count) }

    /// Gives back what was set aside and is not in use.
    func trim() {
        if count < capacity { grow(to: max(count, 1)) }
    }

    private func grow(to newCapacity: Int) {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
        larger.update(from: start, count: count)
        Self.letGo(start, capacity)
        (start, capacity) = (larger, newCapacity)
    }

    private static func letGo(_ start: UnsafeMutablePointer<Element>, _ capacity: Int) {
        explicit_bzero(start, capacity * MemoryLayout<Element>.stride)
        start.deallocate()
    }
}
