import Enclaves
import IndexStore
import Labels
import Passages
import Retrieval

/// The requests of somebody who wants to find out what he may not read, made of the index itself.
///
/// They are a function of the index, the enclave, the seed, and who asks for what purpose:
///
/// | what | how many |
/// | --- | --- |
/// | the first words of passages, of as many labels as there are, whether he may read them or not, in any mode | `sharedSamples` |
/// | the first words of passages that he may read | `ownSamples` |
/// | three words of some of both in quotes, as a phrase | `phrases` |
/// | the headings above some of both, or their titles | `headings` |
/// | as many results as can be asked for, in each mode; a lowest score | 6 |
/// | a filter by each attribute, with a value that some label has, and by one that does not exist | `filters` |
/// | these passages and their documents by their ids, ids that nothing has, and what is no id | `fetched` |
/// | bodies, fields, purposes and paths that are refused | 12 |
struct GeneratedRequests {
    static let sharedSamples = 12
    static let ownSamples = 4
    private static let phrases = 3
    private static let headings = 4
    private static let filters = 12
    private static let fetched = 10

    let enclave: Enclave
    /// Labels of the whole index.
    let labels: [Label]
    let purpose: String?

    /// - Parameters:
    ///   - shared: The same for everybody, so that one asks for what another may read.
    ///   - own: What the one who asks may read.
    func requests(
        shared: [PassageSample], own: [PassageSample], using generator: inout ReplayGenerator
    ) -> [ReplayedRequest] {
        let samples = shared + own
        var requests = samples.map { sample in
            question(
                sample.words, k: [1, 3, 5, 10].randomElement(using: &generator) ?? 5,
                more: Self.options(using: &generator), "words of a passage")
        }
        requests += samples.shuffled(using: &generator).prefix(Self.phrases).map { sample in
            let words = sample.words.split(separator: " ").prefix(3).joined(separator: " ")
            return question("\"" + words.filter { $0 != "\"" } + "\"", "a phrase")
        }
        requests += samples.compactMap(\.heading).shuffled(using: &generator).prefix(Self.headings).map {
            question($0, "a heading")
        }
        let words = samples.randomElement(using: &generator)?.words ?? "everything"
        requests += SearchMode.allCases.map { mode in
            question(words, k: enclave.queryLimits.results, more: [Self.field(mode)], "all there is")
        }
        for score in ["0.25", "0.9999"] {
            requests.append(question(words, more: [("min_score", score)], "a lowest score"))
        }
        for filter in filters(using: &generator) {
            requests.append(question(words, k: 10, more: [("filter", filter)], "a filter"))
        }
        return requests + fetches(samples, using: &generator) + refused(samples, words)
    }

    private static func field(_ mode: SearchMode) -> (field: String, json: String) {
        ("mode", ReplayedRequest.quoted(mode.rawValue))
    }

    /// How to search and to choose.
    private static func options(using generator: inout ReplayGenerator) -> [(field: String, json: String)] {
        var options = [field(SearchMode.allCases.randomElement(using: &generator) ?? .hybrid)]
        if Int.random(in: 0..<4, using: &generator) == 0 { options.append(("diversity", "0.5")) }
        for name in ["collapse_duplicates", "snippets"] where Int.random(in: 0..<3, using: &generator) == 0 {
            options.append((name, "true"))
        }
        return options
    }

    private func question(
        _ text: String, k: Int = 5, more: [(field: String, json: String)] = [], _ name: String
    ) -> ReplayedRequest {
        .question(text, k: min(k, enclave.queryLimits.results), purpose: purpose, more: more, name: name)
    }

    private func filters(using generator: inout ReplayGenerator) -> [String] {
        var filters: [String] = []
        for name in enclave.labelScheme.attributes.keys.sorted().prefix(Self.filters) {
            let values = Set(labels.compactMap { $0.attributes[name] }).sorted()
            guard let value = values.randomElement(using: &generator) else { continue }
            let key = ReplayedRequest.quoted(name.string)
            let type = ["eq", "ne", "gte", "in"].randomElement(using: &generator) ?? "eq"
            filters.append(#"{"type":"\#(type)","key":\#(key),"value":\#(Self.json(value, isList: type == "in"))}"#)
        }
        return filters + [#"{"type":"eq","key":"no such attribute","value":"x"}"#]
    }

    private static func json(_ value: AttributeValue, isList: Bool) -> String {
        switch value {
        case .set(let members):
            let texts = members.sorted().prefix(isList ? 3 : 1).map { json($0, isList: false) }
            return isList ? "[\(texts.joined(separator: ","))]" : texts.first ?? "\"\""
        case _ where isList: return "[\(json(value, isList: false))]"
        case .bool(let value): return "\(value)"
        case .long(let value): return "\(value)"
        case .string(let text): return ReplayedRequest.quoted(text.string)
        case .entity(let reference): return ReplayedRequest.quoted(reference.id.string)
        case .datetime: return ReplayedRequest.quoted(value.description)
        }
    }

    private func fetches(
        _ samples: [PassageSample], using generator: inout ReplayGenerator
    ) -> [ReplayedRequest] {
        let chosen = samples.shuffled(using: &generator).prefix(Self.fetched)
        let absent = (0..<2).map { _ in
            (0..<32).map { _ in String(Int.random(in: 0..<16, using: &generator), radix: 16) }.joined()
        }
        let (passages, documents) = (chosen.map(\.id.description), chosen.map(\.document.description))
        // Ids of the one kind where the other is asked for, too.
        let ids = { (own: [String], other: [String]) in own + absent + ["nonsense"] + other.prefix(1) }
        return ids(passages, documents).map {
            .get("/v1/passages/\($0)", purpose: purpose, name: "a passage by its id")
        }
            + ids(documents, passages).map {
                .get("/v1/documents/\($0)", purpose: purpose, name: "a document by its id")
            }
    }

    private func refused(_ samples: [PassageSample], _ words: String) -> [ReplayedRequest] {
        let name = "a request that is refused"
        let id = samples.first?.id.description ?? "x"
        func question(_ text: String, k: Int = 5, more: [(field: String, json: String)] = []) -> ReplayedRequest {
            .question(text, k: k, purpose: purpose, more: more, name: name)
        }
        return [
            question(words, k: 0), question(words, k: enclave.queryLimits.results + 1), question(" "),
            question(words, more: [("min_score", "\"high\"")]), question(words, more: [("filter", "[]")]),
            question(words, more: [("limit", "5")]), question(words, more: [("k", "1")]),
            .question(words, purpose: "no such purpose", name: name), .body("no JSON", name: name),
            .get("/v1/passages/\(id)", purpose: "no such purpose", name: name),
            .get("/v1/passages", purpose: purpose, name: name), .get("/v1/nothing/\(id)", purpose: purpose, name: name),
        ]
    }
}
