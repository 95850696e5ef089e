/// The YAML between `---` lines at the very start of a Markdown or plain text file, apart from the text behind it.
struct FrontMatter {
    /// Without the `---` lines; nil where there is none.
    let yaml: String?
    /// The text behind it. Offsets of extracted text begin here.
    let body: [UInt8]

    init(_ text: SourceText) throws(ExtractionError) {
        let bytes = text.bytes
        guard Self.fence(bytes, at: 0) != nil, var position = Self.nextLine(bytes, after: 0) else {
            (yaml, body) = (nil, bytes)
            return
        }
        let start = position
        while true {
            guard position - start <= ExtractionLimits.frontMatterBytes else {
                throw .frontMatterTooLong(limit: ExtractionLimits.frontMatterBytes)
            }
            if Self.fence(bytes, at: position) != nil { break }
            guard let next = Self.nextLine(bytes, after: position) else { throw .frontMatterNotClosed }
            position = next
        }
        yaml = String(decoding: bytes[start..<position], as: UTF8.self)
        body = Self.nextLine(bytes, after: position).map { Array(bytes[$0...]) } ?? []
    }

    /// The end of a line of `---` and white space.
    private static func fence(_ bytes: [UInt8], at start: Int) -> Int? {
        guard bytes[start...].starts(with: "---".utf8) else { return nil }
        var position = start + 3
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
        let isEnd = position == bytes.count || bytes[position] == 0x0A || bytes[position] == 0x0D
        return isEnd ? position : nil
    }

    private static func nextLine(_ bytes: [UInt8], after start: Int) -> Int? {
        guard let end = bytes[start...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else { return nil }
        let isPair = bytes[end] == 0x0D && end + 1 < bytes.count && bytes[end + 1] == 0x0A
        return end + (isPair ? 2 : 1)
    }
}
