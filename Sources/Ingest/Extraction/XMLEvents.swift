import CLibXML2

/// What an XML text tells one after the other.
protocol XMLHandler: AnyObject {
    func start(_ name: String, _ attributes: XMLAttributes)
    func end(_ name: String)
    func text(_ bytes: UnsafeBufferPointer<UInt8>)
}

/// Reads an XML part of a Word document through libxml2's SAX interface: no tree, no network, no entities but the five of
/// XML itself, no document type.
///
/// Elements of the namespaces of WordprocessingML are named `w:p`, of markup compatibility `mc:Choice`, of mathematics
/// `m:t`, of the metadata `dc:title`; any other is `other`.
struct XMLEvents {
    /// The part, for errors.
    let part: String
    let maximumDepth: Int

    private static let options = Int32(
        XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_IGNORE_ENC.rawValue)
    private static let prepareParser: Void = xmlInitParser()
    /// Bytes that the parser is given at a time.
    private static let chunkBytes = 64 * 1024

    func read(_ bytes: [UInt8], into handler: any XMLHandler) throws(ExtractionError) {
        // UTF-8 and UTF-16 are what the format allows, whatever the text declares besides.
        let text: [UInt8]
        do throws(ExtractionError) {
            text = try SourceText(bytes, charset: .utf8).bytes
        } catch {
            throw .wordBroken(part: part)
        }
        _ = Self.prepareParser
        let state = XMLState(handler: handler, maximumDepth: maximumDepth)
        var callbacks = XMLState.callbacks()
        let isWellFormed = withExtendedLifetime(state) {
            let context = xmlCreatePushParserCtxt(
                &callbacks, Unmanaged.passUnretained(state).toOpaque(), nil, 0, nil)
            guard let context else { return false }
            defer {
                xmlFreeDoc(context.pointee.myDoc)
                xmlFreeParserCtxt(context)
            }
            state.context = context
            xmlCtxtUseOptions(context, Self.options)
            var position = 0
            while position < text.count, state.failure == nil {
                let count = min(Self.chunkBytes, text.count - position)
                let status = text.withUnsafeBytes { buffer in
                    xmlParseChunk(
                        context, buffer.baseAddress!.advanced(by: position).assumingMemoryBound(to: CChar.self),
                        Int32(count), position + count == text.count ? 1 : 0)
                }
                guard status == 0 else { return false }
                position += count
            }
            return context.pointee.wellFormed == 1
        }
        switch state.failure {
        case .documentType: throw .documentType(part: part)
        case .depth: throw .tooDeep(limit: maximumDepth)
        case .elements: throw .tooManyElements(limit: ExtractionLimits.xmlElements)
        case nil: guard isWellFormed else { throw .wordBroken(part: part) }
        }
    }
}

/// The attributes of an element, readable while it is reported.
struct XMLAttributes {
    fileprivate let pointer: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    fileprivate let count: Int

    /// The value by the attribute's local name, whatever its namespace.
    subscript(_ name: String) -> String? {
        guard let pointer else { return nil }
        // Five pointers an attribute: local name, prefix, namespace, start and end of the value.
        for index in 0..<count where String(cString: pointer[5 * index]!) == name {
            guard let start = pointer[5 * index + 3], let end = pointer[5 * index + 4] else { return nil }
            return String(decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
        }
        return nil
    }
}

/// What the callbacks of the parser share.
private final class XMLState {
    enum Failure {
        case documentType, depth, elements
    }

    let handler: any XMLHandler
    let maximumDepth: Int
    var context: xmlParserCtxtPtr?
    var failure: Failure?
    private var names: [String] = []
    private var elements = 0

    init(handler: any XMLHandler, maximumDepth: Int) {
        self.handler = handler
        self.maximumDepth = maximumDepth
    }

    static func callbacks() -> xmlSAXHandler {
        var callbacks = xmlSAXHandler()
        callbacks.initialized = UInt32(XML_SAX2_MAGIC)
        callbacks.internalSubset = { state, _, _, _ in XMLState.of(state).fail(.documentType) }
        callbacks.externalSubset = { state, _, _, _ in XMLState.of(state).fail(.documentType) }
        callbacks.getEntity = { _, _ in nil }
        callbacks.startElementNs = { state, name, _, namespace, _, _, count, _, attributes in
            XMLState.of(state).start(name, namespace, XMLAttributes(pointer: attributes, count: Int(count)))
        }
        callbacks.endElementNs = { state, _, _, _ in XMLState.of(state).end() }
        callbacks.characters = { state, text, count in XMLState.of(state).text(text, count) }
        callbacks.ignorableWhitespace = { state, text, count in XMLState.of(state).text(text, count) }
        callbacks.cdataBlock = { state, text, count in XMLState.of(state).text(text, count) }
        return callbacks
    }

    private static func of(_ state: UnsafeMutableRawPointer?) -> XMLState {
        Unmanaged<XMLState>.fromOpaque(state!).takeUnretainedValue()
    }

    private func fail(_ reason: Failure) {
        failure = failure ?? reason
        xmlStopParser(context)
    }

    private func start(
        _ local: UnsafePointer<xmlChar>?, _ namespace: UnsafePointer<xmlChar>?, _ attributes: XMLAttributes
    ) {
        guard failure == nil else { return }
        elements += 1
        guard elements <= ExtractionLimits.xmlElements else { return fail(.elements) }
        guard names.count < maximumDepth else { return fail(.depth) }
        let name = Self.prefix(namespace).map { $0 + String(cString: local!) } ?? "other"
        names.append(name)
        handler.start(name, attributes)
    }

    private func end() {
        guard failure == nil, let name = names.popLast() else { return }
        handler.end(name)
    }

    private func text(_ text: UnsafePointer<xmlChar>?, _ count: Int32) {
        guard failure == nil, count > 0 else { return }
        handler.text(UnsafeBufferPointer(start: text, count: Int(count)))
    }

    private static func prefix(_ namespace: UnsafePointer<xmlChar>?) -> String? {
        guard let namespace else { return nil }
        return prefixes[String(cString: namespace)]
    }

    /// Transitional and strict Office Open XML (ISO/IEC 29500).
    private static let prefixes: [String: String] = [
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w:",
        "http://purl.oclc.org/ooxml/wordprocessingml/main": "w:",
        "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc:",
        "http://schemas.openxmlformats.org/officeDocument/2006/math": "m:",
        "http://purl.oclc.org/ooxml/officeDocument/math": "m:",
        "http://purl.org/dc/elements/1.1/": "dc:",
    ]
}
