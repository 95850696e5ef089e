import Foundation
import Glibc

/// The first 100 bytes of a file of ours, read without SQLite, which would write to the file while it opens it.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 16 | "SQLite format 3" and a zero byte |
/// | 16 | 2 | bytes of a page, 1 for 65,536 |
/// | 24 | 4 | change counter |
/// | 28 | 4 | number of pages, right where the next field equals the change counter |
/// | 68 | 4 | application id |
/// | 92 | 4 | change counter at which the number of pages was written |
///
/// Numbers are big endian (the SQLite file format, section 1.3).
enum DatabaseFileHeader {
    private static let length = 100
    private static let magic = Array("SQLite format 3\0".utf8)

    /// Refuses a file that is of another kind, one that ends before it should, and one that cannot be written: SQLite would
    /// open that one too, and make a log that cannot be written either.
    ///
    /// SQLite takes an empty file for an empty database. A file is whole from the moment that it has its name
    /// (`DatabaseFile`), so one that was there and is now empty is damage.
    static func check(_ path: String, _ kind: DatabaseFile.Kind) throws(IndexError) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw [EACCES, EPERM, EROFS].contains(errno)
                ? .readOnly(path: path) : .file(path: path, reason: IndexError.systemText(errno))
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let header = [UInt8]((try? handle.read(upToCount: length)) ?? Data())
        guard header.starts(with: magic) else { throw kind.foreign(path) }
        guard header.count == length else {
            throw .damaged(what: "\(path) ends within its header, after \(header.count) bytes")
        }
        guard number(header[68..<72]) == Int(kind.applicationID) else { throw kind.foreign(path) }

        // As long as a log lies beside the file, pages of it may be in the log alone.
        guard (size(of: path + "-wal") ?? 0) == 0, header[24..<28] == header[92..<96] else { return }
        let pageSize = number(header[16..<18])
        let expected = number(header[28..<32]) * (pageSize == 1 ? 65_536 : pageSize)
        guard let size = size(of: path), size < expected else { return }
        throw .damaged(what: "\(path) has \(size) bytes of \(expected)")
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    private static func size(of path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
    }
}
