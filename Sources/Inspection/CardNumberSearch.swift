import Passages

/// Looks for card numbers in one run of digits.
struct CardNumberSearch {
    /// Groupings with groups of other sizes than four; `fours` has the others.
    private static let irregularLayouts = [[4, 6, 5], [4, 6, 4], [4, 4, 5], [4, 3, 3, 3], [6, 13]]
    /// Groupings that a line break may cut.
    private static let brokenLayouts =
        irregularLayouts + [
            [4, 4, 4, 4], [4, 4, 4, 4, 1], [4, 4, 4, 4, 2], [4, 4, 4, 4, 3], [4, 4, 4, 3], [4, 4, 4, 2],
        ]
    /// Groups of four that a row may have besides those of card numbers: an amount, a year, an expiry date.
    private static let cellsBesideNumber = 2
    /// Digits of a number that stands one digit beside the other, or all together with a line break in it: shorter ones
    /// would be found by chance.
    private static let longLengths = 14...19
    /// What may be joined to a number on its left, in letters of either case.
    private static let cardWords = Set(
        ["visa", "mastercard", "maestro", "amex", "discover", "diners", "jcb", "unionpay", "card", "pan"]
            .map { Array($0.utf8) })
    private static let cardWordLength = 10

    private let text: ScalarText
    private let run: DigitRun
    private let startsJoined: Bool
    private let endsJoined: Bool
    private var isTaken: [Bool]
    private var found: [PaymentCardNumber] = []

    init(text: ScalarText, run: DigitRun) {
        self.text = text
        self.run = run
        startsJoined = Self.isJoined(text, before: run.groups[0].range.lowerBound)
        endsJoined = text.scalar(from: run.groups[run.groups.count - 1].range.upperBound)?.joinsDigits ?? false
        isTaken = Array(repeating: false, count: run.groups.count)
    }

    mutating func cardNumbers() -> [PaymentCardNumber] {
        for stretch in stretches(ofSize: 4) { findFours(stretch) }
        for start in run.groups.indices {
            for layout in Self.irregularLayouts { take(start..<start + layout.count, as: layout) }
        }
        for start in run.groups.indices { findSingle(start) }
        for stretch in stretches(ofSize: 1) where Self.longLengths.contains(stretch.count) { take(stretch) }
        for gap in run.gaps.indices where run.gaps[gap].breaksLine { findBroken(at: gap) }
        return found.sorted { $0.range.start < $1.range.start }
    }

    // MARK: On one line

    /// The longest rows of groups of one size with one separator, none of them a line break.
    private func stretches(ofSize size: Int) -> [Range<Int>] {
        var stretches: [Range<Int>] = []
        var start: Int?
        for (index, gap) in run.gaps.enumerated() {
            let joins = !gap.breaksLine && run.groups[index].count == size && run.groups[index + 1].count == size
            if joins, let start, run.gaps[start] == gap { continue }
            if let start { stretches.append(start..<index + 1) }
            start = joins ? index : nil
        }
        if let start { stretches.append(start..<run.groups.count) }
        return stretches
    }

    /// Fours, the last group perhaps shorter. Where more than `cellsBesideNumber` of a row belong to no number, it is a
    /// row of cells, some of which make a number by chance.
    private mutating func findFours(_ stretch: Range<Int>) {
        guard stretch.count > 3 else {
            guard stretch.count == 3 else { return }
            if let longer = extended(stretch, by: 2...3) { take(longer) }
            take(stretch)
            return
        }
        var numbers: [Range<Int>] = []
        var start = stretch.lowerBound
        while start + 4 <= stretch.upperBound {
            let fours = start..<start + 4
            let isLast = fours.upperBound == stretch.upperBound
            if isLast, let longer = extended(fours, by: 1...3), network(of: longer) != nil {
                numbers.append(longer)
            } else if network(of: fours) != nil {
                numbers.append(fours)
            } else {
                start += 1
                continue
            }
            start += 4
        }
        guard stretch.count - 4 * numbers.count <= Self.cellsBesideNumber else { return }
        for number in numbers { take(number) }
    }

    /// The groups and the one behind them, if that has one of these sizes and the same separator.
    private func extended(_ groups: Range<Int>, by sizes: ClosedRange<Int>) -> Range<Int>? {
        let next = groups.upperBound
        guard next < run.groups.count, sizes.contains(run.groups[next].count),
            run.gaps[next - 1] == run.gaps[groups.lowerBound]
        else { return nil }
        return groups.lowerBound..<next + 1
    }

    private mutating func take(_ groups: Range<Int>, as layout: [Int]) {
        guard groups.upperBound <= run.groups.count,
            groups.allSatisfy({ run.groups[$0].count == layout[$0 - groups.lowerBound] })
        else { return }
        let gaps = run.gaps[groups.lowerBound..<groups.upperBound - 1]
        guard let first = gaps.first, !first.breaksLine, gaps.allSatisfy({ $0 == first }) else { return }
        take(groups)
    }

    /// All digits together.
    private mutating func findSingle(_ index: Int) {
        let group = run.groups[index]
        guard PaymentNetwork.lengths.contains(group.count), !isFraction(index) else { return }
        // A telephone number has at most 15 digits (ITU-T E.164).
        if group.count <= 15, index == 0, text.scalar(before: group.range.lowerBound) == "+" { return }
        if group.count == 13, CheckDigit.isBarcode(run.digits[group.digits]) { return }
        take(index..<index + 1)
    }

    // MARK: With a line break

    /// A number that the break at `gap` cuts. Above and below it no group of the same size may follow: that would be a
    /// column.
    private mutating func findBroken(at gap: Int) {
        for layout in Self.brokenLayouts {
            for before in 1..<layout.count {
                let start = gap + 1 - before
                let groups = start..<start + layout.count
                guard groups.lowerBound >= 0, groups.upperBound <= run.groups.count,
                    groups.allSatisfy({ run.groups[$0].count == layout[$0 - start] }), isCutOnce(groups, at: gap),
                    standsAlone(groups)
                else { continue }
                take(groups)
            }
        }
        let halves = gap..<gap + 2
        if run.gaps[gap].separator == nil, halves.allSatisfy({ run.groups[$0].count >= 4 }),
            Self.longLengths.contains(halves.reduce(0) { $0 + run.groups[$1].count }), standsAlone(halves),
            !isFraction(gap), !isFraction(gap + 1)
        {
            take(halves)
        }
    }

    /// Whether the gaps have one separator but for the break.
    private func isCutOnce(_ groups: Range<Int>, at cut: Int) -> Bool {
        let others = (groups.lowerBound..<groups.upperBound - 1).filter { $0 != cut }.map { run.gaps[$0] }
        guard others.allSatisfy({ !$0.breaksLine && $0 == others[0] }) else { return false }
        return run.gaps[cut].separator == nil || others.allSatisfy { $0.separator == run.gaps[cut].separator }
    }

    private func standsAlone(_ groups: Range<Int>) -> Bool {
        let (before, after) = (groups.lowerBound - 1, groups.upperBound)
        if before >= 0, run.groups[before].count == run.groups[before + 1].count, !isYear(before) { return false }
        return after == run.groups.count || run.groups[after].count != run.groups[after - 1].count || isYear(after)
            || isExpiry(after)
    }

    // MARK: What they have in common

    private mutating func take(_ groups: Range<Int>) {
        guard !groups.contains(where: { isTaken[$0] }), let network = network(of: groups) else { return }
        for index in groups { isTaken[index] = true }
        found.append(PaymentCardNumber(range: byteRange(groups), network: network))
    }

    /// The network of the digits of these groups, unless letters are joined to them or more full stops follow.
    private func network(of groups: Range<Int>) -> PaymentNetwork? {
        let (first, last) = (groups.lowerBound, groups.upperBound - 1)
        if first == 0 && startsJoined || last == run.groups.count - 1 && endsJoined { return nil }
        if groups.count > 1, run.gaps[first].separator == .dot, hasDot(after: first - 1) || hasDot(after: last) {
            return nil
        }
        let digits = run.groups[first].digits.lowerBound..<run.groups[last].digits.upperBound
        return PaymentNetwork.issuer(of: run.digits[digits])
    }

    private func byteRange(_ groups: Range<Int>) -> ByteRange {
        ByteRange(run.groups[groups.lowerBound].range.lowerBound, run.groups[groups.upperBound - 1].range.upperBound)
    }

    /// Whether a full stop joins the group to a number before or behind it.
    private func isFraction(_ index: Int) -> Bool { hasDot(after: index - 1) || hasDot(after: index) }

    private func hasDot(after index: Int) -> Bool {
        run.gaps.indices.contains(index) && run.gaps[index].separator == .dot
    }

    private func fourDigits(_ index: Int) -> Int? {
        let digits = run.digits[run.groups[index].digits]
        return digits.count == 4 ? digits.reduce(0) { $0 * 10 + Int($1) } : nil
    }

    private func isYear(_ index: Int) -> Bool { fourDigits(index).map { 1900...2099 ~= $0 } ?? false }

    /// Month and year, `MMYY`.
    private func isExpiry(_ index: Int) -> Bool { fourDigits(index).map { 1...12 ~= $0 / 100 } ?? false }

    /// Whether a letter is joined to the digits that begin at `position`. Not counted are the name of a card, the `%B`
    /// that begins the first track of a magnetic stripe (ISO/IEC 7813), and the letter of an escape such as `\n`.
    private static func isJoined(_ text: ScalarText, before position: Int) -> Bool {
        guard let scalar = text.scalar(before: position), scalar.joinsDigits else { return false }
        var start = position
        while start > 0, position - start <= cardWordLength, isLetter(text.bytes[start - 1]) { start -= 1 }
        let word = text.bytes[start..<position].map { $0 | 0x20 }
        let before = text.scalar(before: start)
        if word.count == 1, before == "\\" || before == "%" && text.bytes[start] == UInt8(ascii: "B") { return false }
        let isWord = before.map { !$0.joinsDigits && $0.properties.numericType == nil } ?? true
        return !(isWord && cardWords.contains(word))
    }

    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
}
