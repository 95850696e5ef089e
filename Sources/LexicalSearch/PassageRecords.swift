/// Passages with their terms, one passage behind another: what segments are made of.
///
/// The record of a passage, all numbers in base 128 with the low bits first (the high bit says that more follow):
///
///     for each distinct term, by number:  number, less that of the one before
///                                         occurrences
///                                         position of each, less that of the one before it
final class PassageRecords {
    struct Row {
        let key: LexicalKey
        /// Which of `documents` it belongs to.
        let document: Int32
        let partition: Int32
        /// Words.
        let length: UInt32
        /// Distinct terms.
        let terms: UInt32
        /// Where its record starts.
        let start: Int
    }

    /// The most occurrences of one term in one passage that count.
    static let mostOccurrences = 255

    let dictionary: TermDictionary
    let bytes: PostingMemory<UInt8>
    private(set) var rows: [Row] = []
    private(set) var documents: [LexicalKey] = []
    private var order: [UInt64] = []
    private var record: [UInt8] = []

    init() {
        dictionary = TermDictionary()
        bytes = PostingMemory()
    }

    /// Records that are there already.
    init(dictionary: TermDictionary, bytes: PostingMemory<UInt8>, rows: [Row], documents: [LexicalKey]) {
        self.dictionary = dictionary
        self.bytes = bytes
        self.rows = rows
        self.documents = documents
    }

    func append(_ document: LexicalDocument, by analyzer: LexicalAnalyzer) {
        let number = Int32(documents.count)
        documents.append(document.key)
        for passage in document.passages {
            analyzer.analyze(passage.text)
            let start = bytes.count
            let terms = appendTerms(of: analyzer)
            rows.append(
                Row(
                    key: passage.key, document: number, partition: passage.partition,
                    length: UInt32(analyzer.words.count), terms: terms, start: start))
        }
    }

    private func appendTerms(of analyzer: LexicalAnalyzer) -> UInt32 {
        order.removeAll(keepingCapacity: true)
        withExtendedLifetime(analyzer) {
            let terms = analyzer.terms.elements
            for token in analyzer.tokens {
                let number = dictionary.intern(UnsafeBufferPointer(rebasing: terms[token.term]))
                order.append(UInt64(number) << 32 | UInt64(token.position))
            }
        }
        order.sort()
        record.removeAll(keepingCapacity: true)
        var (distinct, previous, first): (UInt32, UInt64, Int) = (0, 0, 0)
        while first < order.count {
            let number = order[first] >> 32
            var end = first + 1
            while end < order.count, order[end] >> 32 == number { end += 1 }
            let counted = min(end, first + Self.mostOccurrences)
            VariableInteger.append(number - previous, to: &record)
            VariableInteger.append(UInt64(counted - first), to: &record)
            var position: UInt64 = 0
            for word in order[first..<counted] {
                VariableInteger.append((word & 0xFFFF_FFFF) - position, to: &record)
                position = word & 0xFFFF_FFFF
            }
            (distinct, previous, first) = (distinct + 1, number, end)
        }
        record.withUnsafeBufferPointer { record in
            if let start = record.baseAddress { bytes.append(start, count: record.count) }
        }
        return distinct
    }
}

/// Numbers in base 128, the low bits first; the high bit of a byte says that more follow.
enum VariableInteger {
    @inline(__always)
    static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    static func write(_ number: UInt64, to bytes: UnsafeMutablePointer<UInt8>, _ position: inout Int) {
        var rest = number
        while rest >= 0x80 {
            bytes[position] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest >>= 7
            position += 1
        }
        bytes[position] = UInt8(rest)
        position += 1
    }

    @inline(__always)
    static func read(_ bytes: UnsafePointer<UInt8>, _ position: inout Int) -> UInt64 {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        while true {
            let byte = bytes[position]
            position += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
    }

    /// Where the number behind some others starts.
    @inline(__always)
    static func skip(_ numbers: Int, in bytes: UnsafePointer<UInt8>, from start: Int) -> Int {
        var (rest, position) = (numbers, start)
        while rest > 0 {
            if bytes[position] < 0x80 { rest -= 1 }
            position += 1
        }
        return position
    }

    static func byteCount(_ number: UInt64) -> Int { max(1, (70 - number.leadingZeroBitCount) / 7) }
}
