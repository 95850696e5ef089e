import Foundation
import Glibc
import TestSupport
import Testing

/// Backups and restores that are killed at any moment of their run.
@Suite("A backup or restore that is killed")
struct BackupKillTests {
    /// Moments of a run at which it is killed, evenly spread.
    private static let kills = 14

    /// Starts a command and kills it after a part of the time that it takes.
    ///
    /// - Returns: Whether it was still running.
    private func kill(_ arguments: [String], after time: Duration) async throws -> Bool {
        let program = try Program.start(arguments)
        try await Task.sleep(for: time)
        let isRunning = program.process.isRunning
        Glibc.kill(program.process.processIdentifier, SIGKILL)
        program.process.waitUntilExit()
        return isRunning
    }

    private func duration(of arguments: [String]) async throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try await Program.start(arguments).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        return clock.now - start
    }

    private func names(_ folder: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }

    @Test("After any kill of a backup the index is whole, and each backup that has its name can be restored")
    func backup() async throws {
        let enclave = try Program.recordsEnclave()
        let path = enclave.url.path
        #expect(try await Program.run("ingest", path).status == 0)
        let backups = enclave.url.appending(path: "../backups").standardizedFileURL
        let whole = try await duration(of: ["backup", path])
        var interrupted = 0
        for step in 0..<Self.kills {
            let before = Set(names(backups))
            if try await kill(["backup", path], after: whole * Double(step) / Double(Self.kills)) { interrupted += 1 }
            let check = try await Program.run("check", path)
            #expect(check.status == 0, "kill \(step): \(check.output)\(check.errors)")
            // The newest that is there is whole, whether it was acknowledged or not.
            let drill = try await Program.run("drill", path)
            #expect(drill.status == 0, "kill \(step): \(drill.errors)")
            #expect(before.isSubset(of: names(backups)), "kill \(step)")
        }
        print("backup: \(interrupted) of \(Self.kills) runs were killed")
        #expect(interrupted > Self.kills / 3)
        let last = try await Program.run("backup", path)
        #expect(last.status == 0, "\(last.errors)")
    }

    @Test("After any kill of a restore it can be done again, and gives what was backed up")
    func restore() async throws {
        let enclave = try Program.recordsEnclave()
        let path = enclave.url.path
        #expect(try await Program.run("ingest", path).status == 0)
        let labels = try await Program.run("labels", path, "--json").output
        #expect(try await Program.run("backup", path).status == 0)
        let backups = enclave.url.appending(path: "../backups").standardizedFileURL
        let backup = try #require(names(backups).first { !$0.hasSuffix(".new") })
        let command = ["restore", path, "--from", backups.appending(path: backup).path]
        func lose() throws {
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: enclave.indexPath + suffix)
            }
        }
        try lose()
        let whole = try await duration(of: command)
        var interrupted = 0
        for step in 0..<Self.kills {
            try lose()
            if try await kill(command, after: whole * Double(step) / Double(Self.kills)) { interrupted += 1 }
            if !FileManager.default.fileExists(atPath: enclave.indexPath) {
                let again = try await Program.start(command).outcome()
                #expect(again.status == 0, "kill \(step): \(again.errors)")
            }
            let check = try await Program.run("check", path)
            #expect(check.status == 0, "kill \(step): \(check.output)\(check.errors)")
            #expect(try await Program.run("labels", path, "--json").output == labels, "kill \(step)")
            #expect(!FileManager.default.fileExists(atPath: enclave.indexPath + ".restore"), "kill \(step)")
        }
        print("restore: \(interrupted) of \(Self.kills) runs were killed")
        #expect(interrupted > Self.kills / 3)
    }
}
