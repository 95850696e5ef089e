import ArgumentParser

/// The command line of Portcullis.
@main
struct Portcullis: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "portcullis",
        abstract: "Answer questions from documents, with passages that the caller may read and nothing else.",
        usage: """
            portcullis <command> <enclave> [<options>]
            portcullis help <command>
            """,
        discussion: manual.text,
        version: "0.1.0",
        subcommands: [
            Init.self, Doctor.self, Ingest.self, Relabel.self, Reload.self, Watch.self, Retrieve.self, Labels.self,
            Explain.self, Check.self, Verify.self, Policy.self, Serve.self, Token.self, Keys.self, Erase.self,
            Erasures.self,
            Hold.self,
            Retain.self, Backup.self, Restore.self, Drill.self, CedarCommands.self,
        ])

    static let manual = Manual(
        description: """
            An enclave is a folder with settings, policies, label rules, principals and documents. `init` makes one to \
            begin with, `ingest` reads its documents into an index, `retrieve` asks on the command line, and `serve` \
            answers over HTTP. Every passage has a label; the policies decide which labels a caller may read, before \
            anything is searched.

            One process at a time owns an enclave. While `serve` runs on it, the other commands are carried out by that \
            process.
            """,
        success: "It was done.",
        incomplete: "It was done, and something was set aside or found wrong.",
        files: [
            (name: "ENCLAVE/portcullis.yaml", what: "Settings."),
            (name: "ENCLAVE/policies/", what: "Cedar schema, policies, and their tests."),
            (name: "ENCLAVE/labels.yaml", what: "The attributes of a label, and which path gets which."),
            (name: "ENCLAVE/principals.yaml", what: "People, groups and services."),
            (name: "ENCLAVE/documents/", what: "The documents."),
            Manual.File.index,
            Manual.File.keyStore, Manual.File.rootKey,
        ],
        environment: [Manual.Variable.noColor],
        examples: [
            (
                purpose: "Make a small enclave, ingest it, and ask as one of its people:",
                command: """
                portcullis init mine
                portcullis ingest mine
                portcullis retrieve mine --as tom.reed "What is wrong with the axle?"
                """
            ),
            (purpose: "See whether this machine has what is needed:", command: "portcullis doctor"),
        ])
}
