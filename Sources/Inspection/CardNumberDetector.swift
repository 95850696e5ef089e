import Passages

/// Finds payment card numbers (primary account numbers) in text.
///
/// A number counts when its first digits and its length are a network's, its check digit is right, and its digits are
/// grouped as people and programs write card numbers: all together, in fours, as 4-6-5, 4-6-4, 4-4-5, 4-3-3-3 or 6-13,
/// or one by one; with blanks, dashes, full stops or underscores, the same throughout, and at most one line break.
/// Decimal digits of every script count, and characters that show nothing are passed over.
///
/// A number counts no more where letters are joined to it, where it is part of a longer one, a fraction, an IBAN, a
/// barcode of 13 digits or a telephone number with `+`, and where it is a few cells out of a longer row or column of
/// numbers.
///
/// Takes time in proportion to the text.
package enum CardNumberDetector {
    /// In the order of the text, disjoint.
    ///
    /// - Parameter text: UTF-8; what is not well-formed separates.
    package static func cardNumbers(in text: [UInt8]) -> [PaymentCardNumber] {
        let text = ScalarText(bytes: text)
        var reader = DigitRunReader(text)
        var run = DigitRun()
        var found: [PaymentCardNumber] = []
        while reader.next(&run) {
            guard run.digits.count >= PaymentNetwork.lengths.lowerBound else { continue }
            var search = CardNumberSearch(text: text, run: run)
            found += search.cardNumbers()
        }
        return found
    }

    package static func cardNumbers(in text: String) -> [PaymentCardNumber] {
        cardNumbers(in: Array(text.utf8))
    }

    /// The text with `[card number]` in place of every card number.
    package static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var masked: [UInt8] = []
        var position = 0
        for number in cardNumbers(in: bytes) {
            masked += bytes[position..<number.range.start] + "[card number]".utf8
            position = number.range.end
        }
        return String(decoding: masked + bytes[position...], as: UTF8.self)
    }
}
