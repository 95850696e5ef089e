import Passages

/// A paragraph of a Word document while it is read.
///
/// Changes that nobody has accepted are never merged: inserted text stands in `[inserted: …]`, and deleted text leaves
/// `[deleted]` in its place. Hidden text is left out.
struct WordParagraph {
    var style: String?
    var number = WordNumber()
    var outlineLevel: Int?

    private var text: [UInt8] = []
    private var state = State.kept
    /// The text without insertions and with what was removed from it, and where that is.
    private var original: [UInt8] = []
    private var removed: [Range<Int>] = []

    enum State {
        case kept, inserted, deleted, hidden
    }

    /// The longest text in parentheses that is looked upon as a portion mark.
    private static let markBytes = 256

    mutating func add(_ bytes: some Collection<UInt8>, _ new: State) {
        guard !bytes.isEmpty else { return }
        if new != state {
            if state == .inserted { text.append(UInt8(ascii: "]")) }
            if new == .inserted { text += Array("[inserted: ".utf8) }
            if new == .deleted { text += Array("[deleted]".utf8) }
            state = new
        }
        if new == .kept || new == .inserted { text += bytes }
        if new == .inserted { return }
        if new != .kept { removed.append(original.count..<(original.count + bytes.count)) }
        original += bytes
    }

    /// The text, with single blanks and no blank lines.
    func finished() -> [UInt8] {
        var finished: [UInt8] = []
        var blank: UInt8?
        var position = 0
        let closed = state == .inserted ? text + [UInt8(ascii: "]")] : text
        while position < closed.count {
            let byte = closed[position]
            let isNoBreakSpace = byte == 0xC2 && position + 1 < closed.count && closed[position + 1] == 0xA0
            position += isNoBreakSpace ? 2 : 1
            if isNoBreakSpace || TextCuts.isBlank(byte) {
                blank = byte == 0x0A || blank == 0x0A ? 0x0A : 0x20
            } else {
                if let blank, !finished.isEmpty { finished.append(blank) }
                blank = nil
                finished.append(byte)
            }
        }
        return finished
    }

    /// Whether what was deleted or hidden has to do with a text in parentheses that may be a portion mark: one at the
    /// start, or one without small letters. Without it the paragraph would have a label that its author did not mean.
    var mayHaveLostMark: Bool {
        guard !removed.isEmpty, let first = original.firstIndex(where: { !TextCuts.isBlank($0) }) else { return false }
        var position = 0
        // Of the removed ranges, those before the parenthesis are done with.
        var next = 0
        while let open = original[position...].firstIndex(of: UInt8(ascii: "(")) {
            position = open + 1
            guard let close = original[open...].prefix(Self.markBytes).firstIndex(of: UInt8(ascii: ")")) else {
                continue
            }
            while next < removed.count, removed[next].upperBound <= open { next += 1 }
            guard next < removed.count else { return false }
            let hasSmall = original[open..<close].contains { (0x61...0x7A).contains($0) }
            if open == first || !hasSmall, removed[next].lowerBound <= close { return true }
        }
        return false
    }
}
