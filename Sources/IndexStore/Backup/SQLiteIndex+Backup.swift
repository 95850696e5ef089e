package import Foundation
import GRDB
import Passages
import Sealing
import VectorSearch

/// A backup that was made.
package struct MadeBackup: Sendable {
    package let folder: URL
    package let keyStore: URL
    package let manifest: BackupManifest
    package let keyBackup: KeyBackup
    /// Copies of the key store that were past their time and are destroyed now.
    package let expired: Int
}

extension SQLiteIndex {
    /// Copies index and key store while requests go on; changes wait until it is done. Both are copied as they lie, sealed.
    ///
    /// - Parameters:
    ///   - name: What the copies are called, followed by the time.
    ///   - folder: Gets a folder with the index and its manifest.
    ///   - keyFolder: Gets the key store. Whoever has both folders and the root key has everything.
    ///   - keyDays: After how many days a copy of the key store is destroyed.
    ///   - recoveryKey: File of a public key that the copy of the key store is readable with too.
    /// - Throws: `quarantined` where vectors of a document do not open: a backup with them would not open either.
    package func backUp(
        name: String, to folder: URL, keysTo keyFolder: URL, keyDays: Int, recoveryKey: URL?, now: Date = Date()
    ) async throws -> MadeBackup {
        try snapshot().requireEveryDocument()
        let stamp = Self.stamp(now)
        let target = folder.appending(path: "\(name)-\(stamp)", directoryHint: .isDirectory)
        let keyTarget = keyFolder.appending(path: "\(name)-\(stamp).keys")
        let draft = folder.appending(path: "\(name)-\(stamp).new", directoryHint: .isDirectory)
        for taken in [target, keyTarget] where FileManager.default.fileExists(atPath: taken.path) {
            throw BackupError.occupied(path: taken.path)
        }
        try? FileManager.default.removeItem(at: draft)
        defer { try? FileManager.default.removeItem(at: draft) }
        for needed in [draft, keyFolder] {
            do {
                try FileManager.default.createDirectory(
                    at: needed, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw IndexError.file(path: needed.path, reason: "the folder cannot be made")
            }
        }
        let record = KeyBackup(
            time: now.milliseconds, expires: now.addingTimeInterval(Double(keyDays) * 86_400).milliseconds,
            name: "\(name)-\(stamp)", folder: keyFolder.path)
        do {
            // On record first: an erasure must know of every copy.
            try await self.record(record)
            // A restore removes them, and is compared with what is here.
            try await change { try $0.removeUnusedLabels() }
            let manifest = try await database.pool.writeWithoutTransaction { [self] db in
                let snapshot = snapshot()
                // It may have shown since.
                try snapshot.requireEveryDocument()
                let manifest = try newManifest(of: snapshot, db, made: now)
                try Self.copy(db, to: draft.appending(path: "index.sqlite"))
                try keyStore.file.pool.writeWithoutTransaction { keys in
                    try Self.copy(keys, to: keyTarget)
                    // Of the epochs that the copy has: no rotation comes in between here.
                    guard let recoveryKey else { return }
                    try DurableFile.write(
                        keyStore.recovery(publicKeyFile: recoveryKey.path), to: keyTarget.path + ".recovery")
                }
                return manifest
            }
            try DurableFile.write(manifest.json, to: draft.appending(path: BackupManifest.file).path)
            try DurableFile.move(draft.path, to: target.path)
            return MadeBackup(
                folder: target, keyStore: keyTarget, manifest: manifest, keyBackup: record,
                expired: try await destroyExpired(in: keyFolder, now: now))
        } catch {
            // The keys of a backup that did not come about help nobody.
            if !FileManager.default.fileExists(atPath: target.path) {
                for path in [keyTarget.path, keyTarget.path + ".recovery"] { unlink(path) }
            }
            throw IndexError.translated(error, path: folder.path)
        }
    }

    /// Copies of the key store that are past their time, and what a backup that was killed left of one; the records of them
    /// go with them. Where the folder of a copy is not there, its record stays: the copy may come back with the folder.
    private func destroyExpired(in keyFolder: URL, now: Date) async throws -> Int {
        let past = keyStore.register.backups.values.filter { backup in
            backup.expires <= now.milliseconds
                && FileManager.default.fileExists(atPath: backup.folder ?? keyFolder.path)
        }
        var destroyed = 0
        var folders: Set<String> = []
        for backup in past {
            let folder = backup.folder.map { URL(filePath: $0, directoryHint: .isDirectory) } ?? keyFolder
            let file = folder.appending(path: backup.name + ".keys").path
            let drafts = ["", "-journal", "-wal", "-shm"].map { file + ".new" + $0 } + [file + ".recovery.new"]
            for path in [file, file + ".recovery"] + drafts where FileManager.default.fileExists(atPath: path) {
                try FileManager.default.removeItem(atPath: path)
                folders.insert(folder.path)
                if path == file { destroyed += 1 }
            }
        }
        // They must be gone for good before nothing tells of them.
        for folder in folders { try DurableFile.syncFolder(of: folder + "/") }
        if !past.isEmpty {
            try keyStore.removeRecords(past.map(\.id))
            try await change { _ in }
        }
        return destroyed
    }

    static func stamp(_ date: Date) -> String {
        let text = date.ISO8601Format(.iso8601(timeZone: .gmt, includingFractionalSeconds: true))
        return String(text.filter { $0 != ":" && $0 != "-" && $0 != "." })
    }

    /// Whether a text is the time of a backup: 20261122T030000000Z.
    static func isStamp(_ text: String) -> Bool {
        text.wholeMatch(of: /[0-9]{8}T[0-9]{6,9}Z?/) != nil
    }

    /// A copy under another name, whole and on the disk when it has its own.
    private static func copy(_ db: Database, to file: URL) throws {
        let draft = file.path + ".new"
        func discardDraft() { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(draft + suffix) } }
        discardDraft()
        // A copy that was not finished must not stay: it has keys, and would be destroyed by nobody.
        defer { discardDraft() }
        let mask = umask(0o077)
        defer { umask(mask) }
        let copy = try DatabaseQueue(path: draft)
        try copy.writeWithoutTransaction { target in
            try target.execute(sql: "PRAGMA synchronous = FULL")
            try db.backup(to: target)
            // Without a log beside it.
            try target.execute(sql: "PRAGMA journal_mode = DELETE")
        }
        try copy.close()
        try DurableFile.move(draft, to: file.path)
    }

    private func newManifest(of snapshot: IndexSnapshot, _ db: Database, made: Date) throws -> BackupManifest {
        BackupManifest(
            enclave: Hexadecimal.text(keyStore.enclave), model: model, dimension: snapshot.dimension,
            made: made.ISO8601Format(), generation: snapshot.generation,
            documents: try Int.fetchOne(db, sql: "SELECT count(*) FROM documents") ?? 0,
            passages: snapshot.passageCount, labels: snapshot.partitions.count,
            records: Hexadecimal.text(snapshot.records.bytes), samples: try snapshot.sampleDigest(db))
    }

    /// What this index would say of itself in a backup.
    func newManifest(made: Date) async throws -> BackupManifest {
        let snapshot = snapshot()
        return try await database.read { [self] db in try newManifest(of: snapshot, db, made: made) }
    }
}

extension IndexSnapshot {
    /// How many passages are asked for, and how many answers to each count.
    private static let (sampleCount, answerCount) = (16, 10)

    /// A keyed digest of what is nearest to some passages, over all labels, with scores and texts. It leaves nobody's
    /// clearance out of account: nothing but the digest comes out.
    fileprivate func sampleDigest(_ db: Database) throws -> String {
        let ordered = partitions.filter { $0.value.rows.count > 0 }.map { (id: $0.key, partition: $0.value) }
            .sorted { $0.partition.digest < $1.partition.digest }
        let step = max(1, ordered.count / Self.sampleCount)
        var message: [UInt8] = []
        guard !ordered.isEmpty else { return Hexadecimal.text(keys.samples(message)) }
        let plan = try ScanPlan(ordered.map(\.partition.rows))
        var reader = DocumentReader(db: db, snapshot: self)
        for sample in stride(from: 0, to: ordered.count, by: step).prefix(Self.sampleCount) {
            guard let key = ordered[sample].partition.rows.keys.min() else { continue }
            let vector = try reader.vectors(of: [LabelledRow(key: key, label: ordered[sample].id)])[0]
            let query = try ScanQuery(QueryVector(vector), count: Self.answerCount, in: plan, minimumScore: -2)
            let candidates = scan.scan.candidates([query])[0]
            let rows = candidates.rows.map { LabelledRow(key: $0.key, label: ordered[$0.partition].id) }
            for row in try reader.answer(candidates, of: rows).rows {
                message += row.key.bytes + withUnsafeBytes(of: row.score.bitPattern.bigEndian) { Array($0) }
            }
            message += try textDigest(of: PassageID(bytes: key.bytes), db)
        }
        return Hexadecimal.text(keys.samples(message))
    }

    private func textDigest(of id: PassageID, _ db: Database) throws -> [UInt8] {
        let place = try Row.fetchOne(
            db, sql: "SELECT document_row, ordinal FROM passages WHERE passage_id = ? ORDER BY document_row, ordinal",
            arguments: [Data(id.bytes)])
        guard let place, let record = try DocumentRecord.fetch(row: place.number("document_row"), in: db) else {
            throw IndexError.damaged(what: "passage \(id) is missing")
        }
        let reader = DocumentReader(db: db, snapshot: self)
        let document = try reader.opened(record, try labels(of: record))
        return try reader.passageBody(Int(place.number("ordinal")), of: document).body.sha256
    }
}
