import Passages

/// A message or a part of one: its head, and its body still encoded (RFC 2045).
struct MailPart {
    let header: MailHeader
    let body: ArraySlice<UInt8>
    let type: MailParameters
    let disposition: MailParameters?
    let encoding: String?

    /// - Parameter defaultType: What a part without `Content-Type` is: `message/rfc822` in `multipart/digest`.
    init(_ bytes: ArraySlice<UInt8>, defaultType: String = "text/plain") throws(ExtractionError) {
        let (header, start) = try MailHeader.read(bytes)
        self.header = header
        body = bytes[start...]
        let declared = try header.only("content-type").map { Array($0) }
        let type = try MailParameters(declared ?? Array(defaultType.utf8))
        self.type = type.value.contains("/") ? type : try MailParameters(Array(defaultType.utf8))
        let disposition = try header.only("content-disposition")
        if let disposition { self.disposition = try MailParameters(disposition) } else { self.disposition = nil }
        // A comment may stand behind it.
        encoding = try header.only("content-transfer-encoding").flatMap {
            $0.split(whereSeparator: { TextCuts.isBlank($0) }).first.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    var isMultipart: Bool { type.value.hasPrefix("multipart/") }
    var isMessage: Bool { type.value == "message/rfc822" || type.value == "message/global" }

    /// The name that the sender gave the file.
    func fileName() throws(ExtractionError) -> String? {
        if let name = try disposition?.text("filename") { return name }
        return try type.text("name")
    }

    func charset() throws(ExtractionError) -> Charset? {
        guard let name = type.token("charset"), !name.isEmpty else { return nil }
        return try Charset.named(name)
    }

    func decoded() throws(ExtractionError) -> [UInt8] {
        let encoding = try TransferEncoding.named(encoding)
        return try encoding.decode(body)
    }

    /// The parts of a multipart body (RFC 2046 section 5.1), without what stands before the first and behind the last.
    func parts(limit: Int) throws(ExtractionError) -> [ArraySlice<UInt8>] {
        guard let boundary = type.bytes("boundary"), !boundary.isEmpty else {
            throw .mailBroken(reason: "a multipart has no boundary")
        }
        let delimiter = Array("--".utf8) + boundary
        var parts: [ArraySlice<UInt8>] = []
        var start: Int?
        var position = body.startIndex
        while position < body.endIndex {
            let end = body[position...].firstIndex(of: 0x0A) ?? body.endIndex
            if body[position...].starts(with: delimiter) {
                var rest = body[(position + delimiter.count)..<end]
                let isLast = rest.starts(with: "--".utf8)
                if isLast { rest = rest.dropFirst(2) }
                if rest.allSatisfy({ TextCuts.isBlank($0) }) {
                    if let start { parts.append(body[start..<max(start, lineEnd(before: position))]) }
                    guard parts.count <= limit else { throw .tooManyMailParts(limit: ExtractionLimits.mailParts) }
                    if isLast { return parts }
                    start = min(end + 1, body.endIndex)
                }
            }
            position = end + 1
        }
        throw .mailBroken(reason: "it ends inside a part")
    }

    /// The line end before a delimiter belongs to it.
    private func lineEnd(before position: Int) -> Int {
        var end = position
        if end > body.startIndex, body[end - 1] == 0x0A { end -= 1 }
        if end > body.startIndex, end < position, body[end - 1] == 0x0D { end -= 1 }
        return end
    }
}
