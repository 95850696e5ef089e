import Enclaves
import Foundation
import IndexStore
import Sealing

/// The files of the index: who can read them, who owns them, and whether SQLite finds them sound.
struct IndexCheck {
    private static let leastFree: Int64 = 100 << 20
    private static let comfortablyFree: Int64 = 1 << 30

    private let enclave: Enclave
    private let index: IndexInspection

    init(enclave: Enclave) {
        self.enclave = enclave
        index = IndexInspection(path: enclave.settings.index.path)
    }

    var findings: [Finding] {
        [folder, space, owner] + (index.exists ? [permissions, key, integrity] : [absent])
    }

    private var folder: Finding {
        if let folder = index.unwritableFolder {
            return .problem(
                "folder", "\(folder) cannot be written",
                remedy: "give it to the user that runs Portcullis, or change `index` in portcullis.yaml")
        }
        return .ok("folder", (index.path as NSString).deletingLastPathComponent)
    }

    private var space: Finding {
        guard let bytes = index.freeBytes else {
            return .warning("space", "the system does not tell", remedy: "see to 1 GB that is free")
        }
        let detail = "\(ByteCount.text(bytes)) free"
        if bytes < Self.leastFree { return .problem("space", detail, remedy: "make room; an ingest would fail") }
        if bytes < Self.comfortablyFree { return .warning("space", detail, remedy: "make room before a large ingest") }
        return .ok("space", detail)
    }

    /// Asked without the lock, so that an owner that starts now is not turned away.
    private var owner: Finding {
        let answers = (try? ControlSocket(enclave: enclave))?.isAnswered ?? false
        switch EnclaveLock.holder(indexPath: index.path) {
        case .process(let process):
            return .ok(
                "owner", answers ? "process \(process), which serves and carries commands out" : "process \(process)")
        case .nobody: return .ok("owner", "no process")
        case .unknown:
            return answers
                ? .ok("owner", "a process that serves and carries commands out")
                : .warning("owner", "the system does not tell", remedy: "look with `fuser \(index.path).lock`")
        }
    }

    private var absent: Finding {
        .warning("index", "there is none at \(index.path)", remedy: "run `portcullis ingest` on the enclave")
    }

    private var permissions: Finding {
        let exposed = index.confidentialPaths.compactMap { path in
            IndexInspection.exposure(of: path).map { "\(path) \($0)" }
        }
        return exposed.isEmpty
            ? .ok("permissions", "only this user can read the index")
            : .problem(
                "permissions", exposed.joined(separator: "\n"),
                remedy: "run `chmod 600` on it, and run Portcullis as the user that owns it")
    }

    private var key: Finding {
        let source = enclave.settings.keys.root
        do throws(KeyError) {
            let keys = try source.candidates()
            guard let key = keys.first else {
                return .problem("key", "there is none in \(source.name)", remedy: "without it the index does not open")
            }
            return .ok("key", "\(source.name), \(try key.id())")
        } catch {
            return .problem("key", "\(error)", remedy: "without its root key the index does not open")
        }
    }

    private var integrity: Finding {
        do {
            let problems = try index.quickProblems()
            return problems.isEmpty
                ? .ok("integrity", "SQLite's quick check finds nothing; `portcullis check` looks at all")
                : .problem(
                    "integrity", problems.joined(separator: "\n"),
                    remedy: "restore the index from a backup, or delete it and ingest again")
        } catch {
            return .problem("integrity", "\(error)", remedy: "an index that does not open cannot be asked")
        }
    }
}
