import Enclaves
import Foundation
import IndexStore
import Ingest
import Labels
import Retrieval
import Testing

@testable import QueryService

@Suite("The sample enclaves, with the real model")
struct CorpusTests {
    /// The least share of (question, person) for which the right passage is among the first three.
    static let goal = 0.85
    static let names = CorpusEnclave.Name.allCases

    /// One file lies where no rule reaches, so that setting aside is seen.
    static let strays: [CorpusEnclave.Name: String] = [
        .aerospace: "inbox/scan-0093-receiving-note.txt", .clinic: "inbox/scan-2291-faxed-letter.txt",
    ]

    @Test("Everything is ingested but the file in the inbox", arguments: names)
    func ingests(name: CorpusEnclave.Name) async throws {
        let enclave = try await CorpusEnclave.shared(name)
        #expect(enclave.summary.setAside.map(\.path) == [Self.strays[name]])
        #expect(enclave.summary.added >= 40)
        #expect(enclave.engine.index.snapshot().passageCount == enclave.summary.passages)
        #expect(enclave.engine.current.enclave.warnings.isEmpty)
        #expect(enclave.engine.current.enclave.principals.principals.count >= 8)
    }

    @Test("Four people get four different right answers to the demo's question", arguments: names)
    func demo(name: CorpusEnclave.Name) async throws {
        let enclave = try await CorpusEnclave.shared(name)
        let question = try #require(try enclave.questions().first)
        let answers = try #require(question.answers, "the first question has the answers of the demo")
        #expect(answers.count == 4)
        var best: Set<String> = []
        for (person, place) in answers {
            let passage = try #require(try await enclave.ask(question, as: person, count: 5).first)
            #expect(enclave.isPassage(passage, at: place), "\(person) gets: \(passage.text)")
            best.insert(passage.text)
        }
        #expect(best.count == answers.count)
    }

    @Test("Who may see a passage finds it, and nobody else does", arguments: names)
    func questions(name: CorpusEnclave.Name) async throws {
        let enclave = try await CorpusEnclave.shared(name)
        let questions = try enclave.questions()
        #expect(questions.count >= 30)
        var asked = 0
        var missed: [String] = []
        for question in questions {
            #expect(!question.maySee.isEmpty && !question.mayNotSee.isEmpty, "\(question.id) has readers and others")
            for person in question.maySee {
                asked += 1
                let passages = try await enclave.ask(question, as: person, count: 3)
                if !passages.contains(where: { enclave.isPassage($0, at: question.place) }) {
                    missed.append("\(question.id) as \(person)")
                }
            }
            for person in question.mayNotSee {
                guard try enclave.mayState(question.purpose, person) else { continue }
                let passages = try await enclave.ask(question, as: person, count: 50)
                let document = try await enclave.document(question.document, as: person, purpose: question.purpose)
                for passage in passages + (document?.passages ?? []) {
                    #expect(!enclave.isPassage(passage, at: question.place), "\(question.id) shown to \(person)")
                }
            }
        }
        let share = Double(asked - missed.count) / Double(asked)
        print("\(name): the right passage among the first 3 in \(asked - missed.count) of \(asked)")
        print(missed.map { "  not for \($0)\n" }.joined(), terminator: "")
        #expect(asked >= 100 && share >= Self.goal, "not among the first three: \(missed)")
    }

    @Test("A question shares few words with its answer, and another label contradicts the answer", arguments: names)
    func nearMisses(name: CorpusEnclave.Name) async throws {
        let enclave = try await CorpusEnclave.shared(name)
        for question in try enclave.questions() {
            let answers = try await enclave.passages(at: question.place)
            let others = try await enclave.passages(at: question.nearMiss)
            #expect(!answers.isEmpty, "\(question.id): the answer stands nowhere")
            #expect(!others.isEmpty, "\(question.id): the near miss stands nowhere")
            #expect(
                Set(answers.map(\.label)).isDisjoint(with: others.map(\.label)),
                "\(question.id): the near miss has the label of the answer")
            for answer in answers {
                let shared = ContentWords.shared(question.question, answer.text, around: question.contains)
                #expect(shared.count <= 3, "\(question.id) shares \(shared.sorted())")
            }
        }
    }

    /// What a file says of itself can only tighten; nothing in `labels.yaml` lets these two lower anything.
    static let planted = [
        (
            path: "projects/kittiwake/KD-55230-actuator-housing-notes.md", reader: "marcus.odell",
            mark: "(U) Seal glands"
        ),
        (path: "projects/heron/tdp/ECN-1182-hinge-fitting.txt", reader: "lena.hartwig", mark: "HN-20417-3"),
    ]

    @Test("A planted portion mark and planted front matter loosen nothing", arguments: planted)
    func plantedMarks(path: String, reader: String, mark: String) async throws {
        let enclave = try await CorpusEnclave.shared(.aerospace)
        let document = try #require(
            try await enclave.document(path, as: reader, purpose: "engineering"), "\(reader) reads \(path)")
        #expect(document.passages.contains { $0.text.contains(mark) }, "what was planted is there")
        for passage in document.passages {
            #expect(
                passage.attributes.contains { $0.name == "classification" && $0.value == .string("cui") })
            #expect(passage.marking.hasPrefix("CUI//"))
        }
        for stranger in ["tobias.finch", "priya.raman", "harriet.jennings"] {
            #expect(try await enclave.document(path, as: stranger, purpose: "engineering") == nil)
        }
    }
}
