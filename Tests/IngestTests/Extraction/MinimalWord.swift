/// A Word document out of the XML of its body.
struct MinimalWord {
    var body: String
    /// In front of the root element.
    var prolog = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    var styles: String?
    var numbering: String?
    var footnotes: String?
    var title: String?

    static let namespaces =
        "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" "
        + "xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" "
        + "xmlns:m=\"http://schemas.openxmlformats.org/officeDocument/2006/math\" "
        + "xmlns:wps=\"http://schemas.microsoft.com/office/word/2010/wordprocessingShape\" xmlns:v=\"urn:schemas-microsoft-com:vml\""

    var document: String {
        "\(prolog)<w:document \(Self.namespaces)><w:body>\(body)<w:sectPr/></w:body></w:document>"
    }

    var zip: MinimalZip {
        var zip = MinimalZip()
        zip.add("[Content_Types].xml", "<Types/>")
        zip.add("word/document.xml", document)
        if let styles { zip.add("word/styles.xml", "<w:styles \(Self.namespaces)>\(styles)</w:styles>") }
        if let numbering { zip.add("word/numbering.xml", "<w:numbering \(Self.namespaces)>\(numbering)</w:numbering>") }
        if let footnotes { zip.add("word/footnotes.xml", "<w:footnotes \(Self.namespaces)>\(footnotes)</w:footnotes>") }
        if let title {
            zip.add(
                "docProps/core.xml",
                "<c:coreProperties xmlns:c=\"urn:c\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:creator>a</dc:creator><dc:title>\(title)</dc:title></c:coreProperties>"
            )
        }
        return zip
    }

    var bytes: [UInt8] { zip.bytes }

    static func paragraph(_ content: String, _ properties: String = "") -> String {
        "<w:p>\(properties.isEmpty ? "" : "<w:pPr>\(properties)</w:pPr>")\(content)</w:p>"
    }

    static func run(_ text: String, _ properties: String = "") -> String {
        "<w:r>\(properties.isEmpty ? "" : "<w:rPr>\(properties)</w:rPr>")<w:t xml:space=\"preserve\">\(text)</w:t></w:r>"
    }
}
