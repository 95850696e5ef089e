import AccessControl
import Cedar
package import Enclaves
package import Foundation
import HTTPTypes
package import IndexStore
package import Ingest
package import Logging
package import Retrieval
import Synchronization
package import TextEmbedding

/// One enclave, opened: its rules, its index, its model. The process that has an engine owns the enclave.
package final class Engine: Sendable {
    package let index: SQLiteIndex
    package let embedder: any Embedder
    private let folder: URL
    let logger: Logger
    private let access: Mutex<Access>
    private let isIngesting = Mutex(false)
    /// Unfinished at first: an earlier process may have left one in the middle.
    private let rotation = Mutex(RotationState.unfinished)

    private enum RotationState { case unfinished, underWay, finished }

    /// What the rules of the enclave's folder make of it. A request keeps the one that it began with.
    package final class Access: Sendable {
        package let enclave: Enclave
        package let retriever: any PassageService
        package let tokens: TokenVerifier
        private let peers: PeerAddress
        /// Where and when requests come from that are replayed; nil where the connection and the clock say.
        private let circumstances: Circumstances?

        init(enclave: Enclave, index: SQLiteIndex, embedder: any Embedder, logger: Logger) async throws {
            self.enclave = enclave
            try await index.distinguish(enclave.authorizer.names, embedder: embedder)
            tokens = try await TokenVerifier(
                enclave: enclave,
                developmentIssuer: enclave.settings.mode == .development ? try DevelopmentIssuer(enclave: enclave) : nil
            )
            retriever = Retriever(
                index: index, embedder: embedder, authorizer: enclave.authorizer, scheme: enclave.labelScheme,
                policyVersion: enclave.policyVersion, citationBaseURL: enclave.settings.citationBase,
                reportDecision: { DecisionLog(logger: logger).report($0) })
            peers = PeerAddress(settings: enclave.settings)
            circumstances = nil
            index.prepareLabels(for: enclave.authorizer)
            index.sharesScans = enclave.settings.service.sharesScans
            index.reportDamage { problem in
                logger.error(
                    "vectors of a document do not open, so no search finds it; ingest its file again or restore",
                    metadata: ["problem": "\(problem)"])
            }
        }

        /// The rules of `access` for requests that are replayed, which are answered by `retriever`.
        init(
            replaying access: Access, retriever: any PassageService, tokens: TokenVerifier, circumstances: Circumstances
        ) {
            enclave = access.enclave
            self.retriever = retriever
            self.tokens = tokens
            peers = access.peers
            self.circumstances = circumstances
        }

        struct Circumstances: Sendable {
            let network: IPAddress
            /// Milliseconds since 1970.
            let now: Int64
        }

        /// Who asks for an action that policies decide about.
        func caller(_ identity: ControlCommand.Identity) async throws -> Caller {
            switch identity {
            case .person(let name): try Caller(developmentIdentity: name, enclave: enclave)
            case .token(let token): try await tokens.caller(token: token)
            }
        }

        func accessRequest(
            caller: Caller, purpose: String?, peer: String?, headers: HTTPFields
        ) throws -> AccessRequest {
            try caller.accessRequest(
                purpose: purpose, network: try circumstances?.network ?? peers.address(peer: peer, headers: headers),
                now: circumstances?.now ?? Clock.now)
        }
    }

    /// Opens the enclave in `folder` as its owner.
    ///
    /// - Parameter create: Whether to make a new index where there is none.
    // Not optimised: the optimiser of Swift 6.3.1 fails on it (CopyPropagation), and it runs once.
    @_optimize(none)
    package init(
        folder: URL, create: Bool, beginsAnew: Bool = false, embedder: (any Embedder)? = nil,
        logger: Logger = Logger(label: "portcullis")
    ) async throws {
        let enclave = try Enclave(folder: folder)
        let embedder = try embedder ?? Self.embedder(enclave.settings.embedding)
        let index = try SQLiteIndex(
            path: enclave.settings.index.path, model: embedder.model.identity, dimension: embedder.model.dimension,
            create: create,
            keys: .init(enclave.settings.keys.root, makesKeys: enclave.settings.mode == .development),
            beginsAnew: beginsAnew, keepsVectors: enclave.settings.service.vectors == .memory)
        // Nothing is assigned before all of it is there: a half-made engine would have to be taken apart.
        let access = try await Access(enclave: enclave, index: index, embedder: embedder, logger: logger)
        self.folder = folder
        self.index = index
        self.embedder = embedder
        self.logger = logger
        self.access = Mutex(access)
        certifyErasures()
    }

    /// Those that an interruption left without a certificate. What fails is said, and tried again with the next erasure.
    private func certifyErasures() {
        do {
            try ErasureCertificate.writeMissing(of: index.keyStore.register, settings: current.enclave.settings)
        } catch {
            logger.error("certificates of erasures are missing", metadata: ["error": "\(error)"])
        }
    }

    /// The in-process model is everything there is of it: nothing that could open a connection is made beside it.
    private static func embedder(_ settings: EnclaveSettings.Embedding) throws -> any Embedder {
        switch settings {
        case .model(let folder, let precision):
            try MiniLMEmbedder(modelDirectory: folder.path, precision: EncoderPrecision(precision))
        case .endpoint(let endpoint): try EndpointEmbedder(EndpointConfiguration(endpoint))
        }
    }

    /// An engine over an index that is already open, with the rules of `folder`.
    init(
        folder: URL, index: SQLiteIndex, embedder: any Embedder, logger: Logger = Logger(label: "portcullis")
    ) async throws {
        let access = try await Access(
            enclave: Enclave(folder: folder), index: index, embedder: embedder, logger: logger)
        self.folder = folder
        self.index = index
        self.embedder = embedder
        self.logger = logger
        self.access = Mutex(access)
    }

    /// Closes the index, its log moved into it. Nothing can be asked of the engine afterwards.
    package func close() {
        do {
            try index.close()
        } catch {
            logger.error("the index could not be closed", metadata: ["error": "\(error)"])
        }
    }

    package var current: Access { access.withLock { $0 } }

    /// Reads the enclave's folder again. Where it does not load, what is in force stays in force.
    package func reload() async throws {
        let enclave = try Enclave(folder: folder)
        guard enclave.settings.index == current.enclave.settings.index,
            enclave.settings.embedding == current.enclave.settings.embedding,
            enclave.settings.keys.root == current.enclave.settings.keys.root,
            enclave.settings.service.vectors == current.enclave.settings.service.vectors
        else { throw RestartNeeded() }
        let access = try await Access(enclave: enclave, index: index, embedder: embedder, logger: logger)
        self.access.withLock { $0 = access }
    }

    /// Takes up what changed in the folder, under the rules that it has now. When this returns, all of it is in force.
    ///
    /// A dry run leaves in force what is.
    package func ingest(
        _ scope: IngestScope = .everything, isDryRun: Bool = false, takes: Bool = false,
        _ report: @escaping @Sendable (IngestProgress) -> Void
    ) async throws -> IngestSummary {
        let isFirst = isIngesting.withLock { isIngesting in
            defer { isIngesting = true }
            return !isIngesting
        }
        guard isFirst else { throw IngestRunning() }
        defer { isIngesting.withLock { $0 = false } }
        let enclave: Enclave
        if isDryRun {
            enclave = try Enclave(folder: folder)
        } else {
            try await reload()
            enclave = current.enclave
        }
        return try await Ingestor(enclave: enclave, index: index, embedder: embedder)
            .ingest(scope, isDryRun: isDryRun, takes: takes, report)
    }
}

extension Engine {
    /// Lets `body` rotate the keys. One rotation at a time, from its beginning to its end: another one could wrap its epoch
    /// with the root key that this one is giving up.
    func rotateKeys(_ body: (KeyRotation) async throws -> Void) async throws {
        let isFirst = rotation.withLock { state in
            defer { state = .underWay }
            return state != .underWay
        }
        guard isFirst else { throw RotationRunning() }
        var end = RotationState.unfinished
        defer { rotation.withLock { $0 = end } }
        try await body(KeyRotation(keyStore: index.keyStore, source: current.enclave.settings.keys.root))
        end = .finished
    }

    /// Goes on with a rotation that an earlier process or a failure left in the middle, unless one is under way.
    func resumeRotation() async throws {
        guard rotation.withLock({ $0 == .unfinished }) else { return }
        do {
            try await rotateKeys { try await $0.resume() }
        } catch is RotationRunning {
            // A command came first, and goes on with it.
        }
    }
}

/// Another index or model, or other memory, cannot be taken over while the old one is open.
struct RestartNeeded: Error, CustomStringConvertible {
    let description =
        "`index`, `embedding`, `keys` or `service.vectors` changed in portcullis.yaml; restart `portcullis serve`"
}

/// One ingest at a time.
struct IngestRunning: Error, CustomStringConvertible {
    let description = "an ingest of this enclave is running; wait for it to end"
}

/// One rotation of keys at a time.
struct RotationRunning: Error, CustomStringConvertible {
    let description =
        "a rotation of this enclave's keys is under way, so no other was begun; wait until `portcullis keys status` shows "
        + "one epoch, and run this again if it is still needed"
}

/// Tells administrators when policies fail or labels no longer fit the schema: those labels are denied to everyone who
/// asks. Ids of policies and numbers, no values.
struct DecisionLog {
    let logger: Logger

    func report(_ report: DecisionReport) {
        for (policy, labels) in report.failures.sorted(by: { $0.key < $1.key }) {
            logger.error(
                "a policy failed; its labels are denied", metadata: ["policy": "\(policy)", "labels": "\(labels)"])
        }
        if !report.areNamesDistinguished {
            logger.error("what policies name has no label of its own yet; everything is denied; reload the rules")
        }
        if report.nonconforming > 0 {
            logger.error(
                "labels of the index do not fit the schema and are denied; ingest again",
                metadata: ["labels": "\(report.nonconforming)"])
        }
    }
}

/// The time of day.
enum Clock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    static var now: Int64 { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) }
}

extension EncoderPrecision {
    init(_ settings: EnclaveSettings.Precision) {
        switch settings {
        case .exact: self = .exact
        case .fast: self = .fast
        }
    }
}

extension EndpointConfiguration {
    init(_ settings: EndpointSettings) {
        self.init(
            url: settings.url.resource("embeddings"), destination: settings.url.destination.description,
            model: settings.model, dimension: settings.dimension, maximumTokens: settings.maximumTokens,
            keyFile: settings.keyFile?.path, certificateAuthority: settings.certificateAuthority?.path,
            timeoutSeconds: settings.timeoutSeconds, textsPerRequest: settings.textsPerRequest,
            isBatchInvariant: settings.isBatchInvariant)
    }
}

extension Enclave {
    package var queryLimits: Query.Limits {
        Query.Limits(queryBytes: settings.service.maximumQueryBytes, results: settings.service.maximumK)
    }

    package var filterParser: LabelFilterParser {
        LabelFilterParser(scheme: labelScheme) { attributeReader.filterValue($0, attribute: $1) }
    }
}
