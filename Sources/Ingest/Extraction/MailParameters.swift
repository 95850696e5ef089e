import Passages

/// A value with parameters, such as that of `Content-Type` (RFC 2045 section 5.1), with the continuations and character
/// sets of RFC 2231.
struct MailParameters {
    /// In lower case.
    let value: String
    private let parameters: [String: [UInt8]]

    private static let maximumSections = 100

    init(_ field: [UInt8]) throws(ExtractionError) {
        var reader = ParameterReader(field)
        value = reader.value()
        var parameters: [String: [UInt8]] = [:]
        while let (name, value) = reader.next() {
            // Two of one name could be read either way.
            guard parameters.updateValue(value, forKey: name) == nil else {
                throw .mailBroken(reason: "a parameter occurs twice")
            }
        }
        self.parameters = parameters
    }

    /// The value as it stands, for names that programs give each other.
    func token(_ name: String) -> String? {
        parameters[name].map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the parameter is there in any of its forms.
    func has(_ name: String) -> Bool {
        parameters.keys.contains { $0 == name || $0.hasPrefix(name + "*") }
    }

    func bytes(_ name: String) -> [UInt8]? { parameters[name] }

    /// The value as text: `name*`, `name*0*`, `name*0` (RFC 2231), or `name`, in which many programs put the encoded words
    /// of RFC 2047.
    func text(_ name: String) throws(ExtractionError) -> String? {
        if let whole = parameters[name + "*"] { return try Self.extended([(whole, true)]) }
        var sections: [(bytes: [UInt8], isExtended: Bool)] = []
        while sections.count < Self.maximumSections {
            let key = "\(name)*\(sections.count)"
            if let section = parameters[key + "*"] {
                sections.append((section, true))
            } else if let section = parameters[key] {
                sections.append((section, false))
            } else {
                break
            }
        }
        if !sections.isEmpty { return try Self.extended(sections) }
        guard let plain = parameters[name] else { return nil }
        return try EncodedWord.text(plain)
    }

    /// `charset'language'text` with `%` codes in the sections marked so.
    private static func extended(_ sections: [(bytes: [UInt8], isExtended: Bool)]) throws(ExtractionError) -> String {
        var charset: Charset?
        var text: [UInt8] = []
        for (index, section) in sections.enumerated() {
            var bytes = section.bytes[...]
            if index == 0, section.isExtended {
                let parts = bytes.split(
                    separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
                guard parts.count == 3 else { throw .mailBroken(reason: "a parameter has no character set") }
                if !parts[0].isEmpty { charset = try Charset.named(String(decoding: parts[0], as: UTF8.self)) }
                bytes = parts[2]
            }
            text += section.isExtended ? percentDecoded(bytes) : Array(bytes)
        }
        return String(decoding: try SourceText(text, charset: charset).bytes, as: UTF8.self)
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        // The codes are those of quoted-printable behind another sign, and `=` stands for itself.
        var text: [UInt8] = []
        for (index, piece) in bytes.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).enumerated() {
            if index > 0, piece.count >= 2, let high = TransferEncoding.hexadecimalDigit(piece[piece.startIndex]),
                let low = TransferEncoding.hexadecimalDigit(piece[piece.startIndex + 1])
            {
                text += [high << 4 | low] + piece.dropFirst(2)
            } else {
                text += (index > 0 ? [UInt8(ascii: "%")] : []) + piece
            }
        }
        return text
    }
}

/// Tokens, quoted strings and comments of a structured field (RFC 5322 section 3.2).
private struct ParameterReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// What stands before the first parameter, in lower case and without blanks.
    mutating func value() -> String {
        let text = take(until: ";").filter { !TextCuts.isBlank($0) }
        return String(decoding: text, as: UTF8.self).lowercased()
    }

    /// The next parameter; its name in lower case. A piece without `=` is passed over.
    mutating func next() -> (name: String, value: [UInt8])? {
        while position < bytes.count {
            position += 1
            let name = take(until: "=;").filter { !TextCuts.isBlank($0) }
            guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else { continue }
            position += 1
            let value = take(until: ";")
            return (String(decoding: name, as: UTF8.self).lowercased(), value)
        }
        return nil
    }

    /// Text up to a separator outside quotes, without quotes, comments and the blanks around it that no quotes hold.
    private mutating func take(until separators: String) -> [UInt8] {
        var text: [UInt8] = []
        // Without blanks that may turn out to stand at the end.
        var length = 0
        var isQuoted = false
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            if isQuoted {
                if byte == UInt8(ascii: "\\"), position + 1 < bytes.count {
                    position += 1
                    text.append(bytes[position])
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted = false
                } else {
                    text.append(byte)
                }
                length = text.count
            } else if byte == UInt8(ascii: "(") {
                depth += 1
            } else if byte == UInt8(ascii: ")"), depth > 0 {
                depth -= 1
            } else if depth == 0 {
                if separators.utf8.contains(byte) { break }
                if byte == UInt8(ascii: "\"") {
                    isQuoted = true
                } else if !TextCuts.isBlank(byte) {
                    text.append(byte)
                    length = text.count
                } else if !text.isEmpty {
                    text.append(byte)
                }
            }
            position += 1
        }
        return Array(text[..<length])
    }
}
