import Passages

/// The character set that an HTML file declares in a `meta` tag among its first bytes (HTML Standard, "prescan a byte
/// stream to determine its encoding").
enum HTMLCharset {
    private static let prescanBytes = 1024

    static func declared(in file: [UInt8]) throws(ExtractionError) -> Charset? {
        let head = file.prefix(prescanBytes).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        var position = 0
        while let open = head[position...].firstIndex(of: UInt8(ascii: "<")) {
            position = open + 1
            if head[open...].starts(with: "<!--".utf8) {
                // A comment whose end is beyond the prescan leaves nothing to find.
                position = end(of: "-->", in: head, from: open + 4) ?? head.count
            } else if head[open...].starts(with: "<meta".utf8) {
                let close = head[open...].firstIndex(of: UInt8(ascii: ">")) ?? head.count
                if let name = name(in: head[open..<close]) {
                    // The tag could not have been read if the file were in what these names mean.
                    if name.hasPrefix("utf-16") { return .utf8 }
                    return try Charset.named(name)
                }
                position = close
            }
        }
        return nil
    }

    /// What stands behind `charset=`, in quotes or not.
    private static func name(in tag: ArraySlice<UInt8>) -> String? {
        guard let key = end(of: "charset", in: Array(tag), from: 0) else { return nil }
        var position = tag.startIndex + key
        func skipBlanks() {
            while position < tag.endIndex, TextCuts.isBlank(tag[position]) { position += 1 }
        }
        skipBlanks()
        guard position < tag.endIndex, tag[position] == UInt8(ascii: "=") else { return nil }
        position += 1
        skipBlanks()
        let quotes = Array("\"'".utf8)
        if position < tag.endIndex, quotes.contains(tag[position]) { position += 1 }
        let name = tag[position...].prefix { !TextCuts.isBlank($0) && $0 != UInt8(ascii: ";") && !quotes.contains($0) }
        return String(decoding: name, as: UTF8.self)
    }

    private static func end(of needle: String, in bytes: [UInt8], from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        return bytes.indices[start...].first { bytes[$0...].starts(with: needle.utf8) }.map { $0 + needle.utf8.count }
    }
}
