package import IndexStore
package import Retrieval

/// A command on an enclave, as one process asks another for it.
package enum ControlCommand: Codable, Sendable {
    case ingest(IngestArguments)
    /// Puts the rules, policies and principals that the folder has now in force.
    case reload
    case retrieve(RetrieveArguments)
    case labels(json: Bool)
    case explain(path: String, json: Bool)
    case check(json: Bool)
    /// Why a person may read a document or may not.
    case explainDecision(person: String, path: String, purpose: String?, json: Bool)
    /// What the policies and principals of another folder would change.
    case comparePolicies(folder: String, json: Bool)
    case keyStatus(json: Bool)
    case rotateKeys(root: Bool)
    case erase(EraseArguments)
    /// Carries out what another person asked for.
    case confirm(id: String, identity: Identity, purpose: String?, json: Bool)
    /// Erasures, and what waits for a second person.
    case erasures(json: Bool)
    case certificate(id: String)
    case hold(scope: RecordScope, reason: String, identity: Identity, purpose: String?, json: Bool)
    case release(id: String, reason: String, identity: Identity, purpose: String?, json: Bool)
    case holds(json: Bool)
    case sweep(isDryRun: Bool, json: Bool)
    case backUp(json: Bool)
    /// Compares what each principal is answered with what he should be.
    case verify(VerifyArguments)

    /// Who asks for an action that policies decide about.
    package enum Identity: Codable, Sendable {
        /// In development, by name.
        case person(String)
        /// A bearer token, as the query service takes it.
        case token(String)
    }

    package struct EraseArguments: Codable, Sendable {
        package let scope: RecordScope
        package let reason: String
        /// Whether documents about other people too go with a subject.
        package let includesShared: Bool
        package let identity: Identity
        package let purpose: String?
        package let json: Bool

        package init(
            scope: RecordScope, reason: String, includesShared: Bool, identity: Identity, purpose: String?, json: Bool
        ) {
            self.scope = scope
            self.reason = reason
            self.includesShared = includesShared
            self.identity = identity
            self.purpose = purpose
            self.json = json
        }
    }

    package struct VerifyArguments: Codable, Sendable {
        /// All where nil.
        package let principal: String?
        /// The absolute path of a file of questions; they are made of the index where nil.
        package let queries: String?
        package let seed: UInt64
        package let identity: Identity
        package let purpose: String?
        package let json: Bool
        package let page: PageStyle

        package init(
            principal: String?, queries: String?, seed: UInt64, identity: Identity, purpose: String?, json: Bool,
            page: PageStyle
        ) {
            self.principal = principal
            self.queries = queries
            self.seed = seed
            self.identity = identity
            self.purpose = purpose
            self.json = json
            self.page = page
        }
    }

    package struct IngestArguments: Codable, Sendable {
        /// Whether documents whose labels changed are all that is taken up.
        package let labelsOnly: Bool
        package let isDryRun: Bool
        /// Whether files leave the folder once the index holds them.
        package let takes: Bool
        package let json: Bool

        package init(labelsOnly: Bool = false, isDryRun: Bool = false, takes: Bool = false, json: Bool = false) {
            self.takes = takes
            self.labelsOnly = labelsOnly
            self.isDryRun = isDryRun
            self.json = json
        }
    }

    package struct RetrieveArguments: Codable, Sendable {
        package let person: String
        package let question: String
        package let count: Int
        package let purpose: String?
        /// A filter in the JSON form of the query service.
        package let filter: String?
        package let minimumScore: Double?
        package let options: SearchOptions
        package let json: Bool
        /// Whether the reader is a terminal that shows colours, and how wide it is.
        package let page: PageStyle

        package init(
            person: String, question: String, count: Int, purpose: String?, filter: String?, minimumScore: Double?,
            options: SearchOptions = SearchOptions(), json: Bool, page: PageStyle
        ) {
            self.person = person
            self.question = question
            self.count = count
            self.purpose = purpose
            self.filter = filter
            self.minimumScore = minimumScore
            self.options = options
            self.json = json
            self.page = page
        }
    }
}

/// What a command says while it runs, one JSON object a line.
package enum ControlEvent: Codable, Sendable {
    /// Text for standard output.
    case output(String)
    /// Text for standard error.
    case diagnostic(String)
    case progress(done: Int, total: Int, path: String)
    /// The last event.
    case exit(ExitStatus)
}

/// How a command ended.
package enum ExitStatus: Int32, Codable, Sendable {
    case success = 0
    /// The command could not be carried out.
    case failure = 1
    /// The command was carried out, and something was set aside or found wrong.
    case incomplete = 3
}
