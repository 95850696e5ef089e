import Foundation

/// The pieces that words are made of, with their ids, as two tries over UTF-8 bytes: one for pieces that begin a word,
/// one for those that continue it (written with `##` in the file).
///
/// The longest piece at a position is found in one walk from the root. Whole code points need no care: both text and
/// pieces are valid UTF-8, so a piece can only end where a code point ends.
struct WordPieceVocabulary: Sendable {
    /// Most bytes of one line; the longest piece of the model has 18.
    static let maximumPieceBytes = 256
    /// Most lines.
    static let maximumPieces = 1 << 20

    let count: Int
    let unknown: Int32
    let classification: Int32
    let separator: Int32
    /// `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]` as bytes, with their ids.
    let specialTokens: [(bytes: [UInt8], id: Int32)]

    static let wordStart: UInt32 = 0
    static let wordContinuation: UInt32 = 1

    /// Open addressing: slot → (node, byte) and the node it leads to. A power of two of slots, at most half in use.
    private var keys: [UInt32]
    private var children: [UInt32]
    private let mask: Int
    /// Node → id of the piece that ends there, or −1.
    private var pieces: [Int32] = [-1, -1]

    private static let free = UInt32.max

    /// Reads `vocab.txt`: one piece a line, its id is the number of the line, from 0.
    init(_ file: Data) throws(EncoderError) {
        guard let text = String(validating: file, as: UTF8.self) else { throw .vocabulary("vocab.txt is not UTF-8") }
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            Array($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0)
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard lines.count <= Self.maximumPieces else {
            throw .vocabulary("vocab.txt has \(lines.count) lines, the limit is \(Self.maximumPieces)")
        }
        count = lines.count

        var specials: [(bytes: [UInt8], id: Int32)] = []
        for name in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] {
            guard let line = lines.firstIndex(of: Array(name.utf8)) else {
                throw .vocabulary("vocab.txt has no \(name)")
            }
            specials.append((Array(name.utf8), Int32(line)))
        }
        specialTokens = specials
        (unknown, classification, separator) = (specials[1].id, specials[2].id, specials[3].id)

        // Every byte of every line is at most one node.
        var slots = 1 << 10
        while slots < 2 * file.count { slots *= 2 }
        guard slots <= 1 << 24 else { throw .vocabulary("vocab.txt has \(file.count) bytes, the limit is \(1 << 23)") }
        mask = slots - 1
        keys = [UInt32](repeating: Self.free, count: slots)
        children = [UInt32](repeating: 0, count: slots)

        let continuation = Array("##".utf8)
        for (id, line) in lines.enumerated() {
            guard !line.isEmpty, line.count <= Self.maximumPieceBytes else {
                throw .vocabulary("line \(id + 1) has \(line.count) bytes, it must have 1 to \(Self.maximumPieceBytes)")
            }
            let continues = line.count > 2 && line.starts(with: continuation)
            insert(continues ? line.dropFirst(2) : line[...], under: continues ? 1 : 0, id: Int32(id))
        }
    }

    /// The longest piece at the start of `word`, below the root `node`: its id and its number of bytes.
    @inline(__always)
    func longestPiece(in word: ArraySlice<UInt8>, from node: UInt32) -> (id: Int32, bytes: Int)? {
        var node = node
        var best: (id: Int32, bytes: Int)?
        var walked = 0
        for byte in word {
            guard let next = child(of: node, byte) else { break }
            node = next
            walked += 1
            if pieces[Int(node)] >= 0 { best = (pieces[Int(node)], walked) }
        }
        return best
    }

    @inline(__always)
    private func child(of node: UInt32, _ byte: UInt8) -> UInt32? {
        let key = node << 8 | UInt32(byte)
        var slot = slot(of: key)
        while keys[slot] != Self.free {
            if keys[slot] == key { return children[slot] }
            slot = (slot + 1) & mask
        }
        return nil
    }

    @inline(__always)
    private func slot(of key: UInt32) -> Int {
        Int((UInt64(key) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    }

    private mutating func insert(_ piece: ArraySlice<UInt8>, under root: UInt32, id: Int32) {
        var node = root
        for byte in piece {
            if let next = child(of: node, byte) {
                node = next
                continue
            }
            let key = node << 8 | UInt32(byte)
            var slot = slot(of: key)
            while keys[slot] != Self.free { slot = (slot + 1) & mask }
            keys[slot] = key
            children[slot] = UInt32(pieces.count)
            node = UInt32(pieces.count)
            pieces.append(-1)
        }
        pieces[Int(node)] = id
    }
}
