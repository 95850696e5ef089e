import ArgumentParser

/// The command line of Portcullis.
@main
struct Portcullis: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "portcullis",
        abstract:
            "Answers questions from documents, with passages that the caller is cleared to read and nothing else.",
        discussion: """
            An enclave is a folder with settings, policies, label rules, principals and documents. Ingest it, then ask:

              portcullis ingest corpus/aerospace
              portcullis retrieve corpus/aerospace --as NAME "What torque do the wing bolts take?"
              portcullis serve corpus/aerospace

            While `serve` runs on an enclave, the other commands are carried out by it.

            Exit status: 0 success · 1 the command could not be carried out · 3 it was, and something was set aside or \
            found wrong · 64 wrong arguments.
            """,
        version: "0.1.0",
        subcommands: [
            Ingest.self, Relabel.self, Watch.self, Reload.self, Retrieve.self, Labels.self, Explain.self, Check.self,
            Serve.self, Token.self,
        ])
}
