import Foundation
import Labels
import Testing

@testable import Enclaves

@Suite("Settings of erasure, retention and backups")
struct ErasureSettingsTests {
    private static let keys = "keys: {root: {credential: root}}\n"

    private func settings(_ more: String, isProduction: Bool = false) throws -> EnclaveSettings {
        try KeySettingsTests.settings(Self.keys + more, isProduction: isProduction)
    }

    @Test("A second person is needed in production, and where it is said")
    func secondPerson() throws {
        #expect(try !settings("").erasure.needsSecondPerson)
        #expect(try settings("", isProduction: true).erasure.needsSecondPerson)
        #expect(try settings("erasure: {second_person: true}").erasure.needsSecondPerson)
        #expect(try !settings("erasure: {second_person: false}", isProduction: true).erasure.needsSecondPerson)
    }

    @Test("Whom a passage is about stands in `subjects`, or in another attribute of a passage")
    func subjects() throws {
        #expect(try settings("").erasure.subjectAttribute == "subjects")
        #expect(try settings("erasure: {subjects: projects}").erasure.subjectAttribute == "projects")
        #expect(
            try KeySettingsTests.problems("erasure: {subjects: project}") == [
                "portcullis.yaml: `erasure.subjects`: the schema gives Passage no attribute `project`; name one that it gives"
            ])
    }

    @Test("What has outlived its retention goes each day, unless it is said otherwise")
    func sweep() throws {
        #expect(try settings("").sweepsDaily && settings("", isProduction: true).sweepsDaily)
        #expect(try !settings("retention: {sweep: false}").sweepsDaily)
    }

    @Test("There are backups where the settings name their folders")
    func backup() throws {
        #expect(try settings("").backup == nil)
        let short = try #require(try settings("backup: {folder: ../b, key_folder: /keys}").backup)
        #expect(short.folder.lastPathComponent == "b" && !short.folder.path.contains(".."))
        #expect(short.keyFolder.path == "/keys" && short.keyDays == 30 && short.recoveryKey == nil)
        let whole = try settings("backup: {folder: /b, key_folder: /k, key_days: 3650, recovery_key: recovery.pem}")
        #expect(whole.backup?.keyDays == 3650)
        #expect(whole.backup?.recoveryKey?.lastPathComponent == "recovery.pem")
    }

    @Test("Folders beside each other are taken", arguments: [("/a/b", "/a/bc"), ("/a/b", "/a/c/b"), ("../b", "../k")])
    func apart(folder: String, keys: String) throws {
        #expect(try settings("backup: {folder: \(folder), key_folder: \(keys)}").backup != nil)
    }

    @Test(
        "Each mistake says where it is and what to do",
        arguments: [
            ("erasure: {second_person: 2}", "`erasure.second_person` must be true or false, not `2`"),
            (
                "erasure: {subject: x}",
                "the key `erasure.subject` is not known here; known are: second_person, subjects"
            ),
            ("erasure: {subjects: [a]}", "`erasure.subjects` must be text, not "),
            ("erasure: no", "`erasure` must be a mapping"),
            ("retention: {sweep: daily}", "`retention.sweep` must be true or false, not `daily`"),
            ("retention: {days: 3}", "the key `retention.days` is not known here; known are: sweep"),
            ("backup: {}", "`backup.folder` is missing"),
            ("backup: {folder: /b}", "`backup.key_folder` is missing"),
            ("backup: {key_folder: /k}", "`backup.folder` is missing"),
            (
                "backup: {folder: /b, key_folder: /k, key_days: 0}",
                "`backup.key_days` is 0; it must be from 1 to 3650"
            ),
            (
                "backup: {folder: /b, key_folder: /k, key_days: 3651}",
                "`backup.key_days` is 3651; it must be from 1 to 3650"
            ),
            ("backup: {folder: /b, key_folder: /k, days: 3}", "the key `backup.days` is not known here; known are: "),
            (
                "backup: {folder: /b, key_folder: /b/../b/}",
                "`backup.folder` and `backup.key_folder` are one folder; who has a backup must not have its key, so name "
                    + "two folders, neither within the other"
            ),
            (
                "backup: {folder: /b, key_folder: /b/keys}",
                "`backup.folder` and `backup.key_folder` lie one in the other; who has a backup must not have its key"
            ),
            (
                "backup: {folder: /b/k/backups, key_folder: /b/k}",
                "`backup.folder` and `backup.key_folder` lie one in the other; who has a backup must not have its key"
            ),
        ])
    func mistake(more: String, message: String) throws {
        let first = try #require(try KeySettingsTests.problems(more).first, "the mistake goes unnoticed")
        #expect(first.hasPrefix("portcullis.yaml:12: \(message)"), "\(first)")
    }
}
