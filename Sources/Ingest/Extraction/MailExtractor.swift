import Labels
import Passages

/// A message (RFC 5322, MIME): its text as one document, and each attachment that can be read as one more.
///
/// The text begins with a paragraph of who wrote to whom and when; the subject is the title. Of alternatives the plain
/// text is read, else the last that has text. Pictures in the text are passed over; every other part that cannot be read
/// is set aside by its name. Forwarded messages are messages of their own, with their own attachments.
struct MailExtractor {
    private let extractor: TextExtractor
    private var budget: ExpansionBudget
    private var parts = 0
    private var members: [ExtractedMember] = []
    private var setAside: [SetAsideMember] = []
    private var names: Set<ByteText> = []
    /// How long programs have read attachments. What is read in this process is bounded by its bytes.
    private var programTime = Duration.zero

    init(extractor: TextExtractor) {
        self.extractor = extractor
        budget = ExpansionBudget(extractor.limits)
    }

    mutating func extract(_ file: [UInt8]) async throws(ExtractionError) -> ExtractedFile {
        try await read(message: file[...], name: nil, outerDate: nil, depth: 1)
        guard !members.isEmpty || !setAside.isEmpty else { throw .noText }
        return ExtractedFile(members: members, setAside: setAside)
    }

    /// What a message is made of.
    private struct Contents {
        var text: [MailPart] = []
        var attachments: [(part: MailPart, depth: Int)] = []
    }

    /// A message that attachments belong to.
    private struct Parent {
        /// As of a member.
        let name: String?
        let date: StatedDate?
    }

    /// - Parameters:
    ///   - name: The member's; its attachments stand below it.
    ///   - outerDate: Of the message that it is attached to.
    private mutating func read(
        message: ArraySlice<UInt8>, name: String?, outerDate: StatedDate?, depth: Int
    ) async throws(ExtractionError) {
        let root = try MailPart(message)
        var contents = Contents()
        try collect(root, depth: depth, into: &contents)
        let date = MailDate.stated(in: root.header) ?? outerDate
        var builder = ExtractedTextBuilder()
        builder.append(.paragraph, try head(of: root.header))
        for part in contents.text {
            if let piece = try text(of: part) { builder.append(piece) }
        }
        if !builder.blocks.isEmpty {
            let subject = try root.header.texts("subject").first
            let document = ExtractedDocument(extracted: builder.finish(title: subject), date: date)
            try budget.spend(document.extracted.text.count)
            members.append(ExtractedMember(name: name, document: try extractor.bounded(document)))
        }
        let parent = Parent(name: name, date: date)
        for (part, depth) in contents.attachments { await attach(part, to: parent, depth: depth) }
    }

    private func head(of header: MailHeader) throws(ExtractionError) -> [UInt8] {
        var lines: [String] = []
        for name in ["From", "To", "Cc", "Date"] {
            for value in try header.texts(name.lowercased()) {
                let words = value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                let shown = words.unicodeScalars.filter { $0.properties.generalCategory != .control }
                if !shown.isEmpty { lines.append("\(name): \(String(String.UnicodeScalarView(shown)))") }
            }
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    // MARK: The tree of parts

    private mutating func collect(
        _ part: MailPart, depth: Int, into contents: inout Contents
    ) throws(ExtractionError) {
        guard depth <= ExtractionLimits.mailDepth else { throw .mailTooDeep(limit: ExtractionLimits.mailDepth) }
        parts += 1
        guard parts <= ExtractionLimits.mailParts else { throw .tooManyMailParts(limit: ExtractionLimits.mailParts) }
        guard part.isMultipart else { return Self.place(part, depth: depth, into: &contents) }
        let defaultType = part.type.value == "multipart/digest" ? "message/rfc822" : "text/plain"
        var choices: [Contents] = []
        for bytes in try part.parts(limit: ExtractionLimits.mailParts - parts) {
            let child = try MailPart(bytes, defaultType: defaultType)
            var choice = Contents()
            try collect(child, depth: depth + 1, into: &choice)
            choices.append(choice)
        }
        if part.type.value == "multipart/alternative" {
            let plain = choices.first { $0.text.contains(where: Self.isPlainText) }
            contents.text += (plain ?? choices.last { !$0.text.isEmpty })?.text ?? []
        } else {
            contents.text += choices.flatMap(\.text)
        }
        // An attachment beside one of the alternatives belongs to the message all the same.
        contents.attachments += choices.flatMap(\.attachments)
    }

    private static func place(_ part: MailPart, depth: Int, into contents: inout Contents) {
        let isDeclared = part.disposition?.value == "attachment"
        let isNamed = part.disposition?.has("filename") == true || part.type.has("name")
        if !isDeclared, !isNamed, part.type.value == "text/plain" || part.type.value == "text/html" {
            contents.text.append(part)
        } else if isDeclared || !part.type.value.hasPrefix("image/") {
            contents.attachments.append((part, depth))
        }
    }

    /// Whether there is text in it; a part that cannot be decoded is read, and says so then.
    private static func isPlainText(_ part: MailPart) -> Bool {
        guard part.type.value == "text/plain" else { return false }
        guard let bytes = try? part.decoded() else { return true }
        return bytes.contains { !TextCuts.isBlank($0) }
    }

    // MARK: Text and attachments

    /// Nil where there is none.
    private mutating func text(of part: MailPart) throws(ExtractionError) -> ExtractedText? {
        let bytes = try part.decoded()
        try budget.spend(bytes.count)
        guard bytes.contains(where: { !TextCuts.isBlank($0) }) else { return nil }
        var charset = try part.charset()
        guard part.type.value == "text/html" else {
            let text = try SourceText(bytes, charset: charset).bytes
            let lines = LineStructure(text: text, page: nil, beginsDocument: false)
            return ExtractedText(text: text, metadataTitle: nil, blocks: lines.blocks(in: 0..<text.count))
        }
        if charset == nil { charset = try HTMLCharset.declared(in: bytes) }
        let source = try SourceText(bytes, charset: charset)
        return try HTMLExtractor(limits: extractor.limits).extract(source)
    }

    /// Adds the attachment as a member, or sets it aside.
    private mutating func attach(_ part: MailPart, to message: Parent, depth: Int) async {
        let name = memberName(of: part, in: message.name)
        do throws(ExtractionError) {
            guard programTime < .seconds(ExtractionLimits.attachmentSeconds) else {
                throw .attachmentsTookTooLong(seconds: ExtractionLimits.attachmentSeconds)
            }
            let format = try Self.format(of: part, named: name)
            let bytes = try part.decoded()
            try budget.spend(bytes.count)
            if format == .mail {
                return try await read(message: bytes[...], name: name, outerDate: message.date, depth: depth + 1)
            }
            let isText = [.markdown, .plainText, .html, .csv].contains(format)
            let start = ContinuousClock.now
            defer { if format == .pdf || format == .word { programTime += .now - start } }
            let document = try await extractor.document(
                bytes, format: format, charset: isText ? try part.charset() : nil, budget: &budget)
            try budget.spend(document.extracted.text.count)
            let dated = ExtractedDocument(
                extracted: document.extracted, frontMatter: document.frontMatter, date: message.date)
            members.append(ExtractedMember(name: name, document: dated))
        } catch {
            setAside.append(SetAsideMember(name: name, reason: error))
        }
    }

    /// By the name's extension, else by the declared type.
    private static func format(of part: MailPart, named name: String) throws(ExtractionError) -> DocumentFormat {
        if part.isMessage { return .mail }
        if let format = try? DocumentFormat.of(path: name) { return format }
        switch part.type.value {
        case "text/plain": return .plainText
        case "text/markdown": return .markdown
        case "text/html": return .html
        case "text/csv": return .csv
        case "application/pdf": return .pdf
        case "application/vnd.openxmlformats-officedocument.wordprocessingml.document": return .word
        default:
            let shown = part.type.value.unicodeScalars.filter { $0.isASCII && $0.value > 0x20 && $0.value < 0x7F }
            throw .unsupportedPart(type: String(String.UnicodeScalarView(shown.prefix(60))))
        }
    }

    /// The name of the file as the sender gave it, without folders and signs that do not show, and with a number where
    /// another member has it already.
    private mutating func memberName(of part: MailPart, in message: String?) -> String {
        var given = AttachmentName((try? part.fileName()) ?? "")
        if given.isEmpty {
            given = AttachmentName(part.isMessage ? "message.eml" : "attachment")
        }
        let prefix = message.map { $0 + "/" } ?? ""
        var name = prefix + given.text
        var number = 2
        while !names.insert(ByteText(name)).inserted {
            name = prefix + given.numbered(number)
            number += 1
        }
        return name
    }
}

/// The name of an attachment, fit to be shown and to stand in a path.
private struct AttachmentName {
    private let stem: String
    /// With its dot.
    private let fileExtension: String

    private static let longestExtension = 20

    init(_ given: String) {
        let last = given.unicodeScalars.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last
        var scalars = String.UnicodeScalarView()
        for scalar in last ?? given.unicodeScalars[..<given.unicodeScalars.startIndex] {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: continue
            default: scalars.append(scalar)
            }
        }
        let name = String(scalars).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let shown = Array(name.utf8.drop { $0 == UInt8(ascii: ".") })
        let dot = shown.lastIndex(of: UInt8(ascii: ".")) ?? shown.count
        let end = shown.count - dot <= Self.longestExtension ? dot : shown.count
        fileExtension = String(decoding: shown[end...], as: UTF8.self)
        var limit = min(end, ExtractionLimits.attachmentNameBytes - (shown.count - end))
        while limit < end, limit > 0, shown[limit] & 0xC0 == 0x80 { limit -= 1 }
        stem = String(decoding: shown[..<limit], as: UTF8.self)
    }

    var isEmpty: Bool { stem.isEmpty }
    var text: String { stem + fileExtension }
    func numbered(_ number: Int) -> String { "\(stem) (\(number))\(fileExtension)" }
}
