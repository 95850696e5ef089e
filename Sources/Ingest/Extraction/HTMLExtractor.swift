import CLibXML2
import Passages

/// Text and structure of an HTML file, through libxml2's tolerant parser. The extracted text is rendered from the tree.
///
/// The parser is given UTF-8, whatever character set the file declares: `SourceText` has read it by then.
struct HTMLExtractor {
    let limits: ExtractionLimits

    private static let options = Int32(
        HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue)

    private static let prepareParser: Void = xmlInitParser()

    func extract(_ source: SourceText) throws(ExtractionError) -> ExtractedText {
        try checkTags(source.bytes)
        _ = Self.prepareParser
        guard let context = htmlNewParserCtxt() else { throw .unparsable(format: .html) }
        defer { htmlFreeParserCtxt(context) }
        let parsed = source.bytes.withUnsafeBytes { buffer in
            htmlCtxtReadMemory(
                context, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), nil, "UTF-8",
                Self.options)
        }
        guard let document = parsed else { throw .noText }
        defer { xmlFreeDoc(document) }
        var renderer = HTMLRenderer()
        if let root = xmlDocGetRootElement(document) { try render(root, &renderer) }
        // The parser stops where a text or a nesting is beyond its own limits, and would keep silent about the rest.
        guard context.pointee.disableSAX == 0 else { throw .unparsable(format: .html) }
        return renderer.finish()
    }

    /// Walks the tree without recursion.
    private func render(_ root: xmlNodePtr, _ renderer: inout HTMLRenderer) throws(ExtractionError) {
        var node = root
        var depth = 0
        while true {
            if enter(node, &renderer), let child = node.pointee.children {
                depth += 1
                guard depth <= limits.maximumDepth else { throw .tooDeep(limit: limits.maximumDepth) }
                node = child
                continue
            }
            renderer.leave(node)
            while node != root, node.pointee.next == nil, let parent = node.pointee.parent {
                node = parent
                depth -= 1
                renderer.leave(node)
            }
            guard node != root, let next = node.pointee.next else { return }
            node = next
        }
    }

    /// Whether the children are to be read.
    private func enter(_ node: xmlNodePtr, _ renderer: inout HTMLRenderer) -> Bool {
        switch node.pointee.type {
        case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
            guard let content = node.pointee.content else { return false }
            renderer.append(UnsafeBufferPointer(start: content, count: Int(xmlStrlen(content))))
            return false
        case XML_ELEMENT_NODE:
            let name = HTMLRenderer.name(of: node)
            if name == "head" { renderer.metadataTitle = Self.title(in: node) }
            if HTMLRenderer.skipped.contains(name) || xmlHasProp(node, "hidden") != nil { return false }
            if Self.attribute("role", of: node) == "navigation" { return false }
            // The sign beside a heading that generators of manuals make of its address.
            if name == "a", Self.attribute("class", of: node) == "headerlink" { return false }
            renderer.enter(node, name)
            return true
        default:
            return false
        }
    }

    /// The value of an attribute, if it is plain text.
    private static func attribute(_ name: String, of node: xmlNodePtr) -> String? {
        guard let attribute = xmlHasProp(node, name), let content = attribute.pointee.children?.pointee.content else {
            return nil
        }
        return String(cString: content)
    }

    /// The text of `title` in `head`.
    private static func title(in head: xmlNodePtr) -> String? {
        var child = head.pointee.children
        while let node = child, HTMLRenderer.name(of: node) != "title" { child = node.pointee.next }
        var text = ""
        var part = child?.pointee.children
        while let node = part {
            if node.pointee.type == XML_TEXT_NODE, let content = node.pointee.content {
                text += String(cString: content)
            }
            part = node.pointee.next
        }
        return DocumentTitle.cleaned(text)
    }

    /// Bounds the tree before it is built, by a reading of the tags that need not be exact.
    private func checkTags(_ bytes: [UInt8]) throws(ExtractionError) {
        var tags = 0
        var position = 0
        while let start = bytes[position...].firstIndex(of: UInt8(ascii: "<")) {
            tags += 1
            var attributes = 0
            var quote: UInt8?
            var inWord = true
            position = start + 1
            while position < bytes.count {
                let byte = bytes[position]
                if let open = quote {
                    if byte == open { quote = nil }
                } else if byte == UInt8(ascii: ">") || byte == UInt8(ascii: "<") {
                    break
                } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"),
                    bytes[position - 1] == UInt8(ascii: "=")
                {
                    quote = byte
                } else if TextCuts.isBlank(byte) || byte == UInt8(ascii: "/") {
                    inWord = false
                } else if !inWord {
                    inWord = true
                    attributes += 1
                }
                position += 1
            }
            let isTag =
                start + 1 < bytes.count && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[start + 1] | 0x20)
            if isTag, attributes > ExtractionLimits.htmlAttributes {
                throw .tooManyAttributes(offset: start, limit: ExtractionLimits.htmlAttributes)
            }
        }
        guard tags <= ExtractionLimits.htmlTags else {
            throw .tooManyTags(count: tags, limit: ExtractionLimits.htmlTags)
        }
    }
}

/// A title out of a file's metadata.
enum DocumentTitle {
    /// On one line and at most `ExtractionLimits.titleBytes` long; nil if nothing is left.
    static func cleaned(_ title: String) -> String? {
        let line = title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var cut = ""
        for scalar in line.unicodeScalars {
            guard cut.utf8.count + UTF8.width(scalar) <= ExtractionLimits.titleBytes else { break }
            if scalar.properties.generalCategory != .control { cut.unicodeScalars.append(scalar) }
        }
        return cut.isEmpty ? nil : cut
    }
}
