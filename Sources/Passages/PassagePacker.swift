/// Packs a run of text into as few ranges as a greedy reader makes, each within the limits.
struct PassagePacker {
    let text: ExtractedText
    /// Left for the text once the headings are counted.
    let maximumTokens: Int
    let overlapTokens: Int
    let maximumBytes: Int
    let countTokens: @Sendable (String) -> Int

    /// Ranges in order. One that is not the first of the run may begin with the last sentences of the one before.
    func pack(_ pieces: [TextPiece]) -> [ByteRange] {
        let fragments = pieces.flatMap(cut)
        var passages: [ByteRange] = []
        var next = 0
        while next < fragments.count {
            let start = overlapStart(after: passages.last, before: fragments[next], in: pieces)
            let last = lastFitting(fragments, from: next, start: start)
            passages.append(ByteRange(start, fragments[last].end))
            next = last + 1
        }
        return passages
    }

    private func fits(_ start: Int, _ end: Int) -> Bool {
        end - start <= maximumBytes && countTokens(text.string(ByteRange(start, end))) <= maximumTokens
    }

    /// The last fragment that still fits behind `start`, by doubling steps and halving back: few counts for many words.
    private func lastFitting(_ fragments: [ByteRange], from first: Int, start: Int) -> Int {
        var good = first
        var step = 1
        while good + step < fragments.count && fits(start, fragments[good + step].end) {
            good += step
            step *= 2
        }
        while step >= 1 {
            if good + step < fragments.count && fits(start, fragments[good + step].end) { good += step }
            step /= 2
        }
        return good
    }

    // MARK: Cutting what does not fit

    private enum Cut {
        case parts, blankLines, lines, sentences, words
    }

    /// Pieces of a piece that each fit alone, cut as coarsely as possible. Every byte that is not blank is in one.
    private func cut(_ piece: TextPiece) -> [ByteRange] {
        let cuts: [Cut] =
            switch piece.kind {
            case .heading, .paragraph: [.blankLines, .sentences, .words]
            case .list, .table: [.parts, .lines, .sentences, .words]
            case .code: [.blankLines, .lines, .words]
            }
        return cut(piece.range, of: piece, by: cuts[...])
    }

    private func cut(_ range: ByteRange, of piece: TextPiece, by cuts: ArraySlice<Cut>) -> [ByteRange] {
        if fits(range.start, range.end) { return [range] }
        guard let first = cuts.first else { return chunks(of: range) }
        return ranges(range, of: piece, by: first).flatMap { cut($0, of: piece, by: cuts.dropFirst()) }
    }

    private func ranges(_ range: ByteRange, of piece: TextPiece, by cut: Cut) -> [ByteRange] {
        switch cut {
        case .parts: TextCuts.split(text.text, range, at: piece.parts.map(\.start))
        case .blankLines: TextCuts.split(text.text, range, at: TextCuts.paragraphStarts(text.text, range))
        case .lines: TextCuts.split(text.text, range, at: TextCuts.lineStarts(text.text, range))
        case .sentences: TextCuts.split(text.text, range, at: TextCuts.sentenceStarts(text.text, range))
        case .words: TextCuts.words(text.text, range)
        }
    }

    /// A word too long for a passage, in the largest pieces of whole scalars that fit; at least one scalar each.
    private func chunks(of range: ByteRange) -> [ByteRange] {
        var chunks: [ByteRange] = []
        var start = range.start
        while start < range.end {
            let window = ByteRange(start, min(range.end, start + maximumBytes))
            let scalars = TextCuts.scalars(text.text, window)
            let end = scalars[lastFitting(scalars, from: 0, start: start)].end
            chunks.append(ByteRange(start, end))
            start = end
        }
        return chunks
    }

    // MARK: Overlap

    /// Where the next passage begins: at the earliest sentence, item, row or line of the previous one that keeps the
    /// repeated text within `overlapTokens` and leaves room for the next fragment; else at the fragment itself.
    private func overlapStart(after previous: ByteRange?, before fragment: ByteRange, in pieces: [TextPiece]) -> Int {
        guard let previous, overlapTokens > 0 else { return fragment.start }
        var best = fragment.start
        for start in unitStarts(in: previous, of: pieces).reversed() {
            guard countTokens(text.string(ByteRange(start, previous.end))) <= overlapTokens, fits(start, fragment.end)
            else { break }
            best = start
        }
        return best
    }

    private func unitStarts(in passage: ByteRange, of pieces: [TextPiece]) -> [Int] {
        var starts: [Int] = []
        let first = pieces.partitioningIndex { $0.range.end > passage.start }
        for piece in pieces[first...].prefix(while: { $0.range.start < passage.end }) {
            let inside = ByteRange(max(piece.range.start, passage.start), min(piece.range.end, passage.end))
            starts.append(inside.start)
            switch piece.kind {
            case .heading, .paragraph: starts += TextCuts.sentenceStarts(text.text, inside)
            case .list, .table:
                let first = piece.parts.partitioningIndex { $0.start >= inside.start }
                starts += piece.parts[first...].prefix { $0.start < inside.end }.map(\.start)
            case .code: starts += TextCuts.lineStarts(text.text, inside)
            }
        }
        return Set(starts.filter { $0 > passage.start && $0 < passage.end }).sorted()
    }
}

extension Array {
    /// The first index for which the predicate holds, given that it holds for all behind it; O(log n).
    fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
