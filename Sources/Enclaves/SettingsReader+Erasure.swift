import Foundation
import Labels

/// `erasure`, `retention` and `backup`: how passages go, and where they stay.
extension SettingsReader {
    func erasure(_ fields: inout YAMLFields, mode: EnclaveSettings.Mode?) -> EnclaveSettings.Erasure {
        var inner = optionalSection("erasure", of: &fields)
        defer { inner.refuseRest() }
        return EnclaveSettings.Erasure(
            needsSecondPerson: inner.truth("second_person", default: mode != .development),
            subjectAttribute: inner.text("subjects").map { ByteText($0.text) }
                ?? EnclaveSettings.Erasure.standardSubjectAttribute)
    }

    func sweepsDaily(_ fields: inout YAMLFields) -> Bool {
        var inner = optionalSection("retention", of: &fields)
        defer { inner.refuseRest() }
        return inner.truth("sweep", default: true)
    }

    func backup(_ fields: inout YAMLFields) -> EnclaveSettings.Backup? {
        let path = fields.path(of: "backup")
        guard let tree = fields.take("backup"), var inner = YAMLFields(tree, path: path, log: log) else { return nil }
        defer { inner.refuseRest() }
        let folder = inner.requiredText("folder").map { url($0.text) }
        let keyFolder = inner.requiredText("key_folder")
        let keyDays = inner.number("key_days", in: 1...3650, default: 30)
        let recoveryKey = inner.text("recovery_key").map { url($0.text) }
        guard let folder, let keyFolder else { return nil }
        let keys = url(keyFolder.text)
        let (place, keyPlace) = (ResolvedPath(folder), ResolvedPath(keys))
        if place.lies(within: keyPlace) || keyPlace.lies(within: place) {
            let relation = place == keyPlace ? "are one folder" : "lie one in the other"
            log.report(
                keyFolder.line,
                "`backup.folder` and `backup.key_folder` \(relation); who has a backup must not have its key, so name "
                    + "two folders, neither within the other")
        }
        return EnclaveSettings.Backup(folder: folder, keyFolder: keys, keyDays: keyDays, recoveryKey: recoveryKey)
    }
}
