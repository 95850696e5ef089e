/// International bank account numbers (ISO 13616), whose groups of four digits are not those of a card.
enum AccountNumber {
    /// Characters of the number in each country, from the IBAN registry.
    private static let lengths: [String: Int] = {
        let registry = """
            AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 \
            EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 \
            IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 \
            NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 \
            SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
            """
        let entries = registry.split(separator: " ")
        return Dictionary(uniqueKeysWithValues: entries.map { (String($0.prefix(2)), Int($0.dropFirst(2)) ?? 0) })
    }()

    /// Where the number that begins at `start` ends; nil where none does, or its check digits are wrong. Blanks may
    /// stand between its groups of four.
    static func end(in text: ScalarText, at start: Int) -> Int? {
        let bytes = text.bytes
        guard start + 4 <= bytes.count, isUpper(bytes[start + 1]), isDigit(bytes[start + 2]), isDigit(bytes[start + 3]),
            start == 0 || !isUpper(bytes[start - 1]) && !isDigit(bytes[start - 1]),
            let length = lengths[String(decoding: bytes[start..<start + 2], as: UTF8.self)]
        else { return nil }
        var characters: [UInt8] = []
        var position = start
        while characters.count < length, position < bytes.count {
            if isUpper(bytes[position]) || isDigit(bytes[position]) {
                characters.append(bytes[position])
                position += 1
            } else {
                let (scalar, end) = text.scalar(at: position)
                guard characters.count.isMultiple(of: 4), ScalarClass(scalar) == .blank else { return nil }
                position = end
            }
        }
        guard characters.count == length, position == bytes.count || !isDigit(bytes[position]) else { return nil }
        return remainder(characters[4...] + characters[..<4]) == 1 ? position : nil
    }

    /// Modulo 97, letters as two digits (ISO 7064, MOD 97-10).
    private static func remainder(_ characters: ArraySlice<UInt8>) -> Int {
        characters.reduce(0) { remainder, character in
            isDigit(character)
                ? (remainder * 10 + Int(character - UInt8(ascii: "0"))) % 97
                : (remainder * 100 + Int(character - UInt8(ascii: "A")) + 10) % 97
        }
    }

    private static func isUpper(_ byte: UInt8) -> Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte }
    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
