/// A valid PDF of lines of text, written by hand: one Helvetica font, a line every 14 points, an empty line as a gap.
struct MinimalPDF {
    var pages: [[String]]
    var title: String?
    /// Names a security handler with a password nobody has.
    var isEncrypted = false

    var bytes: [UInt8] {
        var objects: [String] = []
        let pageNumbers = pages.indices.map { 4 + 2 * $0 }
        objects.append("<< /Type /Catalog /Pages 2 0 R >>")
        objects.append(
            "<< /Type /Pages /Count \(pages.count) /Kids [\(pageNumbers.map { "\($0) 0 R" }.joined(separator: " "))] >>"
        )
        objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
        for (index, lines) in pages.enumerated() {
            var content = "BT /F1 11 Tf 72 740 Td 14 TL\n"
            for line in lines {
                let escaped = line.map { "()\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
                content += line.isEmpty ? "T* T*\n" : "(\(escaped)) Tj T*\n"
            }
            content += "ET"
            objects.append(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents \(5 + 2 * index) 0 R "
                    + "/Resources << /Font << /F1 3 0 R >> >> >>")
            objects.append("<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream")
        }
        var trailer = "/Root 1 0 R"
        if let title {
            objects.append("<< /Title (\(title)) >>")
            trailer += " /Info \(objects.count) 0 R"
        }
        if isEncrypted {
            let key = String(repeating: "00", count: 32)
            objects.append("<< /Filter /Standard /V 1 /R 2 /O <\(key)> /U <\(key)> /P -4 >>")
            trailer +=
                " /Encrypt \(objects.count) 0 R /ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]"
        }
        var file = "%PDF-1.4\n"
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(file.utf8.count)
            file += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let table = file.utf8.count
        file += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for offset in offsets {
            let digits = String(offset)
            file += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
        }
        file += "trailer\n<< /Size \(objects.count + 1) \(trailer) >>\nstartxref\n\(table)\n%%EOF\n"
        return Array(file.utf8)
    }
}
