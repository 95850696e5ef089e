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
    case containsNUL(offset: Int)
    case noText
    case frontMatterNotClosed
    case frontMatterTooLong(limit: Int)
    case tooDeep(limit: Int)
    case tooManyBlocks(limit: Int)
    case tooManyTags(count: Int, limit: Int)
    case tooManyAttributes(offset: Int, limit: Int)
    case unparsable(format: DocumentFormat)
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
        case .pdfBroken:
            "it is not a readable PDF; open it with another program and save it again"
        case .pdfEncrypted:
            "the PDF wants a password; save it without one"
        case .pdfWithoutTextLayer(let pages):
            "none of the PDF's \(pages) pages holds text (a scan?); run optical character recognition over it first"
        case .timedOut(let program, let seconds):
            "\(program) took longer than the limit of \(seconds) s; simplify the PDF or raise ingest.pdf.seconds"
        case .tooMuchOutput(let program, let limit):
            "\(program) gave more text than the limit of \(limit) bytes; split the PDF or raise ingest.pdf.output_bytes"
        case .programMissing(let program):
            "the program \(program) is not installed; install poppler-utils and util-linux"
        case .programFailed(let program, let status):
            "\(program) ended with \(status), perhaps for want of memory; simplify the PDF or raise ingest.pdf.memory_bytes"
        }
    }
}
