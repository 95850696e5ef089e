import ArgumentParser
import Enclaves
import Foundation
import QueryService
import TextEmbedding

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a small enclave to begin with.",
        usage: "portcullis init <folder> [--name <name>] [--model <folder>]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Writes an enclave of an invented firm: settings with a comment on each, label rules, four people and a \
            service, policies with their tests, eight documents and a few questions. It ingests and answers as it is; \
            change it file by file into your own.

            The folder must be empty or not exist; its parent must exist. Nothing is written otherwise, and nothing is \
            left behind when writing fails. A new folder has mode 700. Standard output tells the next three commands.
            """,
        success: "The enclave was written.",
        files: [
            (name: "FOLDER", what: "The enclave."),
            (name: "FOLDER/index/", what: "Where its index will lie; `.gitignore` names it."),
            (name: ModelFolder.usualPath, what: "The model, unless --model names another folder."),
        ],
        examples: [
            (
                purpose: "Make an enclave and look whether it can be used:",
                command: "portcullis init mine\nportcullis doctor mine"
            ),
            (
                purpose: "With a name of its own and a model elsewhere:",
                command: "portcullis init /srv/works --name works --model /srv/all-MiniLM-L6-v2"
            ),
        ])

    @Argument(help: "The folder to write to: empty, or not there yet.", completion: .directory) var folder: String
    @Option(help: "Name of the enclave: small letters, digits, hyphens. Made from the folder's name when left out.")
    var name: String?
    @Option(help: ArgumentHelp("Folder of the embedding model.", valueName: "folder"), completion: .directory)
    var model = ModelFolder.usualPath

    func run() throws {
        let current = URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
        let new = try Console.failing {
            let new = try NewEnclave(
                folder: URL(fileURLWithPath: folder, isDirectory: true), name: name,
                model: URL(fileURLWithPath: model, isDirectory: true), current: current)
            try new.write()
            return new
        }
        print("The enclave \(new.name) is in \(folder). Next:\n\n\(nextCommands)")
        if !FileManager.default.fileExists(atPath: new.model.path) {
            Console.complain(
                "there is no model in \(model) yet: run `make model` in the folder of Portcullis, or correct "
                    + "`embedding.model` in portcullis.yaml")
        }
    }

    /// One question, as one of the firm and as a guest.
    private var nextCommands: String {
        let (program, folder) = (Self.quoted(CommandLine.arguments.first ?? "portcullis"), Self.quoted(folder))
        let question = "\"\(NewEnclave.firstQuestion)\""
        return """
              \(program) ingest \(folder)
              \(program) retrieve \(folder) --as \(NewEnclave.insider) \(question)
              \(program) retrieve \(folder) --as \(NewEnclave.outsider) \(question)
            """
    }

    /// A word as a shell takes it.
    static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: Array("/._-+,:@%".utf8).contains(byte)
            }
        }
        return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: #"'\''"#))'"
    }
}
