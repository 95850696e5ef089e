import CUnistring

/// The words of a text by the default word boundaries of Unicode (UAX #29): the segments that hold a letter or a digit
/// (general category L or N). Other segments, such as blanks, signs and emoji, are no words.
enum WordSegmenter {
    /// Appends the byte ranges of the words of a text (UTF-8), in their order. O(bytes).
    static func appendWords(of text: UnsafeBufferPointer<UInt8>, to words: inout [Range<Int>]) {
        if text.allSatisfy({ $0 < 0x80 }) {
            appendWords(ofASCII: text, to: &words)
        } else {
            appendWords(ofUnicode: text, to: &words)
        }
    }

    /// The same for text in ASCII alone, where few rules of UAX #29 apply: letters, digits and `_` hold together (WB5,
    /// WB8 to WB10, WB13a, WB13b), as do letters around one of `. ' :` (WB6, WB7) and digits around one of `. ' , ;`
    /// (WB11, WB12).
    static func appendWords(ofASCII text: UnsafeBufferPointer<UInt8>, to words: inout [Range<Int>]) {
        var position = 0
        while position < text.count {
            let start = position
            var holdsWord = false
            while position < text.count {
                let byte = text[position]
                if byte.isASCIIAlphanumeric {
                    holdsWord = true
                } else if byte != UInt8(ascii: "_") {
                    guard position > start, position + 1 < text.count,
                        joins(text[position - 1], byte, text[position + 1])
                    else { break }
                }
                position += 1
            }
            if holdsWord { words.append(start..<position) }
            if position == start { position += 1 }
        }
    }

    private static func joins(_ left: UInt8, _ sign: UInt8, _ right: UInt8) -> Bool {
        switch sign {
        case UInt8(ascii: "."), UInt8(ascii: "'"):
            left.isASCIILetter && right.isASCIILetter || left.isASCIIDigit && right.isASCIIDigit
        case UInt8(ascii: ":"): left.isASCIILetter && right.isASCIILetter
        case UInt8(ascii: ","), UInt8(ascii: ";"): left.isASCIIDigit && right.isASCIIDigit
        default: false
        }
    }

    /// The same by the library, for any text.
    static func appendWords(ofUnicode text: UnsafeBufferPointer<UInt8>, to words: inout [Range<Int>]) {
        guard let base = text.baseAddress, !text.isEmpty else { return }
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count) { breaks in
            u8_wordbreaks(base, text.count, breaks.baseAddress)
            var start = 0
            for end in 1...text.count where end == text.count || breaks[end] != 0 {
                if holdsWord(text[start..<end]) { words.append(start..<end) }
                start = end
            }
        }
    }

    private static func holdsWord(_ segment: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        if segment.contains(where: \.isASCIIAlphanumeric) { return true }
        guard segment.contains(where: { $0 >= 0x80 }) else { return false }
        // Not by way of a string, whose memory nobody could wipe.
        var (decoder, bytes) = (UTF8(), segment.makeIterator())
        while true {
            switch decoder.decode(&bytes) {
            case .scalarValue(let scalar):
                let isWord = uc_is_general_category_withtable(
                    scalar.value, UInt32(UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N))
                if isWord { return true }
            case .error: continue
            case .emptyInput: return false
            }
        }
    }
}

extension UInt8 {
    var isASCIILetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
    var isASCIIDigit: Bool { self &- UInt8(ascii: "0") < 10 }
    var isASCIIAlphanumeric: Bool { isASCIILetter || isASCIIDigit }
}
