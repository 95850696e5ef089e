import Inspection
import Passages
import TestSupport
import Testing

@Suite("Random card numbers")
struct CardNumberPropertyTests {
    @Test("of every network, length, grouping and script are found in random text, at their place")
    func foundInProse() {
        var generator = SeededGenerator(seed: SeededGenerator.newSeed())
        var written = 0
        for issuers in PaymentNetwork.issuers {
            for length in issuers.lengths.sorted() {
                for grouping in RandomCardNumbers.groupings(of: length) {
                    for separator in grouping.count == 1 ? [""] : RandomCardNumbers.separators {
                        for zero in RandomCardNumbers.zeros {
                            let digits = RandomCardNumbers.digits(issuers, length: length, using: &generator)
                            if grouping.count == 1 && RandomCardNumbers.isBarcode(digits) { continue }
                            let before = RandomCardNumbers.prose(using: &generator)
                            let number = RandomCardNumbers.written(
                                digits, grouping: grouping, separator: separator, zero: zero)
                            let after = [".", ", ", ")", "\n\n", "\"", " |", "?", " is", ""].randomElement(
                                using: &generator)!
                            let text = before + number + after + (after == "" ? "" : "End")
                            let start = before.utf8.count
                            #expect(
                                CardNumberDetector.cardNumbers(in: text) == [
                                    PaymentCardNumber(
                                        range: ByteRange(start, start + number.utf8.count), network: issuers.network)
                                ], "\(text.debugDescription)")
                            written += 1
                        }
                    }
                }
            }
        }
        print("\(written) numbers were written and sought")
        #expect(written > 5_000)
    }

    @Test("are found where a line ends within them")
    func foundAcrossLines() {
        var generator = SeededGenerator(seed: SeededGenerator.newSeed())
        var (written, exact) = (0, 0)
        for issuers in PaymentNetwork.issuers {
            for length in issuers.lengths.sorted() where length >= 14 {
                for grouping in RandomCardNumbers.groupings(of: length) {
                    let digits = RandomCardNumbers.digits(issuers, length: length, using: &generator)
                    for (separator, breaks) in [(" ", "\n"), (" ", " \r\n  "), ("-", "-\n"), ("-", "\n")] {
                        let sizes = grouping.count > 1 ? grouping : [length - 5, 5]
                        if grouping.count == 1 && breaks.contains("-") { continue }
                        let cut = Int.random(in: 1..<sizes.count, using: &generator)
                        let first = sizes[..<cut].reduce(0, +)
                        let text =
                            RandomCardNumbers.written(
                                Array(digits[..<first]), grouping: Array(sizes[..<cut]), separator: separator) + breaks
                            + RandomCardNumbers.written(
                                Array(digits[first...]), grouping: Array(sizes[cut...]), separator: separator)
                        let found = CardNumberDetector.cardNumbers(in: "the card \(text) was").map(\.range)
                        let place = ByteRange(9, 9 + text.utf8.count)
                        #expect(
                            found.count == 1 && found[0].start >= place.start && found[0].end <= place.end,
                            "\(text.debugDescription)")
                        written += 1
                        exact += found == [place] ? 1 : 0
                    }
                }
            }
        }
        // What stands on one of the lines can be a number of its own.
        print("\(exact) of \(written) numbers across lines have their exact place")
        #expect(exact * 10 >= written * 9)
    }

    @Test("are not found with one digit changed")
    func changedDigit() {
        var generator = SeededGenerator(seed: SeededGenerator.newSeed())
        for issuers in PaymentNetwork.issuers {
            for length in issuers.lengths {
                let grouping = RandomCardNumbers.groupings(of: length).randomElement(using: &generator)!
                let digits = RandomCardNumbers.digits(issuers, length: length, using: &generator)
                for position in digits.indices {
                    var changed = digits
                    changed[position] = (digits[position] + Int.random(in: 1...9, using: &generator)) % 10
                    let text = RandomCardNumbers.written(changed, grouping: grouping, separator: " ")
                    let found = CardNumberDetector.cardNumbers(in: text)
                    // The first groups can be a number of their own: 16 of 19 digits, 12 of 14.
                    let whole = ByteRange(0, text.utf8.count)
                    #expect(!found.contains { $0.range == whole }, "\(text)")
                    if length == 16 || grouping.count == 1 { #expect(found.isEmpty, "\(text)") }
                }
            }
        }
    }

    @Test("are not found as part of a word or of a longer number")
    func joined() {
        var generator = SeededGenerator(seed: SeededGenerator.newSeed())
        for _ in 0..<2_000 {
            let issuers = PaymentNetwork.issuers.randomElement(using: &generator)!
            let length = issuers.lengths.randomElement(using: &generator)!
            let digits = RandomCardNumbers.digits(issuers, length: length, using: &generator)
            let number = RandomCardNumbers.written(digits, grouping: [length], separator: "")
            let joined = ["x", "ID", "q_a", "ß", "щ", "0.", "3.", String(repeating: "7", count: 20)]
            let text = joined.randomElement(using: &generator)! + number
            #expect(CardNumberDetector.cardNumbers(in: text).isEmpty, "\(text)")
            let followed = number + ["a", "F", "é", ".5"].randomElement(using: &generator)!
            #expect(CardNumberDetector.cardNumbers(in: followed).isEmpty, "\(followed)")
        }
    }

    @Test("Of random order numbers only those are found that are valid card numbers, one in forty")
    func falsePositives() {
        var generator = SeededGenerator(seed: SeededGenerator.newSeed())
        let count = 100_000
        var (found, expected) = (0, 0)
        for _ in 0..<count {
            let digits = (0..<16).map { _ in Int.random(in: 0...9, using: &generator) }
            let text = RandomCardNumbers.written(digits, grouping: [16], separator: "")
            let isCard = RandomCardNumbers.isValid(digits) && Self.hasIssuer(text)
            let isFound = !CardNumberDetector.cardNumbers(in: "Order \(text) was shipped.").isEmpty
            if isFound != isCard { Issue.record("\(text): found \(isFound), a valid card number \(isCard)") }
            found += isFound ? 1 : 0
            expected += isCard ? 1 : 0
        }
        print("\(found) of \(count) random order numbers of 16 digits are card numbers (\(expected) expected)")
        #expect(0.02...0.035 ~= Double(found) / Double(count))
    }

    /// What numbers of 16 digits begin with, written out anew.
    private static let prefixes: [String] = {
        let fixed = "4 51 52 53 54 55 6011 65 36 38 39 3095 62 6304 6759 6761 6762 6763 5018 5020 5038 5893"
        let ranges = [2221...2720, 644...649, 300...305, 3528...3589, 8100...8171]
        return fixed.split(separator: " ").map(String.init) + ranges.flatMap { $0.map { String($0) } }
    }()

    private static func hasIssuer(_ text: String) -> Bool { prefixes.contains { text.hasPrefix($0) } }

    @Test("Random texts of numbers, letters and separators hold hardly any, and every place is one of digits")
    func randomTexts() {
        var generator = SeededGenerator(seed: SeededGenerator.newSeed())
        let alphabet = Array("0123456789012345678901234567890123456789 -.\n_,abE\u{A0}\u{200B}٤４".unicodeScalars)
        var found = 0
        for _ in 0..<3_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<200 { text.append(alphabet.randomElement(using: &generator)!) }
            let bytes = Array(String(text).utf8)
            var end = 0
            for number in CardNumberDetector.cardNumbers(in: bytes) {
                #expect(number.range.start >= end && number.range.end <= bytes.count)
                end = number.range.end
                let digits = String(decoding: bytes[number.range.start..<end], as: UTF8.self).unicodeScalars
                    .filter { $0.properties.numericType == .decimal }
                    .compactMap { $0.properties.numericValue.map { Int($0) } }
                #expect(PaymentNetwork.lengths.contains(digits.count) && RandomCardNumbers.isValid(digits))
                found += 1
            }
        }
        print("\(found) card numbers by chance in 600,000 characters, most of them digits")
        #expect(found < 300)
    }

    @Test("Long texts that are all digits, gaps or joints are read to their end")
    func longTexts() {
        let size = 50_000
        let pieces = [
            "4", "4 ", "4111 ", "4111-", "4111\n", "4111 1111 1111 1111 ", "AT71 ", "\u{200B}", "4\u{200B}", "visa",
        ]
        for piece in pieces {
            let text = String(repeating: piece, count: size / piece.utf8.count)
            let numbers = CardNumberDetector.cardNumbers(in: text + "x, 5555555555554444")
            #expect(numbers.last?.range == ByteRange(text.utf8.count + 3, text.utf8.count + 19), "\(piece)")
        }
    }
}
