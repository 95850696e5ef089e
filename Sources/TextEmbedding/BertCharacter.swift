import Foundation

/// What BERT's normalisation and word splitting make of one code point.
///
/// In the order of the reference: U+0000, U+FFFD and the general categories Cc, Cf and Co are dropped (tab, line feed
/// and carriage return count as blanks); White_Space becomes a blank; an ideograph stands alone; canonical decomposition
/// (NFD); Mn is dropped; lower case, code point by code point. What is left is a letter of a word, or punctuation,
/// which is a word of its own.
///
/// NFD also reorders neighbouring marks. Once Mn is dropped only a handful of musical and tone marks (Mc) could be
/// affected, none is in the vocabulary, and a word with either order is unknown: the step is left out.
///
/// Properties are those of the Swift runtime's Unicode version. The reference library's are of Unicode 8: it keeps some
/// 660 marks, format characters and punctuation signs of later versions in a word, which then is unknown. Here they
/// are dropped or split off, as older ones are.
enum BertCharacter: Equatable {
    case removed
    case blank
    case ideograph(UInt32)
    case letter(UInt32)
    case punctuation(UInt32)
    /// More than one code point after decomposition, each to be looked at as a letter or punctuation.
    case several([UInt32])

    static func of(_ value: UInt32) -> BertCharacter {
        value < common.count ? common[Int(value)] : classify(value)
    }

    /// Everything up to the CJK symbols, computed once: looking a property up costs about 50 ns.
    private static let common: [BertCharacter] = (0..<0x3100).map { classify($0) }

    private static func classify(_ value: UInt32) -> BertCharacter {
        guard let scalar = Unicode.Scalar(value) else { return .removed }
        switch value {
        case 0x9, 0xA, 0xD, 0x20: return .blank
        case 0, 0xFFFD: return .removed
        case 0xAC00...0xD7A3: return .several(jamo(value))
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse: return .removed
        default: break
        }
        if scalar.properties.isWhitespace { return .blank }
        let folded = (decompositions[value] ?? [value]).flatMap(fold)
        switch folded.count {
        case 0: return .removed
        case 1 where isIdeograph(value): return .ideograph(folded[0])
        case 1: return isPunctuation(folded[0]) ? .punctuation(folded[0]) : .letter(folded[0])
        default: return .several(folded)
        }
    }

    /// Nothing for a nonspacing mark, otherwise the lower-case form. A capital sigma gives σ wherever it stands.
    private static func fold(_ value: UInt32) -> [UInt32] {
        guard let properties = Unicode.Scalar(value)?.properties, properties.generalCategory != .nonspacingMark else {
            return []
        }
        return properties.lowercaseMapping.unicodeScalars.map(\.value)
    }

    /// The four ranges of ASCII symbols, and every category P*.
    static func isPunctuation(_ value: UInt32) -> Bool {
        switch value {
        case 33...47, 58...64, 91...96, 123...126: return true
        default: break
        }
        return switch Unicode.Scalar(value)?.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// The blocks that BERT surrounds with blanks: unified ideographs, extensions A to E, compatibility ideographs.
    /// Extension E begins at U+2B820; the reference library begins at U+2B920, so that is what its ids are made with.
    private static func isIdeograph(_ value: UInt32) -> Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }

    /// A Hangul syllable is decomposed by arithmetic (Unicode Standard, section 3.12).
    private static func jamo(_ syllable: UInt32) -> [UInt32] {
        let index = syllable - 0xAC00
        let parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28]
        return index % 28 == 0 ? parts : parts + [0x11A7 + index % 28]
    }

    /// Canonical decompositions of all code points that have one, but for Hangul.
    ///
    /// Foundation decomposes strings and cannot list what it knows. So one long string of all candidates, set apart by
    /// line feeds, is decomposed once and compared with what went in.
    private static let decompositions: [UInt32: [UInt32]] = {
        let blocks: [ClosedRange<UInt32>] = [
            0xC0...0x33FF, 0xA000...0xABFF, 0xF900...0xFFEF, 0x10000...0x1FFFF, 0x2F800...0x2FA1F,
        ]
        let candidates = blocks.joined().filter { value in
            guard let scalar = Unicode.Scalar(value) else { return false }
            return scalar.properties.generalCategory != .unassigned
        }
        var text = String.UnicodeScalarView()
        for value in candidates {
            if let scalar = Unicode.Scalar(value) { text.append(scalar) }
            text.append("\n")
        }
        var found: [UInt32: [UInt32]] = [:]
        var index = candidates.startIndex
        var parts: [UInt32] = []
        for scalar in String(text).decomposedStringWithCanonicalMapping.unicodeScalars {
            if scalar == "\n" {
                if parts != [candidates[index]] { found[candidates[index]] = parts }
                index += 1
                parts = []
            } else {
                parts.append(scalar.value)
            }
        }
        return found
    }()
}
