import IndexStore
import TestSupport
import Testing

@testable import QueryService

/// The small enclave, in which staff with a clearance may erase and hold, passages can be about people, and documents can
/// have dates.
enum RecordsScene {
    /// - Parameters:
    ///   - settings: More lines of `portcullis.yaml`, and `labels` of `labels.yaml`.
    static func enclave(
        settings: String = "", labels: String = "", files: [String: String] = [:]
    ) throws -> SampleEnclave {
        func sample(_ file: String) throws -> String { try #require(SampleEnclave.settings[file]) }
        let schema = try sample("policies/schema.cedarschema")
            .replacing("categories: Set<String>,", with: "categories: Set<String>,\n    subjects: Set<String>,")
        let all = [
            "portcullis.yaml": try sample("portcullis.yaml") + "\n" + settings,
            "labels.yaml": try sample("labels.yaml")
                .replacing("  expires: {", with: "  subjects: {join: union, default: []}\n  expires: {")
                .replacing("[author]", with: "[author, date]") + "\n" + labels,
            "policies/schema.cedarschema": schema + """

                action erase, hold appliesTo {
                    principal: [Person], resource: [Passage],
                    context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String },
                };
                """,
            "policies/records.cedar": """
            @id("records")
            permit (principal in Group::"staff", action in [Action::"erase", Action::"hold"], resource)
            when { principal.clearance >= 1 };
            """,
        ]
        return try SampleEnclave(files: all.merging(files) { $1 })
    }

    /// A new index of the enclave, with everything in its folder.
    static func ingested(_ enclave: SampleEnclave) async throws -> Engine {
        let engine = try await open(enclave, create: true)
        _ = try await engine.ingest { _ in }
        return engine
    }

    /// The enclave, opened. An engine that nobody has any more may take a moment to let go of it.
    static func open(_ enclave: SampleEnclave, create: Bool = false) async throws -> Engine {
        for _ in 0..<100 {
            do {
                return try await Engine(
                    folder: enclave.url, create: create, embedder: HashingEmbedder(dimension: 256),
                    logger: TestServer.quiet)
            } catch IndexError.owned {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        throw StillOwned()
    }

    struct StillOwned: Error {}

    struct Outcome {
        var output = ""
        var diagnostics = ""
        var status: QueryService.ExitStatus?
    }

    static func run(_ command: ControlCommand, _ engine: Engine) async -> Outcome {
        var outcome = Outcome()
        for await event in CommandRunner(engine: engine).events(of: command) {
            switch event {
            case .output(let text): outcome.output += text
            case .diagnostic(let text): outcome.diagnostics += text
            case .progress: break
            case .exit(let status): outcome.status = status
            }
        }
        return outcome
    }
}
