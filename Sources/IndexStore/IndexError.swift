import GRDB
import Glibc

/// What can be wrong with an index, and what to do about it. Messages hold paths and numbers, never content.
package enum IndexError: Error, Equatable {
    case missing(path: String)
    case file(path: String, reason: String)
    case full(path: String)
    case readOnly(path: String)
    /// Another program than Portcullis has the file locked; `owned` tells of a Portcullis.
    case locked(path: String)
    /// - Parameter code: SQLite's extended result code (https://www.sqlite.org/rescode.html).
    case disk(path: String, code: Int32)
    case notAnIndex(path: String)
    case newer(path: String)
    case damaged(what: String)
    case keyMissing(path: String)
    case keyExposed(path: String, mode: String)
    case keyDamaged(path: String)
    case otherModel(indexed: String, configured: String)
    case owned(path: String, process: String)
    case duplicatePassage
    /// The snapshot that a reader holds no longer has the rows it names: take the newest snapshot and ask again.
    case outdated

    static func systemText(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// What SQLite and GRDB report of the index at `path`, as an `IndexError`; any other error stays as it is.
    static func translated(_ error: any Error, path: String) -> any Error {
        switch error {
        case let error as DatabaseError: IndexError(error, path: path)
        // Its own description would repeat the values of the row.
        case is RowDecodingError: IndexError.damaged(what: "a value has the wrong type")
        default: error
        }
    }

    private init(_ error: DatabaseError, path: String) {
        self =
            switch error.resultCode {
            case .SQLITE_CORRUPT: .damaged(what: "SQLite reports a malformed file")
            case .SQLITE_NOTADB: .notAnIndex(path: path)
            case .SQLITE_FULL: .full(path: path)
            case .SQLITE_READONLY: .readOnly(path: path)
            case .SQLITE_BUSY, .SQLITE_LOCKED: .locked(path: path)
            case .SQLITE_IOERR: .disk(path: path, code: error.extendedResultCode.rawValue)
            default: .file(path: path, reason: error.message ?? "SQLite error \(error.resultCode.rawValue)")
            }
    }
}

extension IndexError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path):
            "there is no index at \(path); run `portcullis ingest` on the enclave first"
        case .file(let path, let reason):
            "cannot use \(path): \(reason); check that the folder exists, is writable and has room"
        case .full(let path):
            "no room is left on the disk of \(path); what was stored before is kept, so make room and try again"
        case .readOnly(let path):
            "\(path) cannot be written; give this account the right to write the file and its folder, and see that the "
                + "disk is mounted for writing"
        case .locked(let path):
            "another program has \(path) locked; close it there and try again"
        case .disk(let path, let code):
            "reading or writing \(path) failed (SQLite error \(code)); what was stored before is kept, so look for the "
                + "disk's fault in the system's log, mend it and try again"
        case .notAnIndex(let path):
            "\(path) is not a Portcullis index; correct `index` in portcullis.yaml, or move the file away and ingest"
        case .newer(let path):
            "the index at \(path) was written by a newer version of Portcullis; use that version, or ingest into a new file"
        case .damaged(let what):
            "the index is damaged (\(what)); restore it from a backup, or delete it and ingest again"
        case .keyMissing(let path):
            "the index has lost its key file \(path); restore it, or delete the index and ingest again"
        case .keyExposed(let path, let mode):
            "the key file \(path) has mode \(mode) and must be a plain file of yours with mode 600; run chmod 600 on it"
        case .keyDamaged(let path):
            "the key file \(path) does not hold 32 bytes; restore it, or delete the index and ingest again"
        case .otherModel(let indexed, let configured):
            "the index was made with the model \(indexed), and \(configured) is configured; vectors of two models do not "
                + "mix, so configure the first one, or delete the index and ingest again"
        case .owned(let path, let process):
            "another process (\(process)) owns the enclave, says \(path); let it finish, or stop it"
        case .duplicatePassage:
            "a document was to be stored with one passage twice; this is a defect in segmentation, please report it"
        case .outdated:
            "the index changed while it was being read; ask again"
        }
    }
}
