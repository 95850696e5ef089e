import Foundation
import GRDB
import Glibc
import Sealing

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
    /// An index from before sealing.
    case unsealed(path: String)
    case keyStoreMissing(path: String)
    case notAKeyStore(path: String)
    case keyStoreDamaged(path: String, what: String)
    /// None of the root keys that there are wrapped the key store.
    case otherRootKey(path: String, given: String, givenIDs: [String], wanted: [String])
    case noRootKey(source: String)
    case rootKeyIncomplete(path: String, root: String)
    /// The key store of one enclave beside the index of another.
    case otherEnclave(path: String)
    /// An index in another state than its key store expects.
    case otherState(path: String, generation: Int64, expected: Int64)
    /// An empty index where the key store knows of one with content.
    case lost(path: String, generation: Int64)
    case olderKeyStore(path: String, generation: Int64, expected: Int64)
    /// The document was erased, and does not come back.
    case erased(erasure: String, time: Int64)
    case held(holds: [String], documents: Int)
    /// A label came or changed between the decision and the erasure.
    case notAuthorized
    case otherModel(indexed: String, configured: String)
    case owned(path: String, process: String)
    case duplicatePassage
    /// No search finds a document, nor some others, until they are committed again (`Quarantine`).
    case quarantined(document: String, others: Int)
    /// The snapshot that a reader holds no longer has the rows it names: take the newest snapshot and ask again.
    case outdated

    static func systemText(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// What SQLite and GRDB report of the index at `path`, as an `IndexError`; any other error stays as it is.
    static func translated(_ error: any Error, path: String, _ kind: DatabaseFile.Kind = .index) -> any Error {
        switch error {
        case let error as DatabaseError: IndexError(error, path: path, kind)
        case let error as FileFailure: IndexError.file(path: error.path, reason: error.reason)
        // Its own description would repeat the values of the row.
        case is RowDecodingError: IndexError.damaged(what: "a value has the wrong type")
        default: error
        }
    }

    private init(_ error: DatabaseError, path: String, _ kind: DatabaseFile.Kind) {
        self =
            switch error.resultCode {
            case .SQLITE_CORRUPT:
                kind == .index
                    ? .damaged(what: "SQLite reports a malformed file")
                    : .keyStoreDamaged(path: path, what: "SQLite reports a malformed file")
            case .SQLITE_NOTADB: kind.foreign(path)
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
            "there is no index at \(path); run `portcullis ingest` on the enclave first, or `portcullis restore` where it "
                + "was lost"
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
        case .unsealed(let path):
            "the index at \(path) was made by a version that did not seal; delete it with its key file, overwrite the disk "
                + "if others may get it, and ingest again"
        case .keyStoreMissing(let path):
            "there is no key store \(path), and without it the index does not open; restore it from its backup, or delete "
                + "the index and ingest again"
        case .notAKeyStore(let path):
            "\(path) is not a key store of Portcullis; restore it from its backup"
        case .keyStoreDamaged(let path, let what):
            "the key store \(path) is damaged (\(what)); restore it from its backup"
        case .otherRootKey(let path, let given, let givenIDs, let wanted):
            "the root key of \(given) (\(givenIDs.joined(separator: ", "))) is not the one that wrapped the key store "
                + "\(path) (\(wanted.joined(separator: ", "))); correct `keys.root` in portcullis.yaml, or restore that key"
        case .noRootKey(let source):
            "there is no root key in \(source); restore it from its backup, or run `portcullis keys init` for a new enclave"
        case .rootKeyIncomplete(let path, let root):
            "the root key \(root) has not wrapped every epoch of \(path); run `portcullis keys rotate --root` to the end"
        case .otherEnclave(let path):
            "the index \(path) and the key store beside it belong to two enclaves; restore both from one backup"
        case .otherState(let path, let generation, let expected):
            "the index \(path) is at commit \(generation), and its key store expects commit \(expected): one of the two is "
                + "an older or another copy; put the right one back, or run `portcullis restore` into an empty place"
        case .lost(let path, let generation):
            "the index \(path) is gone, and its key store has the keys of what it held after commit \(generation); run "
                + "`portcullis restore` with a backup, or `portcullis ingest --anew` to destroy those keys and begin again"
        case .olderKeyStore(let path, let generation, let expected):
            "the key store \(path) is at commit \(generation), and the index was written after its commit \(expected): it is "
                + "an older copy; put the right one back, or run `portcullis restore` into an empty place"
        case .erased(let erasure, let time):
            "was erased on \(Date(milliseconds: time).ISO8601Format()) (erasure \(erasure)) and is not taken in again; "
                + "remove it from the folder"
        case .held(let holds, let documents):
            "\(documents) of the documents are on legal hold (\(holds.joined(separator: ", "))), so nothing was erased; "
                + "see `portcullis hold ENCLAVE --list`"
        case .notAuthorized:
            "a label of the documents changed after it was decided that they may be erased; nothing was erased, try again"
        case .otherModel(let indexed, let configured):
            "the index was made with the model \(indexed), and \(configured) is configured; vectors of two models do not "
                + "mix, so configure the first one, or delete the index and ingest again"
        case .owned(let path, let process):
            "another process (\(process)) owns the enclave, says \(path); let it finish, or stop it"
        case .duplicatePassage:
            "a document was to be stored with one passage twice; this is a defect in segmentation, please report it"
        case .quarantined(let document, let others):
            "no search finds the document \(document)\(others > 0 ? " and \(others) others" : ""), whose vectors do not "
                + "open; run `portcullis ingest`, which makes it again of its file, and then repeat this; restore where "
                + "that fails"
        case .outdated:
            "the index changed while it was being read; ask again"
        }
    }
}
