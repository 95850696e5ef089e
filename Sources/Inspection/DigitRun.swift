/// Groups of digits that stand one after the other with nothing but a short gap between them.
struct DigitRun {
    /// Digits without a gap. Characters that show nothing may stand between them.
    struct Group {
        /// From the first digit to the last, in bytes of the text.
        var range: Range<Int>
        /// Where the values of the digits lie in `digits`.
        var digits: Range<Int>

        var count: Int { digits.count }
    }

    enum Separator: Hashable {
        case blank, dash, dot, underscore
    }

    /// What stands between two groups.
    struct Gap: Hashable {
        /// nil for a line break alone, which may stand in place of any.
        let separator: Separator?
        let breaksLine: Bool
    }

    var groups: [Group] = []
    /// `gaps[i]` stands between `groups[i]` and `groups[i + 1]`.
    var gaps: [Gap] = []
    var digits: [UInt8] = []

    mutating func removeAll() {
        groups.removeAll(keepingCapacity: true)
        gaps.removeAll(keepingCapacity: true)
        digits.removeAll(keepingCapacity: true)
    }
}

/// Reads the runs of digits of a text from front to back; every byte is looked at a bounded number of times.
struct DigitRunReader {
    /// Blanks between two groups on one line.
    private static let blanks = 2
    /// Blanks about a line break: the next line may be indented.
    private static let blanksAboutBreak = 8
    private static let blankEntity = Array("&nbsp;".utf8)

    private let text: ScalarText
    private var position = 0

    init(_ text: ScalarText) {
        self.text = text
    }

    /// Puts the next run into `run`; false at the end of the text.
    mutating func next(_ run: inout DigitRun) -> Bool {
        run.removeAll()
        while position < text.bytes.count {
            let byte = text.bytes[position]
            if UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte {
                position = AccountNumber.end(in: text, at: position) ?? position + 1
                continue
            }
            // No other character below U+00B2 has a numeric value.
            if byte < 0x80 && !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte) {
                position += 1
                continue
            }
            let (scalar, end) = text.scalar(at: position)
            if case .digit(let value) = ScalarClass(scalar) {
                read(&run, first: value, end: end)
                return true
            }
            position = end
        }
        return false
    }

    private mutating func read(_ run: inout DigitRun, first: UInt8, end: Int) {
        append(first, position..<end, opens: true, &run)
        while let (gap, value, range) = readGap() {
            if let gap { run.gaps.append(gap) }
            append(value, range, opens: gap != nil, &run)
        }
    }

    private mutating func append(_ value: UInt8, _ range: Range<Int>, opens: Bool, _ run: inout DigitRun) {
        run.digits.append(value)
        if opens {
            run.groups.append(.init(range: range, digits: run.digits.count - 1..<run.digits.count))
        } else {
            let last = run.groups.count - 1
            run.groups[last].range = run.groups[last].range.lowerBound..<range.upperBound
            run.groups[last].digits = run.groups[last].digits.lowerBound..<run.digits.count
        }
        position = range.upperBound
    }

    /// What stands before the next digit of the run, and that digit; no gap where it belongs to the same group. nil at
    /// the end of the run, with `position` at a character that is no digit of it.
    private mutating func readGap() -> (gap: DigitRun.Gap?, value: UInt8, range: Range<Int>)? {
        var blanks = 0
        var mark: DigitRun.Separator?
        var breaksLine = false
        while position < text.bytes.count {
            let start = position
            var (scalar, end) = text.scalar(at: position)
            if scalar == "&", text.bytes[start...].starts(with: Self.blankEntity) {
                (scalar, end) = (" ", start + Self.blankEntity.count)
            }
            switch ScalarClass(scalar) {
            case .digit(let value):
                switch Self.between(blanks: blanks, mark: mark, breaksLine: breaksLine) {
                case .nothing: return (nil, value, start..<end)
                case .gap(let gap): return (gap, value, start..<end)
                case .tooMuch: return nil
                }
            case .invisible: break
            case .blank: blanks += 1
            case .dash where mark == nil && !breaksLine: mark = .dash
            case .dot where mark == nil && !breaksLine: mark = .dot
            case .underscore where mark == nil && !breaksLine: mark = .underscore
            case .lineBreak where !breaksLine:
                breaksLine = true
                if scalar == "\r", end < text.bytes.count, text.bytes[end] == UInt8(ascii: "\n") { end += 1 }
            default: return nil
            }
            position = end
        }
        return nil
    }

    private enum Between {
        case nothing
        case gap(DigitRun.Gap)
        case tooMuch
    }

    private static func between(blanks: Int, mark: DigitRun.Separator?, breaksLine: Bool) -> Between {
        if breaksLine {
            guard blanks <= blanksAboutBreak, mark == nil || mark == .dash else { return .tooMuch }
            return .gap(DigitRun.Gap(separator: mark, breaksLine: true))
        }
        switch mark {
        case nil where blanks == 0: return .nothing
        case nil where blanks <= Self.blanks: return .gap(DigitRun.Gap(separator: .blank, breaksLine: false))
        case .dash where blanks <= Self.blanks: return .gap(DigitRun.Gap(separator: .dash, breaksLine: false))
        case .dot where blanks == 0, .underscore where blanks == 0:
            return .gap(DigitRun.Gap(separator: mark, breaksLine: false))
        default: return .tooMuch
        }
    }
}
