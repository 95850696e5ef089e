import CUnistring
import Glibc

/// Takes from a word what readers do not tell apart: case, compatibility forms, diacritics.
///
/// A folded word is its NFKD, case-folded, NFKD again, without the marks of the blocks of combining diacritical marks
/// and without characters that do not show (general category Cf); U+2019 becomes an apostrophe; the few Latin letters
/// that Unicode does not take apart (such as ø) become those that they are written with. Marks of other scripts stay:
/// in many of them they are vowels.
enum TermFolding {
    private static let letters: [UInt32: String] = [
        0x2019: "'", 0xE6: "ae", 0xF0: "d", 0xF8: "o", 0xFE: "th", 0x111: "d", 0x127: "h", 0x131: "i", 0x142: "l",
        0x153: "oe", 0x167: "t",
    ]

    /// Appends the folded form of a word (UTF-8). Of ASCII it is that in lower case.
    static func append(_ word: some Collection<UInt8>, to folded: PostingMemory<UInt8>) {
        let given = PostingMemory<UInt8>(capacity: word.count)
        for byte in word { given.append(byte) }
        let decomposed = transformed(given) { u8_normalize(unistring_nfkd(), $0, $1, nil, $2) }
        let bytes = transformed(decomposed) { u8_casefold($0, $1, nil, unistring_nfkd(), nil, $2) }
        withExtendedLifetime(bytes) {
            var (decoder, rest) = (UTF8(), bytes.elements.makeIterator())
            while true {
                switch decoder.decode(&rest) {
                case .scalarValue(let scalar):
                    guard !isDropped(scalar.value) else { continue }
                    if let letters = letters[scalar.value] {
                        for byte in letters.utf8 { folded.append(byte) }
                    } else {
                        for byte in UTF8.encode(scalar)! { folded.append(byte) }
                    }
                case .error: continue
                case .emptyInput: return
                }
            }
        }
    }

    private static func isDropped(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x300...0x36F, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x20D0...0x20FF, 0xFE20...0xFE2F: true
        default: uc_is_general_category_withtable(scalar, UInt32(UC_CATEGORY_MASK_Cf))
        }
    }

    /// What the library makes of bytes; they themselves where it fails. Its own memory is wiped before it is let go of.
    private static func transformed(
        _ bytes: PostingMemory<UInt8>,
        by transform: (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<UInt8>?
    ) -> PostingMemory<UInt8> {
        var count = 0
        let result = withExtendedLifetime(bytes) { transform(bytes.start, bytes.count, &count) }
        // The library fails where memory does, and on what is no UTF-8, which is never asked.
        guard let result else { return bytes }
        defer {
            explicit_bzero(result, count)
            result.deallocate()
        }
        let made = PostingMemory<UInt8>(capacity: count)
        made.append(result, count: count)
        return made
    }
}
