/// Check digits, over values from 0 to 9.
enum CheckDigit {
    /// The double-add-double formula of ISO/IEC 7812-1, annex B ("Luhn").
    static func isLuhn(_ digits: ArraySlice<UInt8>) -> Bool {
        var sum = 0
        var doubles = false
        for digit in digits.reversed() {
            let weighted = doubles ? 2 * Int(digit) : Int(digit)
            sum += weighted > 9 ? weighted - 9 : weighted
            doubles.toggle()
        }
        return sum % 10 == 0
    }

    /// The weights 3 and 1 of barcodes (GS1 General Specifications, section 7.9).
    static func isBarcode(_ digits: ArraySlice<UInt8>) -> Bool {
        var sum = 0
        var triples = false
        for digit in digits.reversed() {
            sum += triples ? 3 * Int(digit) : Int(digit)
            triples.toggle()
        }
        return sum % 10 == 0
    }
}
