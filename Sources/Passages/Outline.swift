import Labels

/// A text's blocks arranged as title, headings, and runs of text between them.
struct Outline {
    let title: Heading
    let headings: [Heading]
    let runs: [TextRun]

    /// The first heading is the title if it is of level 1; any other heading ends a section and begins one.
    init(text: [UInt8], blocks: [LabelledBlock], fallbackTitle: Heading) {
        var title: Heading?
        var headings: [Heading] = []
        var open: [(level: Int, index: Int)] = []
        var runs: [TextRun] = []
        var atHeading = true
        for labelled in blocks {
            guard case .heading(let level) = labelled.block.kind else {
                let section = open.map(\.index)
                for piece in TextPiece.pieces(of: labelled, in: text) {
                    if !atHeading, let last = runs.indices.last, runs[last].continues(with: piece, in: text) {
                        runs[last].pieces.append(piece)
                    } else {
                        runs.append(TextRun(section: section, pieces: [piece]))
                    }
                    atHeading = false
                }
                continue
            }
            atHeading = true
            let heading = Heading(text: labelled.block.headingText, label: labelled.label)
            if title == nil && headings.isEmpty && level == 1 {
                title = heading
                continue
            }
            while let last = open.last, last.level >= level { open.removeLast() }
            open.append((level, headings.count))
            headings.append(heading)
        }
        self.title = title ?? fallbackTitle
        self.headings = headings
        self.runs = runs
    }
}

/// Adjacent pieces of one label in one section and page: what passages may be cut from, and overlap within.
struct TextRun {
    /// As indices into the outline's headings, outermost first.
    let section: [Int]
    /// Never empty.
    var pieces: [TextPiece]

    var label: Label { pieces[0].label }
    var page: Int? { pieces[0].page }

    /// Text that no block covers has no label, so no passage may span it.
    func continues(with piece: TextPiece, in text: [UInt8]) -> Bool {
        let last = pieces[pieces.count - 1]
        return piece.label == label && piece.page == page
            && TextCuts.isBlank(text, last.range.end, piece.range.start)
    }
}

/// A block, or the neighbouring parts of a block that have one label.
struct TextPiece {
    let range: ByteRange
    let label: Label
    let page: Int?
    let kind: Block.Kind
    let parts: [ByteRange]

    /// The block cut where the labels of its parts differ. What lies between parts has the label of the block.
    static func pieces(of labelled: LabelledBlock, in text: [UInt8]) -> [TextPiece] {
        let block = labelled.block
        guard !labelled.partLabels.isEmpty else {
            return TextCuts.trimmed(text, block.range.start, block.range.end).map {
                [TextPiece(range: $0, label: labelled.label, page: block.page, kind: block.kind, parts: block.parts)]
            } ?? []
        }
        precondition(labelled.partLabels.count == block.parts.count, "each part has a label")
        var atoms: [(range: ByteRange, label: Label)] = []
        var position = block.range.start
        func add(_ start: Int, _ end: Int, _ label: Label) {
            if let range = TextCuts.trimmed(text, start, end) { atoms.append((range, label)) }
        }
        for (part, label) in zip(block.parts, labelled.partLabels) {
            add(position, part.start, labelled.label)
            add(part.start, part.end, label)
            position = part.end
        }
        add(position, block.range.end, labelled.label)

        var pieces: [TextPiece] = []
        for group in atoms.chunked(by: { $0.label == $1.label }) {
            pieces.append(
                TextPiece(
                    range: ByteRange(group[0].range.start, group[group.count - 1].range.end), label: group[0].label,
                    page: block.page, kind: block.kind, parts: group.map(\.range)))
        }
        return pieces
    }
}

extension Array {
    /// The elements in runs in which the relation holds between neighbours.
    fileprivate func chunked(by relation: (Element, Element) -> Bool) -> [[Element]] {
        var runs: [[Element]] = []
        for element in self {
            if let last = runs.last?.last, relation(last, element) {
                runs[runs.count - 1].append(element)
            } else {
                runs.append([element])
            }
        }
        return runs
    }
}
