import Enclaves
import Labels
import Passages

/// Gathers the records of a file. A record with a fault is set aside by itself; so are all that have one name.
struct RecordFile {
    private let layout: RecordLayout
    private let known: Set<ByteText>
    private var records: [Record] = []
    private var firstLines: [ByteText: Int] = [:]
    private var repeated: [ByteText: Int] = [:]

    private struct Record {
        let line: Int
        let id: ByteText?
        let content: Result<ExtractedMember, ExtractionError>
    }

    init(layout: RecordLayout) {
        self.layout = layout
        known = Set(layout.fields.map { ByteText($0) })
    }

    /// Whether the layout names the field.
    func knows(_ name: ByteText) -> Bool { known.contains(name) }

    /// A record of which nothing is known but that it cannot be read.
    mutating func add(line: Int, unreadable reason: ExtractionError) throws(ExtractionError) {
        try add(Record(line: line, id: nil, content: .failure(reason)))
    }

    /// - Parameter fields: Those that the record has, by the bytes of their names; none of them twice.
    /// - Parameter fault: Why it is set aside whatever its fields hold.
    mutating func add(
        line: Int, _ fields: [ByteText: RecordValue], fault: ExtractionError? = nil
    ) throws(ExtractionError) {
        let id: ByteText
        do throws(ExtractionError) {
            id = try self.id(of: fields)
        } catch {
            return try add(line: line, unreadable: error)
        }
        let first = firstLines[id]
        if let first { repeated[id] = first } else { firstLines[id] = line }
        do throws(ExtractionError) {
            if let fault { throw fault }
            let member = try member(id, fields)
            try add(Record(line: line, id: id, content: .success(member)))
        } catch .tooManyRecords(let limit) {
            throw .tooManyRecords(limit: limit)
        } catch {
            try add(Record(line: line, id: id, content: .failure(error)))
        }
    }

    func finish() throws(ExtractionError) -> ExtractedFile {
        guard !records.isEmpty else { throw .noText }
        var members: [ExtractedMember] = []
        var setAside: [SetAsideMember] = []
        // For the first of several, the line of the second is told.
        var lastLines: [ByteText: Int] = [:]
        for record in records { if let id = record.id { lastLines[id] = record.line } }
        for record in records {
            guard let id = record.id else {
                if case .failure(let reason) = record.content {
                    setAside.append(SetAsideMember(name: "line \(record.line)", reason: reason))
                }
                continue
            }
            if let first = repeated[id] {
                let other = record.line == first ? lastLines[id] ?? first : first
                let reason = ExtractionError.repeatedRecordID(
                    line: max(record.line, other), otherLine: min(record.line, other))
                setAside.append(SetAsideMember(name: id.string, reason: reason))
                continue
            }
            switch record.content {
            case .success(let member): members.append(member)
            case .failure(let reason): setAside.append(SetAsideMember(name: id.string, reason: reason))
            }
        }
        return ExtractedFile(members: members, setAside: setAside)
    }

    private mutating func add(_ record: Record) throws(ExtractionError) {
        guard records.count < ExtractionLimits.records else {
            throw .tooManyRecords(limit: ExtractionLimits.records)
        }
        records.append(record)
    }

    // MARK: One record

    private func id(of fields: [ByteText: RecordValue]) throws(ExtractionError) -> ByteText {
        let bytes: [UInt8]
        switch fields[ByteText(layout.id)] ?? .absent {
        case .absent: throw .recordWithoutID(field: layout.id)
        case .text(let text), .cell(let text): bytes = text
        case .number(let number) where Int64(number) != nil: bytes = Array(number.utf8)
        default: throw .badRecordID(field: layout.id, limit: ExtractionLimits.recordIDBytes)
        }
        let isPlain = String(decoding: bytes, as: UTF8.self).unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control
        }
        guard (1...ExtractionLimits.recordIDBytes).contains(bytes.count), isPlain else {
            throw .badRecordID(field: layout.id, limit: ExtractionLimits.recordIDBytes)
        }
        return ByteText(bytes: bytes)
    }

    private func member(
        _ id: ByteText, _ fields: [ByteText: RecordValue]
    ) throws(ExtractionError) -> ExtractedMember {
        var builder = ExtractedTextBuilder()
        for name in layout.text {
            guard let text = try text(of: name, fields) else { continue }
            let lines = LineStructure(text: text, page: nil, beginsDocument: false)
            builder.append(ExtractedText(text: text, metadataTitle: nil, blocks: lines.blocks(in: 0..<text.count)))
        }
        guard !builder.blocks.isEmpty else { throw .recordWithoutText }
        let title = try layout.title.flatMap { name throws(ExtractionError) in try text(of: name, fields) }
        var attributes: [String: FieldValue] = [:]
        for name in Set(layout.attributes.values) {
            attributes[name] = try (fields[ByteText(name)] ?? .absent).attribute(name)
        }
        return ExtractedMember(
            name: id.string,
            document: ExtractedDocument(
                extracted: builder.finish(title: title.map { String(decoding: $0, as: UTF8.self) }),
                date: layout.dateField.flatMap { fields[ByteText($0)]?.date }),
            fields: attributes)
    }

    private func text(of name: String, _ fields: [ByteText: RecordValue]) throws(ExtractionError) -> [UInt8]? {
        switch fields[ByteText(name)] ?? .absent {
        case .absent: nil
        case .text(let text), .cell(let text): text
        case .number(let number): Array(number.utf8)
        case .truth(let truth): Array("\(truth)".utf8)
        case .list, .nested: throw .nestedValue(field: name)
        }
    }
}

/// The value of a field as the file has it.
enum RecordValue: Hashable {
    /// Or null.
    case absent
    case text([UInt8])
    /// Text that, in an attribute, may be several values with `;` between them.
    case cell([UInt8])
    /// As it is written.
    case number(String)
    case truth(Bool)
    case list([RecordValue])
    case nested

    /// As the date of the record; nil where it is absent.
    var date: StatedDate? {
        switch self {
        case .absent: nil
        case .text(let text), .cell(let text): StatedDate(iso8601: String(decoding: text, as: UTF8.self))
        case .number, .truth, .list, .nested: StatedDate(instant: nil)
        }
    }

    /// As the value of an attribute; nil where it is absent.
    func attribute(_ field: String) throws(ExtractionError) -> FieldValue? {
        switch self {
        case .absent: return nil
        case .text(let text): return .text(String(decoding: text, as: UTF8.self))
        case .cell(let cell):
            guard cell.contains(UInt8(ascii: ";")) else { return .text(String(decoding: cell, as: UTF8.self)) }
            let values = cell.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
                .map { $0.drop { TextCuts.isBlank($0) }.reversed().drop { TextCuts.isBlank($0) }.reversed() }
            guard values.allSatisfy({ !$0.isEmpty }) else { throw .emptyValueInList(field: field) }
            return .list(values.map { .text(String(decoding: $0, as: UTF8.self)) })
        case .number(let number):
            guard let whole = Int64(number) else { throw .notWholeNumber(field: field) }
            return .whole(whole)
        case .truth(let truth): return .truth(truth)
        case .list(let values):
            var list: [FieldValue] = []
            for value in values {
                if case .list = value { throw .nestedValue(field: field) }
                guard let value = try value.attribute(field) else { throw .nestedValue(field: field) }
                list.append(value)
            }
            return .list(list)
        case .nested: throw .nestedValue(field: field)
        }
    }
}
