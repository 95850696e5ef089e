import Enclaves
import Foundation
import Ingest
import Passages
import Testing

/// A documents folder of a test's own, removed with it.
final class ExtractionFolder: Sendable {
    let url: URL

    init() {
        url = FileManager.default.temporaryDirectory.appending(path: "extraction-\(UUID().uuidString)")
        try! FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    var folder: DocumentFolder { DocumentFolder(url: url) }

    @discardableResult
    func write(_ path: String, _ bytes: [UInt8]) -> URL {
        let file = url.appending(path: path)
        try! FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try! Data(bytes).write(to: file)
        return file
    }

    @discardableResult
    func write(_ path: String, _ text: String) -> URL {
        write(path, Array(text.utf8))
    }

    /// An executable script, as the path of a program.
    func script(_ name: String, _ text: String) -> String {
        let file = write(name, "#!/bin/sh\n" + text)
        try! FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        return file.path
    }
}

/// Writes the text as a file, reads it back and extracts all it holds.
func extractFile(
    _ name: String, _ bytes: [UInt8], records: RecordLayout? = nil, limits: ExtractionLimits = ExtractionLimits(),
    programs: PDFPrograms = PDFPrograms()
) async throws -> ExtractedFile {
    let folder = ExtractionFolder()
    folder.write(name, bytes)
    let file = try DocumentFolder(url: folder.url, limits: limits).read(name)
    return try await TextExtractor(limits: limits, programs: programs).extract(file, records: records)
}

/// As `extractFile`, without a folder: for many small inputs.
func extractBytes(_ name: String, _ bytes: [UInt8], records: RecordLayout? = nil) async throws -> ExtractedFile {
    let file = SourceFile(path: name, url: URL(filePath: "/nowhere"), bytes: bytes)
    return try await TextExtractor().extract(file, records: records)
}

/// The document of a file that holds one.
func extract(
    _ name: String, _ bytes: [UInt8], limits: ExtractionLimits = ExtractionLimits(),
    programs: PDFPrograms = PDFPrograms()
) async throws -> ExtractedDocument {
    let file = try await extractFile(name, bytes, limits: limits, programs: programs)
    let member = try #require(file.members.first)
    #expect(file.members.count == 1 && file.setAside.isEmpty && member.name == nil && member.fields.isEmpty)
    return member.document
}

func extract(
    _ name: String, _ text: String, limits: ExtractionLimits = ExtractionLimits()
) async throws -> ExtractedDocument {
    try await extract(name, Array(text.utf8), limits: limits)
}

extension ExtractedText {
    /// Each block as `kind: text`, lists and tables with a bar between their parts.
    var outline: [String] {
        blocks.map { block in
            let content = block.parts.isEmpty ? string(block.range) : block.parts.map(string).joined(separator: "¦")
            return switch block.kind {
            case .heading(let level): "h\(level): \(block.headingText)"
            case .paragraph: "p: \(content)"
            case .list: "list: \(content)"
            case .table: "table: \(content)"
            case .code: "code: \(content)"
            }
        }
    }

    /// What every extractor promises about its blocks; empty when it holds.
    var faults: [String] {
        var faults: [String] = []
        var position = 0
        for block in blocks {
            if block.range.start < position || block.range.end > text.count { faults.append("order of \(block)") }
            position = block.range.end
            if TextCuts.trimmed(text, block.range.start, block.range.end) != block.range {
                faults.append("blank \(block)")
            }
            if String(validating: text[block.range.start..<block.range.end], as: UTF8.self) == nil {
                faults.append("scalars of \(block)")
            }
            var inner = block.range.start
            for part in block.parts {
                if part.start < inner || part.end > block.range.end { faults.append("parts of \(block)") }
                inner = part.end
            }
            if case .heading = block.kind { continue }
            if !block.headingText.isEmpty { faults.append("heading text of \(block)") }
        }
        return faults
    }
}
