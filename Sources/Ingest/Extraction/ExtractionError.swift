/// Why a file was set aside, and what to do about it. Never holds text of the document (rule 6).
package enum ExtractionError: Error, Hashable, Sendable {
    // The file
    case missing
    case unreadable(reason: String)
    case notRegular
    case symbolicLink
    case nameNotUTF8
    case tooLarge(bytes: Int, limit: Int)
    case changedWhileRead
    case unsupportedFormat(fileExtension: String)
    case sidecarWithoutDocument
    // The folder
    case foldersTooDeep(limit: Int)
    case tooManyFiles(limit: Int)
    // The text
    case invalidUTF8(offset: Int)
    case invalidUTF16(offset: Int)
    case controlCharacter(offset: Int)
    case unknownCharset(name: String)
    case notInCharset(name: String, offset: Int)
    case containsNUL(offset: Int)
    case noText
    case frontMatterNotClosed
    case frontMatterTooLong(limit: Int)
    case tooDeep(limit: Int)
    case tooManyBlocks(limit: Int)
    case tooManyTags(count: Int, limit: Int)
    case tooManyAttributes(offset: Int, limit: Int)
    case unparsable(format: DocumentFormat)
    case tooMuchText(limit: Int)
    // Records
    case noRecordLayout
    case tooManyRecords(limit: Int)
    case recordTooLong(bytes: Int, limit: Int)
    case recordNotObject(offset: Int)
    case recordNotUTF8(offset: Int)
    case recordTooDeep(limit: Int)
    case tooManyFields(limit: Int)
    case repeatedField(number: Int)
    case unknownField(number: Int)
    case recordWithoutID(field: String)
    case badRecordID(field: String, limit: Int)
    case repeatedRecordID(line: Int, otherLine: Int)
    case recordWithoutText
    case nestedValue(field: String)
    case notWholeNumber(field: String)
    case emptyValueInList(field: String)
    // Tables
    case separatorUnclear
    case tooManyColumns(limit: Int)
    case columnName(number: Int, limit: Int)
    case repeatedColumn(number: Int)
    case unknownColumn(number: Int)
    case missingColumn(name: String)
    case tooManyRows(limit: Int)
    case rowLength(line: Int, cells: Int, columns: Int)
    case cellTooLong(line: Int, limit: Int)
    case quoteNotClosed(line: Int)
    case textBehindQuote(line: Int)
    // Mail
    case mailHeaderTooLong(limit: Int)
    case mailBroken(reason: String)
    case tooManyMailParts(limit: Int)
    case mailTooDeep(limit: Int)
    case badTransferEncoding
    case unsupportedPart(type: String)
    case attachmentsTookTooLong(seconds: Int)
    // Word
    case notWord
    case wordEncrypted
    case wordBroken(part: String)
    case tooManyEntries(count: Int, limit: Int)
    case partTooLarge(part: String, limit: Int)
    case documentType(part: String)
    case tooManyElements(limit: Int)
    case removedMark
    // PDF
    case pdfBroken
    case pdfEncrypted
    case pdfWithoutTextLayer(pages: Int)
    case timedOut(program: String, seconds: Int)
    case tooMuchOutput(program: String, limit: Int)
    case programMissing(program: String)
    case programFailed(program: String, status: String)
}

extension ExtractionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing:
            "the file is gone; run ingest again"
        case .unreadable(let reason):
            "it cannot be read (\(reason)); give the account that runs portcullis permission to read it"
        case .notRegular:
            "it is not a regular file (a pipe, socket or device); put a file in its place"
        case .symbolicLink:
            "it is a symbolic link, and a link would give a file the label of another folder; put the file itself here"
        case .nameNotUTF8:
            "its name is not UTF-8; rename it"
        case .tooLarge(let bytes, let limit):
            "it has \(bytes) bytes and the limit is \(limit); split it or raise ingest.maximum_file_bytes in portcullis.yaml"
        case .changedWhileRead:
            "it changed while it was read; run ingest again when it is complete"
        case .unsupportedFormat(let fileExtension):
            fileExtension.isEmpty
                ? "it has no extension; formats are told by \(DocumentFormat.extensionList)"
                : "files ending in .\(fileExtension) are not supported; convert it to one of \(DocumentFormat.extensionList)"
        case .sidecarWithoutDocument:
            "this label file lies beside no document of that name; rename it or remove it"
        case .foldersTooDeep(let limit):
            "it lies more than \(limit) folders deep; move it up"
        case .tooManyFiles(let limit):
            "the folder holds more than \(limit) files; split the enclave"
        case .invalidUTF8(let offset):
            "it is not UTF-8: the first bad byte is at offset \(offset); convert it, for example with iconv -t UTF-8"
        case .invalidUTF16(let offset):
            "it is not well-formed UTF-16: the first bad unit is at offset \(offset); convert it to UTF-8"
        case .controlCharacter(let offset):
            "it is not UTF-8 and has a control character at offset \(offset), so it may not be text; convert it to UTF-8"
        case .unknownCharset(let name):
            "its character set \(name) is not known; convert it to UTF-8"
        case .notInCharset(let name, let offset):
            "the byte at offset \(offset) does not exist in its character set \(name); convert it to UTF-8"
        case .containsNUL(let offset):
            "it holds a NUL byte at offset \(offset), so it is not text; convert it to UTF-8 text"
        case .noText:
            "it has no text; fill it or remove it"
        case .frontMatterNotClosed:
            "it begins with --- but the front matter is not closed; end it with a line of ---, or put a blank line first"
        case .frontMatterTooLong(let limit):
            "its front matter is longer than the limit of \(limit) bytes; shorten it"
        case .tooDeep(let limit):
            "its elements are nested deeper than the limit of \(limit); simplify it"
        case .tooManyBlocks(let limit):
            "it has more than the limit of \(limit) paragraphs, lists and tables; split it"
        case .tooManyTags(let count, let limit):
            "it has \(count) tags and the limit is \(limit); split it"
        case .tooManyAttributes(let offset, let limit):
            "the tag at offset \(offset) has more than the limit of \(limit) attributes; simplify it"
        case .unparsable(let format):
            "the \(format.name) parser gave up on it; check it with another program and save it again"
        case .tooMuchText(let limit):
            "it unpacks to more than the limit of \(limit) bytes; split it"
        case .noRecordLayout:
            "it holds records and nothing says what their fields are; add a records entry for it to labels.yaml"
        case .tooManyRecords(let limit):
            "it has more than the limit of \(limit) records; split it"
        case .recordTooLong(let bytes, let limit):
            "the record has \(bytes) bytes and the limit is \(limit); shorten it"
        case .recordNotObject(let offset):
            "the line is not a JSON object: the fault is at its byte \(offset); write one object on one line"
        case .recordNotUTF8(let offset):
            "the line is not UTF-8: the first bad byte is its byte \(offset); convert the file to UTF-8"
        case .recordTooDeep(let limit):
            "the record is nested deeper than the limit of \(limit); simplify it"
        case .tooManyFields(let limit):
            "the record has more than the limit of \(limit) fields; remove some"
        case .repeatedField(let number):
            "field \(number) of the record has the name of an earlier one, and it cannot be told which holds; remove one"
        case .unknownField(let number):
            "field \(number) of the record is not named in labels.yaml; add it to the records entry or remove it"
        case .recordWithoutID(let field):
            "the record has no \(field), which names it; add one"
        case .badRecordID(let field, let limit):
            "its \(field) is not a whole number or a text of 1 to \(limit) bytes without control characters; change it"
        case .repeatedRecordID(let line, let otherLine):
            "the records of lines \(otherLine) and \(line) have one name, and it cannot be told which holds; rename one"
        case .recordWithoutText:
            "the record has no text; fill one of its text fields or remove it"
        case .nestedValue(let field):
            "its \(field) holds values within a value; write one text or number"
        case .notWholeNumber(let field):
            "its \(field) is not a whole number of 64 bits; write one, or a text"
        case .emptyValueInList(let field):
            "its \(field) has nothing between two separators; remove one or fill in the value"
        case .separatorUnclear:
            "its header has more than one of comma, semicolon and tab, so the separator is unclear; put names in quotes"
        case .tooManyColumns(let limit):
            "it has more than the limit of \(limit) columns; split it"
        case .columnName(let number, let limit):
            "the name of column \(number) is empty or longer than \(limit) bytes; give each column a short name"
        case .repeatedColumn(let number):
            "column \(number) has the name of an earlier one; rename it"
        case .unknownColumn(let number):
            "column \(number) is not named in labels.yaml; add it to the records entry or remove it"
        case .missingColumn(let name):
            "it has no column \(name), which labels.yaml names; add it or change the records entry"
        case .tooManyRows(let limit):
            "it has more than the limit of \(limit) rows; split it"
        case .rowLength(let line, let cells, let columns):
            "the row at line \(line) has \(cells) cells and the header has \(columns); mend the row"
        case .cellTooLong(let line, let limit):
            "a cell of the row at line \(line) is longer than the limit of \(limit) bytes; shorten it"
        case .quoteNotClosed(let line):
            "a quote in the row at line \(line) is not closed; close it"
        case .textBehindQuote(let line):
            "text follows a closing quote in the row at line \(line); write a quote within quotes twice"
        case .mailHeaderTooLong(let limit):
            "the head of the message or of a part is longer than the limit of \(limit) bytes; shorten it"
        case .mailBroken(let reason):
            "the message is damaged (\(reason)); save it again from the mail program"
        case .tooManyMailParts(let limit):
            "it has more than the limit of \(limit) parts; save its attachments as files"
        case .mailTooDeep(let limit):
            "its parts are nested deeper than the limit of \(limit); save the inner message as a file"
        case .badTransferEncoding:
            "its transfer encoding is unknown or its encoded text is damaged; save it again from the mail program"
        case .unsupportedPart(let type):
            "parts of type \(type) are not supported; save it as one of \(DocumentFormat.extensionList)"
        case .attachmentsTookTooLong(let seconds):
            "the attachments before it took more than the limit of \(seconds) s; save it as a file"
        case .notWord:
            "it is not a Word document: no container, or none with word/document.xml; save it again as .docx"
        case .wordEncrypted:
            "it is encrypted or an old .doc; save it as .docx without a password"
        case .wordBroken(let part):
            "its \(part) cannot be read; open it with another program and save it again"
        case .tooManyEntries(let count, let limit):
            "the container has \(count) entries and the limit is \(limit); save it again with less in it"
        case .partTooLarge(let part, let limit):
            "its \(part) unpacks to more than the limit of \(limit) bytes; split the document"
        case .documentType(let part):
            "its \(part) declares a document type, which may define entities; save it again without"
        case .tooManyElements(let limit):
            "it has more than the limit of \(limit) elements; split it"
        case .removedMark:
            "deleted or hidden text may hold a portion mark; accept or reject the changes, show hidden text, and save it"
        case .pdfBroken:
            "it is not a readable PDF; open it with another program and save it again"
        case .pdfEncrypted:
            "the PDF wants a password; save it without one"
        case .pdfWithoutTextLayer(let pages):
            "none of the PDF's \(pages) pages holds text (a scan?); run optical character recognition over it first"
        case .timedOut(let program, let seconds):
            program == "unzip"
                ? "\(program) took longer than the limit of \(seconds) s; split the document"
                : "\(program) took longer than the limit of \(seconds) s; simplify the PDF or raise ingest.pdf.seconds"
        case .tooMuchOutput(let program, let limit):
            "\(program) gave more text than the limit of \(limit) bytes; split the PDF or raise ingest.pdf.output_bytes"
        case .programMissing(let program):
            "the program \(program) is not installed; install poppler-utils, unzip and util-linux"
        case .programFailed(let program, let status):
            program == "unzip"
                ? "\(program) ended with \(status), perhaps for want of memory; open the document and save it again"
                : "\(program) ended with \(status), perhaps for want of memory; simplify the PDF or raise ingest.pdf.memory_bytes"
        }
    }
}
