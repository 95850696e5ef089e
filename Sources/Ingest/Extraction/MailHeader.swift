import Passages

/// The head of a message or of one of its parts (RFC 5322 section 2.2).
struct MailHeader {
    /// Names in lower case; values unfolded, without blanks around them. In the order of the head.
    let fields: [(name: String, value: [UInt8])]

    /// - Returns: The head, and where the body behind it begins.
    static func read(_ bytes: ArraySlice<UInt8>) throws(ExtractionError) -> (header: MailHeader, body: Int) {
        var fields: [(name: String, value: [UInt8])] = []
        var position = bytes.startIndex
        while position < bytes.endIndex {
            let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.endIndex
            var line = bytes[position..<end]
            if line.last == 0x0D { line.removeLast() }
            let next = min(end + 1, bytes.endIndex)
            guard next - bytes.startIndex <= ExtractionLimits.mailHeaderBytes else {
                throw .mailHeaderTooLong(limit: ExtractionLimits.mailHeaderBytes)
            }
            if line.isEmpty { return (MailHeader(fields: fields), next) }
            if line[line.startIndex] == 0x20 || line[line.startIndex] == 0x09 {
                guard !fields.isEmpty else { throw .mailBroken(reason: "the head begins with a blank") }
                fields[fields.count - 1].value += [0x20] + trimmed(line)
            } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
                let name = trimmed(line[..<colon])
                guard !name.isEmpty, name.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                    throw .mailBroken(reason: "a field of the head has no name")
                }
                fields.append(
                    (String(decoding: name, as: UTF8.self).lowercased(), Array(trimmed(line[(colon + 1)...]))))
            } else if position == bytes.startIndex, line.starts(with: "From ".utf8) {
                // The line that a mailbox file has before each message.
            } else {
                throw .mailBroken(reason: "a line of the head is no field")
            }
            position = next
        }
        return (MailHeader(fields: fields), position)
    }

    /// The values of all fields of the name, as text.
    func texts(_ name: String) throws(ExtractionError) -> [String] {
        var texts: [String] = []
        for field in fields where field.name == name { texts.append(try EncodedWord.text(field.value)) }
        return texts
    }

    /// The one field of the name. Two that say how a part is to be read could be read either way.
    func only(_ name: String) throws(ExtractionError) -> [UInt8]? {
        let values = fields.filter { $0.name == name }.map(\.value)
        guard values.count <= 1 else { throw .mailBroken(reason: "it has more than one \(name)") }
        return values.first
    }

    static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while let first = line.first, TextCuts.isBlank(first) { line.removeFirst() }
        while let last = line.last, TextCuts.isBlank(last) { line.removeLast() }
        return line
    }
}

/// Text of a header field with the words in it that are written in another character set (RFC 2047).
enum EncodedWord {
    static func text(_ value: [UInt8]) throws(ExtractionError) -> String {
        var text = ""
        var plain: [UInt8] = []
        var position = 0
        var behindWord = false
        // Neighbouring words of one character set are decoded together: some programs cut them inside a character.
        var open: (charset: Charset, bytes: [UInt8])?
        func closeWord() throws(ExtractionError) {
            guard let (charset, bytes) = open else { return }
            open = nil
            text += string(try SourceText(bytes, charset: charset))
        }
        func closePlain() throws(ExtractionError) {
            guard !plain.isEmpty else { return }
            text += string(try SourceText(plain))
            plain = []
        }
        while position < value.count {
            if let word = try word(value, at: position) {
                // White space between encoded words is no part of the text (section 6.2).
                if behindWord, plain.allSatisfy({ TextCuts.isBlank($0) }) { plain = [] }
                if !plain.isEmpty || open?.charset != word.charset { try closeWord() }
                try closePlain()
                open = (word.charset, (open?.bytes ?? []) + word.bytes)
                position = word.end
                behindWord = true
            } else {
                if !TextCuts.isBlank(value[position]) {
                    try closeWord()
                    behindWord = false
                }
                plain.append(value[position])
                position += 1
            }
        }
        try closeWord()
        try closePlain()
        return text
    }

    private static func string(_ source: SourceText) -> String {
        String(decoding: source.bytes, as: UTF8.self)
    }

    /// `=?charset?Q?text?=` at the position, decoded.
    private static func word(
        _ value: [UInt8], at start: Int
    ) throws(ExtractionError) -> (charset: Charset, bytes: [UInt8], end: Int)? {
        let question = UInt8(ascii: "?")
        guard value[start...].starts(with: "=?".utf8),
            let first = value[(start + 2)...].firstIndex(of: question), first > start + 2,
            let second = value[(first + 1)...].firstIndex(of: question), second == first + 2,
            let third = value[(second + 1)...].firstIndex(of: question), third + 1 < value.count,
            value[third + 1] == UInt8(ascii: "="), !value[start..<third].contains(where: { TextCuts.isBlank($0) })
        else { return nil }
        let text = value[(second + 1)..<third]
        let bytes: [UInt8]
        switch value[first + 1] | 0x20 {
        case UInt8(ascii: "q"):
            bytes = TransferEncoding.unescaped(text.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }[...])
        case UInt8(ascii: "b"):
            guard let decoded = TransferEncoding.base64(text) else { throw .badTransferEncoding }
            bytes = decoded
        default: return nil
        }
        // A language may follow the name of the character set (RFC 2231 section 5).
        let name = value[(start + 2)..<first].prefix { $0 != UInt8(ascii: "*") }
        return (try Charset.named(String(decoding: name, as: UTF8.self)), bytes, third + 2)
    }
}
