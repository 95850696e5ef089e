import Foundation
import Glibc
import TestSupport
import Testing

@testable import QueryService

@Suite("Checks of the doctor")
struct CheckTests {
    private static func date(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

    @Test(
        "The clock",
        arguments: [
            ("2026-11-22T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z", Finding.Status.ok),
            ("1970-01-01T00:10:00Z", "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z", .problem),
            ("2107-01-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z", .problem),
            // A minute may pass between two machines.
            ("2026-10-31T23:59:30Z", "2026-11-01T00:00:00Z", "2026-10-20T00:00:00Z", .ok),
            ("2026-10-31T23:00:00Z", "2026-11-01T00:00:00Z", "2026-10-20T00:00:00Z", .problem),
            ("2026-11-22T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-22T00:02:00Z", .warning),
        ])
    func time(now: String, built: String, newest: String, expected: Finding.Status) throws {
        let check = ClockCheck(
            now: try Self.date(now), built: try Self.date(built), newest: try Self.date(newest), isSynchronised: true)
        #expect(check.findings.map(\.status) == [expected, .ok])
        #expect(check.findings[0].detail.contains(now))
    }

    @Test("Synchronisation")
    func synchronisation() throws {
        for (answer, expected): (Bool?, Finding.Status) in [(true, .ok), (false, .warning), (nil, .warning)] {
            let check = ClockCheck(
                now: try Self.date("2026-11-22T00:00:00Z"), built: nil, newest: nil, isSynchronised: answer)
            #expect(check.findings[1].status == expected)
        }
    }

    @Test("Limits: open files and core dumps")
    func limits() {
        func statuses(_ files: UInt64, _ core: UInt64, _ pattern: String) -> [Finding.Status] {
            LimitsCheck(openFiles: files, coreBytes: core, corePattern: pattern).findings.map(\.status)
        }
        #expect(statuses(1024, 0, "core") == [.ok, .ok])
        #expect(statuses(1023, 0, "core") == [.warning, .ok])
        #expect(statuses(UInt64.max, UInt64.max, "core") == [.ok, .warning])
        #expect(statuses(4096, 0, "|/usr/share/apport/apport %p") == [.ok, .warning])
    }

    @Test("Memory")
    func memory() {
        for (available, expected): (Int64?, Finding.Status) in [
            (100 << 20, .problem), (512 << 20, .warning), (2 << 30, .ok), (nil, .warning),
        ] {
            #expect(MemoryCheck(available: available, total: 4 << 30).findings.map(\.status) == [expected])
        }
        #expect(MemoryCheck().available ?? 0 > 0)
    }

    @Test("Numbers of bytes are short")
    func byteCounts() {
        #expect(
            [0, 999, 1000, 1500, 12_345, 999_999, 1_610_000_000, 5_000_000_000_000_000].map(ByteCount.text) == [
                "0 bytes", "999 bytes", "1 kB", "1.5 kB", "12 kB", "999 kB", "1.6 GB", "5000 TB",
            ])
    }

    @Test("A program that is not there is a problem that names its package; the caller's PATH has no say")
    func programs() async throws {
        let folder = try TemporaryFolder()
        let found = await ProgramCheck(readerPath: "/usr/local/bin:/usr/bin:/bin", path: folder.url.path).findings()
        #expect(found.filter { $0.status == .problem } == [])
        #expect(found.first { $0.subject == "pdftotext" }?.detail.contains("version") == true)
        #expect(found.first { $0.subject == "confinement" }?.status == .ok)
        #expect(found.first { $0.subject == "unzip" }?.status == .warning)

        // All programs but pdftotext.
        for name in ["pdfinfo", "prlimit"] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.url.appending(path: name).path, withDestinationPath: "/usr/bin/\(name)")
        }
        let lacking = await ProgramCheck(readerPath: folder.url.path, path: "/usr/bin").findings()
        let problems = lacking.filter { $0.status == .problem }
        #expect(problems.map(\.subject) == ["pdftotext"])
        #expect(problems.first?.remedy?.contains("apt-get install poppler-utils") == true)
    }

    @Test("Without a null device no program is started, and that is the problem")
    func nullDevice() async throws {
        let folder = try TemporaryFolder()
        let found = await ProgramCheck(nullDevice: folder.url.appending(path: "null").path).findings()
        #expect(found.map(\.subject) == ["programs"] && found.first?.status == .problem)
    }

    @Test("The page is aligned, within its width, and in colour only where it is asked for")
    func page() async throws {
        let folder = try TemporaryFolder()
        let diagnosis = await Diagnosis(folder: nil, current: folder.url)
        #expect(diagnosis.exitStatus == .incomplete, "there is no model in an empty folder")
        let plain = DiagnosisPage(style: PageStyle(colour: false, width: 100)).text(diagnosis)
        #expect(!plain.contains("\u{1b}"))
        let subject = diagnosis.findings.map(\.subject.count).max() ?? 0
        for finding in diagnosis.findings {
            let start =
                "  " + finding.status.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
                + finding.subject.padding(toLength: subject + 2, withPad: " ", startingAt: 0)
            #expect(plain.contains("\n\(start)"), "\(finding)")
            #expect((finding.status == .ok) == (finding.remedy == nil), "\(finding)")
        }
        let coloured = DiagnosisPage(style: PageStyle(colour: true, width: 100)).text(diagnosis)
        #expect(coloured.contains("\u{1b}[31mproblem"))
    }
}
