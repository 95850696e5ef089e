package import Passages

/// Where a payment card number stands in a text. It never holds the digits.
package struct PaymentCardNumber: Hashable, Sendable {
    /// From the first digit to the last, in bytes of the text.
    package let range: ByteRange
    package let network: PaymentNetwork

    package init(range: ByteRange, network: PaymentNetwork) {
        self.range = range
        self.network = network
    }
}
