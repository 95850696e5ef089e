import Inspection
import Passages
import Testing

/// All numbers here are published test numbers of the networks or made up.
@Suite("Card numbers in text")
struct CardNumberDetectorTests {
    /// Each `[…]` encloses a number that is to be found; the brackets are taken away first.
    @Test(
        "are found with their exact place",
        arguments: [
            "[4111111111111111]",
            "My card is [4111 1111 1111 1111], valid to 12/29.",
            "([4111-1111-1111-1111])",
            "[4111.1111.1111.1111].",
            "[4111\u{A0}1111\u{A0}1111\u{A0}1111]",
            "[4111\u{202F}1111\u{202F}1111\u{202F}1111]",
            "[4111&nbsp;1111&nbsp;1111&nbsp;1111]",
            "[4111\u{2010}1111\u{2013}1111\u{2212}1111]",
            "[4111  1111  1111  1111]",
            "[4111 - 1111 - 1111 - 1111]",
            "[4111\u{200B}1111\u{200D}1111\u{FEFF}1111]",
            "[4111\u{200B} 1111 \u{2060}1111\u{AD} 1111]",
            "[4\u{FE0F}\u{20E3}1\u{FE0F}\u{20E3}1\u{FE0F}\u{20E3}111111111111\u{FE0F}\u{20E3}1]\u{FE0F}\u{20E3}",
            "[４１１１ １１１１ １１１１ １１１１]",
            "[４１１１ー１１１１ー１１１１ー１１１１]",
            "بطاقة [٤١١١١١١١١١١١١١١١]",
            "بطاقة [٤١١١ ١١١١ ١١١١ ١١١١]",
            "[४१११ ११११ ११११ ११११]",
            "卡号[4111111111111111]是我的",
            "カード番号[4111111111111111]です",
            "Nº[4111111111111111]",
            "#[4111111111111111]; PAN:[5555555555554444]",
            "[3782 822463 10005] and [378282246310005] and [3714-496353-98431]",
            "[3782 8224 6310 005]",
            "[3056 930902 5904] [38520000023237]",
            "[6011 1111 1111 1117] [3530111333300000] [2223003122003222]",
            "[6200 0000 0000 0000 000] [622021 0000000000004]",
            "[6759 6498 2643 8453]; [5018 0000 0009]",
            "[4222222222222] [4222 222 222 222]",
            // Behind and before other digits.
            "[4111 1111 1111 1111] 123",
            "[4111 1111 1111 1111] 1229",
            "[4111 1111 1111 1111] 1500.00 EUR",
            "1 2026 [4111 1111 1111 1111] 12/29 17.50",
            "[4111 1111 1111 1111] [5555 5555 5555 4444]",
            "[4111 1111 1111 1111]\n[5555 5555 5555 4444]\n[4012 8888 8888 1881]\n",
            "[4111111111111111]\n[5555555555554444]\n[4012888888881881]\n",
            "Ada,[4111111111111111],737,12/29\nBob,[5555555555554444],737,12/29\n",
            "| [4111111111111111] | 12/29 |",
            "4111 1111 1111 1112 or [4111 1111 1111 1111]",
            // Cut by the end of a line.
            "the card 4711 or [4111 1111\n1111 1111], whichever",
            "the card [4111 1111 1111\r\n   1111] was",
            "the card [4111-1111-\n1111-1111] was",
            "the card [4111-1111\n1111-1111] was",
            "the card [4111111111\n111111] was",
            "Number\n[3782 822463\n10005]\nExpiry\n12/29\n",
            "> the card [4111 1111 1111 \n1111] was",
            // Digits in the boxes of a form.
            "Number: [4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1]",
            "Number: [3 7 8 2  8 2 2 4 6 3  1 0 0 0 5]",
            // Joined to what is no word of their own.
            "Visa[4111111111111111], PAN[5555555555554444]",
            "statement_[4111111111111111].pdf and [4111_1111_1111_1111].pdf",
            "{\"a\":\"first\\n[4111111111111111]\"}",
            "%B[4111111111111111]^LOVELACE/ADA^2912101",
            ";[4111111111111111]=29121010000012300000?",
            "https://pay.example/card/[4111111111111111]?x=1",
            "reach me at [4111111111111111]@example.com, +[4111111111111111]",
            "4111111111111112 [4111111111111111] 4111111111111113",
        ])
    func found(marked: String) {
        let (text, expected) = Self.unmarked(marked)
        #expect(CardNumberDetector.cardNumbers(in: text).map(\.range) == expected)
        #expect(!expected.isEmpty)
    }

    @Test(
        "are not found where they are something else",
        arguments: [
            "4111 1111 1111 1112",
            "1111 1111 1111 1117",
            "9111111111111111",
            "41111111111111111111",
            "04111111111111111",
            "4111-1111 1111-1111", "3782-822463 10005", "4222 222-222 222",
            "41 1111 1111 1111 11",
            "4111 1111 1111\n\n1111",
            "4111 1111   1111 1111",
            "4111\t1111\t1111\t1111",
            "4111, 1111, 1111, 1111",
            "4111 11** **** 1111",
            "4111.1111.1111.1111.2",
            "2.4111.1111.1111.1111",
            // Words and identifiers.
            "A4111111111111111", "4111111111111111x", "order4111111111111111", "é4111111111111111",
            "Ж4111 1111 1111 1111", "ref4111-1111-1111-1111", "mycard4111111111111111",
            "e4111111111111111f", "0x4111111111111111",
        ])
    func notFound(text: String) {
        #expect(CardNumberDetector.cardNumbers(in: text).isEmpty)
    }

    @Test(
        "are not numbers, measures, accounts or barcodes",
        arguments: [
            // 0.4111111111111111 and its like fill logs and tables.
            "0.4111111111111111", "p = 0.4111111111111111e-3", "4111111111111111.25", "4111111111111111.0",
            "4,111,111,111,111,111", "€4,111.11 1.111,11",
            // IBANs whose groups are card numbers, one of them with its letters joined.
            "DE95 4111 1111 1111 1111 00", "DE95411111111111111100", "AT70 4111 1111 1111 1111",
            // A German article's number and a telephone number, both with the check digit of a card.
            "4006381222754", "+4915112345017",
            // Rows and columns of cells.
            "4111 1111 1111 1111 2222 3333 4444",
            "2222 3333 4444 4111 1111 1111 1111",
            "4111 1111\n1111 1111\n2222 3333\n",
            "2222 3333\n4111 1111\n1111 1111\n",
            "41111111\n11111111\n22222222\n33333333\n",
            "4111\n1111\n1111\n1111\n",
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            // Identifiers of eight, four, four, four and twelve.
            "41111111-1111-1111-1111-411111111111", "41:11:11:11:11:11:11:11",
            "192.168.4111.1111", "4111/1111/1111/1111",
            "978-4-1111-1111-1", "2024-01-02 2024-02-03 2024-03-04",
            "4111 1ab1 1111 1111",
        ])
    func lookAlike(text: String) {
        #expect(CardNumberDetector.cardNumbers(in: text).isEmpty)
    }

    @Test("have the network that issues them")
    func networks() {
        let numbers: [(String, PaymentNetwork)] = [
            ("4111111111111111", .visa), ("5555555555554444", .mastercard), ("2223003122003222", .mastercard),
            ("378282246310005", .americanExpress), ("6011111111111117", .discover), ("3056 930902 5904", .dinersClub),
            ("36227206271667", .dinersClub), ("3530111333300000", .jcb), ("6200000000000005", .unionPay),
            ("6759649826438453", .maestro),
        ]
        for (text, network) in numbers {
            #expect(CardNumberDetector.cardNumbers(in: text).map(\.network) == [network], "\(network)")
        }
        #expect(Set(numbers.map(\.1)) == Set(PaymentNetwork.allCases))
    }

    @Test("begin and are as long as their networks say, to the ends of each range")
    func bounds() {
        let inside: [(prefix: String, length: Int)] = [
            ("400000", 13), ("499999", 16), ("400000", 19), ("510000", 16), ("559999", 16), ("222100", 16),
            ("272099", 16), ("340000", 15), ("349999", 15), ("370000", 15), ("379999", 15), ("601100", 16),
            ("601199", 19), ("644000", 16), ("649999", 16), ("650000", 16), ("659999", 17), ("300000", 14),
            ("305999", 14), ("309500", 14), ("309599", 19), ("360000", 14), ("369999", 16), ("380000", 14),
            ("399999", 14), ("352800", 16), ("358999", 19), ("180000", 15), ("213199", 15), ("620000", 16),
            ("629999", 19), ("810000", 16), ("817199", 16), ("501800", 12), ("630499", 13), ("676100", 18),
            ("676399", 19),
        ]
        let outside: [(prefix: String, length: Int)] = [
            ("399999", 13), ("499999", 14), ("499999", 15), ("400000", 17), ("400000", 18), ("509999", 16),
            ("560000", 16), ("510000", 15), ("555555", 17), ("222099", 16), ("272100", 16), ("339999", 15),
            ("350000", 15), ("340000", 16), ("370000", 14), ("601099", 16), ("601200", 16), ("601100", 15),
            ("643999", 16), ("660000", 16), ("306000", 14), ("309499", 14), ("309600", 14), ("359999", 14),
            ("300000", 13), ("352799", 16), ("359000", 16), ("352800", 15), ("180100", 15), ("619999", 16),
            ("630000", 16), ("809999", 16), ("817200", 16), ("501799", 12), ("630500", 13), ("676099", 18),
            ("676400", 19), ("000000", 16), ("999999", 16),
        ]
        for (cases, isCard) in [(inside, true), (outside, false)] {
            for (prefix, length) in cases {
                // Of 13 digits some are barcodes; the last but one settles it.
                let numbers = (0...9).map { lastButOne in
                    let zeros = Array(repeating: 0, count: length - 8)
                    let start = prefix.compactMap(\.wholeNumberValue) + zeros + [lastButOne]
                    return start + [RandomCardNumbers.checkDigit(of: start)]
                }
                for digits in numbers where !RandomCardNumbers.isBarcode(digits) {
                    let text = digits.map(String.init).joined()
                    #expect(CardNumberDetector.cardNumbers(in: text).isEmpty != isCard, "\(text)")
                }
            }
        }
    }

    @Test("The ranges of the networks are disjoint for each length")
    func disjointRanges() {
        for (index, one) in PaymentNetwork.issuers.enumerated() {
            for other in PaymentNetwork.issuers[(index + 1)...] where !one.lengths.isDisjoint(with: other.lengths) {
                #expect(!one.prefixes.overlaps(other.prefixes), "\(one) \(other)")
            }
        }
    }

    @Test("A masked text holds everything but the number")
    func masked() {
        #expect(CardNumberDetector.masked("a/4111 1111 1111 1111.pdf") == "a/[card number].pdf")
        #expect(CardNumberDetector.masked("4111111111111111, 378282246310005") == "[card number], [card number]")
        #expect(CardNumberDetector.masked("a/4111 1111 1111 1112.pdf") == "a/4111 1111 1111 1112.pdf")
        #expect(CardNumberDetector.masked("") == "")
    }

    @Test("Text that is not UTF-8, or ends within a character, separates and does no harm")
    func malformed() {
        let number = Array("4111111111111111".utf8)
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xE2, 0x80], [0xF0, 0x9F, 0x98], [0x80], [0xC0, 0xB4]] {
            #expect(
                CardNumberDetector.cardNumbers(in: bytes + number + bytes).map(\.range)
                    == [ByteRange(bytes.count, bytes.count + 16)])
            #expect(CardNumberDetector.cardNumbers(in: number[..<8] + bytes + number[8...]).isEmpty)
        }
        #expect(CardNumberDetector.cardNumbers(in: [UInt8]()).isEmpty)
    }

    static func unmarked(_ marked: String) -> (text: [UInt8], places: [ByteRange]) {
        var text: [UInt8] = []
        var places: [ByteRange] = []
        var start = 0
        for byte in marked.utf8 {
            switch byte {
            case UInt8(ascii: "["): start = text.count
            case UInt8(ascii: "]"): places.append(ByteRange(start, text.count))
            default: text.append(byte)
            }
        }
        return (text, places)
    }
}
