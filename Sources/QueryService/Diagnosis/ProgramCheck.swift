import Foundation
import Glibc
import Ingest

/// The programs that read PDFs and that fetch the model.
struct ProgramCheck {
    private let readerPath: String
    private let path: String
    private let nullDevice: String

    /// - Parameters:
    ///   - readerPath: Where readers of documents are looked for.
    ///   - path: Where tools of the set-up are looked for; the caller's own `PATH`.
    ///   - nullDevice: What programs get in place of the streams that they do not use.
    init(
        readerPath: String = InstalledProgram.readerPath,
        path: String = ProcessInfo.processInfo.environment["PATH"] ?? InstalledProgram.readerPath,
        nullDevice: String = "/dev/null"
    ) {
        self.nullDevice = nullDevice
        self.readerPath = readerPath
        self.path = path
    }

    func findings() async -> [Finding] {
        guard access(nullDevice, R_OK | W_OK) == 0 else {
            return [
                .problem(
                    "programs", "none can be started: this user cannot read and write \(nullDevice)",
                    remedy: "run `chmod 666 \(nullDevice)` as root")
            ]
        }
        var findings: [Finding] = []
        for (name, argument, package) in [
            ("pdftotext", "-v", "poppler-utils"), ("pdfinfo", "-v", "poppler-utils"),
            ("prlimit", "--version", "util-linux"),
        ] {
            let program = await InstalledProgram(name, in: readerPath, versionArgument: argument)
            findings.append(
                program.path == nil
                    ? .problem(
                        name, "not in \(readerPath); PDFs are set aside",
                        remedy: "run `apt-get install \(package)`")
                    : .ok(name, program.version ?? "of unknown version"))
        }
        if findings.allSatisfy({ $0.status == .ok }) { findings.append(await confinement()) }
        let unzip = await InstalledProgram("unzip", in: path, versionArgument: "-v")
        findings.append(
            unzip.path == nil
                ? .warning(
                    "unzip", "not in the PATH; `make model` needs it", remedy: "run `apt-get install unzip`")
                : .ok("unzip", unzip.version ?? "of unknown version"))
        return findings
    }

    private func confinement() async -> Finding {
        if let problem = await InstalledProgram.confinementProblem() {
            return .problem(
                "confinement", "pdftotext does not run confined: \(problem)",
                remedy: "allow this user to use prlimit, setsid and memfd_create; a container may forbid them")
        }
        return .ok("confinement", "pdftotext runs in a session of its own, with limits on time, memory and files")
    }
}
