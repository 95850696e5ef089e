/// Whose rules make a number cardholder data: the six brands that PCI DSS speaks for, with the names that their cards
/// had or have besides.
///
/// Domestic schemes outside these brands (Mir, Elo, RuPay and others) are not known here, but for those of their cards
/// that carry a number of one of the six.
package enum PaymentNetwork: String, CaseIterable, Sendable {
    case visa = "Visa"
    case mastercard = "Mastercard"
    case maestro = "Maestro"
    case americanExpress = "American Express"
    case discover = "Discover"
    case dinersClub = "Diners Club"
    case jcb = "JCB"
    case unionPay = "UnionPay"

    /// Digits of a primary account number (ISO/IEC 7812-1 allows 8 to 19; nobody of these issues fewer than 12).
    package static let lengths = 12...19

    /// Issuer identification numbers of a network and the lengths of the numbers that begin with them.
    package struct Issuers: Sendable {
        package let network: PaymentNetwork
        /// The first six digits.
        package let prefixes: ClosedRange<Int>
        package let lengths: Set<Int>

        /// - Parameter range: Prefixes of `digits` digits.
        init(_ network: PaymentNetwork, _ range: ClosedRange<Int>, digits: Int, lengths: Set<Int>) {
            var scale = 1
            for _ in digits..<6 { scale *= 10 }
            self.network = network
            prefixes = range.lowerBound * scale...(range.upperBound + 1) * scale - 1
            self.lengths = lengths
        }
    }

    /// Disjoint. The wide ranges in which Maestro shares its numbers with others (50, 56 to 58, the rest of 6) are left
    /// out: at 12 to 19 digits they would take in every tenth number that begins with them. 622126 to 622925 are
    /// Discover's as well as UnionPay's.
    package static let issuers: [Issuers] = [
        Issuers(.visa, 4...4, digits: 1, lengths: [13, 16, 19]),
        Issuers(.mastercard, 51...55, digits: 2, lengths: [16]),
        Issuers(.mastercard, 2221...2720, digits: 4, lengths: [16]),
        Issuers(.americanExpress, 34...34, digits: 2, lengths: [15]),
        Issuers(.americanExpress, 37...37, digits: 2, lengths: [15]),
        Issuers(.discover, 6011...6011, digits: 4, lengths: [16, 17, 18, 19]),
        Issuers(.discover, 644...649, digits: 3, lengths: [16, 17, 18, 19]),
        Issuers(.discover, 65...65, digits: 2, lengths: [16, 17, 18, 19]),
        Issuers(.dinersClub, 300...305, digits: 3, lengths: [14, 15, 16, 17, 18, 19]),
        Issuers(.dinersClub, 3095...3095, digits: 4, lengths: [14, 15, 16, 17, 18, 19]),
        Issuers(.dinersClub, 36...36, digits: 2, lengths: [14, 15, 16, 17, 18, 19]),
        Issuers(.dinersClub, 38...39, digits: 2, lengths: [14, 15, 16, 17, 18, 19]),
        Issuers(.jcb, 3528...3589, digits: 4, lengths: [16, 17, 18, 19]),
        Issuers(.jcb, 1800...1800, digits: 4, lengths: [15]),
        Issuers(.jcb, 2131...2131, digits: 4, lengths: [15]),
        Issuers(.unionPay, 62...62, digits: 2, lengths: [16, 17, 18, 19]),
        Issuers(.unionPay, 8100...8171, digits: 4, lengths: [16, 17, 18, 19]),
        Issuers(.maestro, 5018...5018, digits: 4, lengths: Set(lengths)),
        Issuers(.maestro, 5020...5020, digits: 4, lengths: Set(lengths)),
        Issuers(.maestro, 5038...5038, digits: 4, lengths: Set(lengths)),
        Issuers(.maestro, 5893...5893, digits: 4, lengths: Set(lengths)),
        Issuers(.maestro, 6304...6304, digits: 4, lengths: Set(lengths)),
        Issuers(.maestro, 6759...6759, digits: 4, lengths: Set(lengths)),
        Issuers(.maestro, 6761...6763, digits: 4, lengths: Set(lengths)),
    ]

    /// The network that could have issued these digits, if their check digit is right (ISO/IEC 7812-1, annex B).
    ///
    /// - Parameter digits: Values from 0 to 9.
    static func issuer(of digits: ArraySlice<UInt8>) -> PaymentNetwork? {
        guard lengths.contains(digits.count) else { return nil }
        let prefix = digits.prefix(6).reduce(0) { $0 * 10 + Int($1) }
        guard
            let issuers = issuers.first(where: { $0.prefixes.contains(prefix) && $0.lengths.contains(digits.count) }),
            CheckDigit.isLuhn(digits)
        else { return nil }
        return issuers.network
    }
}
