import ArgumentParser
import Foundation
import QueryService

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check this machine and an enclave, and say what to do.",
        usage: "portcullis doctor [<enclave>] [--json]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Looks at the processor and the kernels it gets, memory, limits, BLAS and SQLite, the programs that read \
            PDFs, the model and its hashes, and the clock. With an enclave also at its rules, its mode, who can change \
            it, its index with key and permissions, who owns it, and free space.

            Each line says ok, warning or problem, and below it what to do. Looking changes nothing and takes no lock: \
            an enclave that is served can be looked at. The model and the index are read once.
            """,
        success: "There is no problem; there may be warnings.",
        incomplete: "There are problems.",
        files: [
            (name: "ENCLAVE", what: "The enclave's folder, when one is named."),
            (name: "INDEX, INDEX.key, INDEX.lock", what: "Its index; read, never written."),
            (name: ".cache/models/all-MiniLM-L6-v2", what: "The model, when no enclave names one."),
        ],
        environment: [
            (name: "PATH", what: "Where `unzip` is looked for. Readers of documents are looked for in fixed folders."),
            Manual.Variable.noColor,
        ],
        examples: [
            (
                purpose: "This machine alone, then with an enclave:",
                command: "portcullis doctor\nportcullis doctor corpus/aerospace"
            ),
            (
                purpose: "The problems alone, for a script:",
                command: """
                portcullis doctor corpus/aerospace --json |
                  jq '.sections[].findings[] | select(.status == "problem")'
                """
            ),
        ])

    @Argument(help: "The enclave's folder.", completion: .directory) var enclave: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let current = URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
        let folder = enclave.map { URL(fileURLWithPath: $0, isDirectory: true) }
        let diagnosis = await Diagnosis(folder: folder, current: current)
        let text = try Console.failing {
            json ? try diagnosis.json() : DiagnosisPage(style: Console.page).text(diagnosis)
        }
        FileHandle.standardOutput.write(Data(text.utf8))
        if diagnosis.exitStatus != .success { throw ExitCode(diagnosis.exitStatus.rawValue) }
    }
}
