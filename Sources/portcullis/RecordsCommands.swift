import ArgumentParser
import Foundation
import IndexStore
import QueryService

/// What an erasure or a hold is about.
struct ScopeArguments: ParsableArguments {
    @Option(help: ArgumentHelp("A document, by the id that `explain` prints.", valueName: "id")) var document: String?
    @Option(help: ArgumentHelp("A person, by the token that labels name him by.", valueName: "token"))
    var subject: String?

    var scope: RecordScope? { document.map { .document($0) } ?? subject.map { .subject($0) } }
}

struct Erase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Erase documents for good, by destroying their keys.",
        usage: """
            portcullis erase <enclave>
                --document <id> | --subject <token> | --older-than <span>
                --reason <reason> [--include-shared] <identity> [--json]
            portcullis erase <enclave> --confirm <request> <identity> [--json]
            <identity>: --as <person> | --token-file <file>, [--purpose <purpose>]
            """,
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Destroys the keys of the documents, takes them out of memory and of the index, overwrites what was there, \
            and writes a certificate. When it ends, no request finds anything of them, no older copy of the index \
            gives them back, and an ingest does not take them in again. The documents folder is yours: remove them \
            there too.

            A policy must permit the action `erase` on every label of the documents. What is on legal hold is not \
            erased. Where portcullis.yaml says `erasure: {second_person: true}`, which is the default in production, \
            the command prints a request, and another person confirms it.

            \(Manual.servedElsewhere)
            """,
        success: "It is erased, or it waits for a second person.",
        files: [
            Manual.File.settings, Manual.File.index, Manual.File.keyStore,
            (name: "INDEX.erasures/", what: "Certificates, one JSON file for each erasure."),
        ],
        examples: [
            (
                purpose: "A patient's records, by who may do it in the sample clinic:",
                command: """
                portcullis erase corpus/clinic --subject PT-7F3K \\
                  --reason "moved away" --as grace.okafor --include-shared
                """
            ),
            (
                purpose: "Confirm what somebody else asked for:",
                command: """
                portcullis erase corpus/clinic --confirm 0123456789abcdef \\
                  --as grace.okafor
                """
            ),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @OptionGroup var about: ScopeArguments
    @Option(help: ArgumentHelp("Documents that bear an earlier date: 6y, 18mo, 30d.", valueName: "span"))
    var olderThan: String?
    @Option(help: ArgumentHelp("Carry out a request of another person.", valueName: "request")) var confirm: String?
    @Option(help: "Why, for the certificate.") var reason: String?
    @Flag(help: "Erase documents about other people too, where a subject is erased.") var includeShared = false
    @OptionGroup var who: IdentityArguments
    @Flag(help: "Print the certificate as JSON.") var json = false

    func validate() throws {
        let given = [about.document, about.subject, olderThan, confirm].compactMap(\.self)
        guard given.count == 1 else {
            throw ValidationError("say what is to be erased: --document, --subject, --older-than or --confirm")
        }
        if confirm == nil && reason?.isEmpty != false { throw ValidationError("say why: --reason <reason>") }
    }

    func run() async throws {
        let identity = try Console.failing { try who.identity() }
        if let confirm {
            try await arguments.run(.confirm(id: confirm, identity: identity, purpose: who.purpose, json: json))
            return
        }
        let scope = try Console.failing { try about.scope ?? RecordScope(olderThan: olderThan ?? "", now: Date()) }
        try await arguments.run(
            .erase(
                .init(
                    scope: scope, reason: reason ?? "", includesShared: includeShared, identity: identity,
                    purpose: who.purpose, json: json)))
    }
}

struct Erasures: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List erasures, and what waits for a second person.",
        usage: "portcullis erasures <enclave> [--certificate <erasure>] [--json]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Lists what was erased, when, by whom and why, and the requests that another person has to confirm. \
            No text, title or path of what was erased is known any more.

            \(Manual.servedElsewhere)
            """,
        success: "The list was printed.",
        files: [Manual.File.settings, Manual.File.keyStore],
        examples: [(purpose: "All erasures:", command: "portcullis erasures corpus/clinic")])

    @OptionGroup var arguments: EnclaveArguments
    @Option(help: ArgumentHelp("Print the certificate of one.", valueName: "erasure")) var certificate: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await arguments.run(certificate.map { .certificate(id: $0) } ?? .erasures(json: json))
    }
}

struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put documents on legal hold, or release a hold.",
        usage: """
            portcullis hold <enclave> --document <id> | --subject <token>
                --reason <reason> <identity> [--json]
            portcullis hold <enclave> --release <hold> --reason <reason>
                <identity> [--json]
            portcullis hold <enclave> --list [--json]
            <identity>: --as <person> | --token-file <file>, [--purpose <purpose>]
            """,
        discussion: manual.text)

    static let manual = Manual(
        description: """
            What is on hold is not erased, neither by a person nor by retention; a document that comes later about the \
            same subject is on hold too. A policy must permit the action `hold` on every label of the documents. \
            Where erasing takes two people, releasing does as well.

            \(Manual.servedElsewhere)
            """,
        success: "The hold is in force or released, or its release waits for a second person.",
        files: [Manual.File.settings, Manual.File.keyStore],
        examples: [
            (
                purpose: "Everything about a patient, by who may do it in the sample clinic:",
                command: """
                portcullis hold corpus/clinic --subject PT-7F3K \\
                  --reason "claim 2025-118" --as grace.okafor
                """
            ),
            (purpose: "See all holds:", command: "portcullis hold corpus/clinic --list"),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @OptionGroup var about: ScopeArguments
    @Option(help: ArgumentHelp("Release a hold.", valueName: "hold")) var release: String?
    @Flag(help: "List all holds.") var list = false
    @Option(help: "Why.") var reason: String?
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Who asks, by name (development only).", valueName: "person"))
    var person: String?
    @Option(help: ArgumentHelp("Who asks: a file with a bearer token, - for standard input.", valueName: "file"))
    var tokenFile: String?
    @Option(help: "The purpose of use. May be left out by those who have only one.") var purpose: String?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        let given = [about.document, about.subject, release, list ? "" : nil].compactMap(\.self)
        guard given.count == 1 else {
            throw ValidationError("say what: --document, --subject, --release or --list")
        }
        guard !list else { return }
        if reason?.isEmpty != false { throw ValidationError("say why: --reason <reason>") }
        try who.validate()
    }

    private var who: IdentityArguments {
        var who = IdentityArguments()
        (who.person, who.tokenFile, who.purpose) = (person, tokenFile, purpose)
        return who
    }

    func run() async throws {
        if list { return try await arguments.run(.holds(json: json)) }
        let identity = try Console.failing { try who.identity() }
        if let release {
            try await arguments.run(
                .release(id: release, reason: reason ?? "", identity: identity, purpose: purpose, json: json))
        } else if let scope = about.scope {
            try await arguments.run(
                .hold(scope: scope, reason: reason ?? "", identity: identity, purpose: purpose, json: json))
        }
    }
}

struct Retain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Erase what has outlived its retention.",
        usage: "portcullis retention <enclave> [--dry-run] [--json]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Holds every document against the rules under `retention` in labels.yaml, and erases those whose time is \
            over, as `erase` does. What is on legal hold stays, and so does what it cannot be told how long to keep. \
            `portcullis serve` does this once a day, unless portcullis.yaml says `retention: {sweep: false}`.

            \(Manual.servedElsewhere)
            """,
        success: "What was due is erased.",
        files: [
            Manual.File.settings, (name: "ENCLAVE/labels.yaml", what: "The rules."), Manual.File.index,
            Manual.File.keyStore,
        ],
        examples: [(purpose: "See what would go:", command: "portcullis retention corpus/clinic --dry-run")])

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Only list what would go.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await arguments.run(.sweep(isDryRun: dryRun, json: json))
    }
}
