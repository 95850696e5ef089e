import Enclaves
import Glibc
import Labels
import Passages
import StrictJSON

/// Records of a file of JSON objects, one on a line (jsonlines.org). Each becomes a document of its own.
///
/// JSON is UTF-8 (RFC 8259 section 8.1), so a line of other bytes is set aside; a byte order mark at the start is dropped.
struct JSONLinesExtractor {
    let layout: RecordLayout

    func extract(_ file: [UInt8]) throws(ExtractionError) -> ExtractedFile {
        var records = RecordFile(layout: layout)
        var start = file.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var number = 0
        while start < file.count {
            let end = Self.lineEnd(file, from: start)
            number += 1
            try add(file[start..<end], number, to: &records)
            start = end + 1
        }
        return try records.finish()
    }

    private static func lineEnd(_ file: [UInt8], from start: Int) -> Int {
        file.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let end = memchr(base + start, 0x0A, bytes.count - start) else {
                return file.count
            }
            return UnsafeRawPointer(end) - base
        }
    }

    private func add(
        _ line: ArraySlice<UInt8>, _ number: Int, to records: inout RecordFile
    ) throws(ExtractionError) {
        guard line.contains(where: { !TextCuts.isBlank($0) }) else { return }
        let limit = ExtractionLimits.recordBytes
        guard line.count <= limit else {
            return try records.add(line: number, unreadable: .recordTooLong(bytes: line.count, limit: limit))
        }
        if let offset = SourceText.firstInvalidByte(Array(line)) {
            return try records.add(line: number, unreadable: .recordNotUTF8(offset: offset))
        }
        let object: JSONObject
        do throws(ExtractionError) {
            object = try Self.object(line)
        } catch {
            return try records.add(line: number, unreadable: error)
        }
        let named = object.fields.map { (ByteText(bytes: $0.name), RecordValue($0.value)) }
        let unknown = named.firstIndex { !records.knows($0.0) }
        let fields = Dictionary(uniqueKeysWithValues: named)
        try records.add(line: number, fields, fault: unknown.map { .unknownField(number: $0 + 1) })
    }
}

extension JSONLinesExtractor {
    private static let limits = JSONLimits(depth: ExtractionLimits.recordDepth, fields: ExtractionLimits.recordFields)

    private static func object(_ line: ArraySlice<UInt8>) throws(ExtractionError) -> JSONObject {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(line, limits: limits)
        } catch {
            switch error {
            case .malformed(let offset): throw .recordNotObject(offset: offset)
            case .tooDeep(let limit): throw .recordTooDeep(limit: limit)
            case .tooManyFields(let limit): throw .tooManyFields(limit: limit)
            case .repeatedField(let number): throw .repeatedField(number: number)
            }
        }
        guard case .object(let object) = value else { throw .recordNotObject(offset: 0) }
        return object
    }
}

extension RecordValue {
    fileprivate init(_ value: JSONValue) {
        switch value {
        case .string(let text): self = .text(text)
        case .number(let number): self = .number(number)
        case .bool(let truth): self = .truth(truth)
        case .null: self = .absent
        case .array(let values): self = .list(values.map { RecordValue($0) })
        case .object: self = .nested
        }
    }
}
