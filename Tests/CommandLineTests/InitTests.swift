import Foundation
import TestSupport
import Testing

@Suite("portcullis init")
struct InitTests {
    /// One line of `questions.jsonl`.
    private struct Question: Decodable {
        let id, question, purpose, contains: String
        let maySee, mayNotSee: [String]

        enum CodingKeys: String, CodingKey {
            case id, question, purpose, contains
            case maySee = "may_see"
            case mayNotSee = "may_not_see"
        }
    }

    @Test("What it writes ingests, and answers its own questions to those who may see the answers, and to nobody else")
    func ingestsAndAnswers() async throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "my works").path
        let outcome = try await Program.run("init", path, "--name", "works", "--model", Program.model.path)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")

        let ingest = try await Program.run("ingest", path)
        #expect(ingest.status == 0, "\(ingest.output)\(ingest.errors)")
        #expect(!ingest.errors.contains("warning"))
        let labels = try await Program.run("labels", path)
        #expect(labels.output.contains("C//PAY"))

        let lines = try String(contentsOfFile: path + "/questions.jsonl", encoding: .utf8).split(separator: "\n")
        #expect(lines.count >= 4)
        for line in lines {
            let question = try JSONDecoder().decode(Question.self, from: Data(line.utf8))
            for (people, isShown) in [(question.maySee, true), (question.mayNotSee, false)] {
                for person in people {
                    let answer = try await Program.run(
                        "retrieve", path, "--as", person, "--purpose", question.purpose, "-k", isShown ? "3" : "50",
                        "--json", question.question)
                    #expect(answer.status == 0, "\(question.id) as \(person): \(answer.errors)")
                    #expect(answer.output.contains(question.contains) == isShown, "\(question.id) as \(person)")
                }
            }
        }
    }

    @Test("The three commands that it prints work when they are pasted, and two people get two answers")
    func nextCommands() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            ["init", "it's mine", "--model", Program.model.path], environment: [:], in: folder.url)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let commands = outcome.output.split(separator: "\n").filter { $0.hasPrefix("  ") }.map(String.init)
        try #require(commands.count == 3, "\(outcome.output)")
        var answers: [String] = []
        for command in commands {
            let shell = try await RunningProgram(
                executable: URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", command], folder: folder.url
            ).outcome()
            #expect(shell.status == 0, "\(command): \(shell.errors)")
            answers.append(shell.output)
        }
        #expect(answers[0].contains("added"))
        #expect(answers[1].contains("52 newton metres"))
        #expect(answers[2].contains("recalled") && !answers[2].contains("newton metres"))
    }

    @Test("A folder with something in it is left as it is")
    func refuses() async throws {
        let folder = try TemporaryFolder()
        try folder.write("mine", to: "full/note.txt")
        let outcome = try await Program.run("init", folder.url.appending(path: "full").path)
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("is not empty (1 entry)"), "\(outcome.errors)")
        let entries = try FileManager.default.contentsOfDirectory(atPath: folder.url.appending(path: "full").path)
        #expect(entries == ["note.txt"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["full"])
    }

    @Test("The folder that one is in can be filled; without a model it says how to get one")
    func currentFolder() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(["init", ".", "--name", "here"], environment: [:], in: folder.url)
        #expect(outcome.status == 0 && outcome.errors.contains("make model"), "\(outcome.errors)")
        let settings = try String(contentsOf: folder.url.appending(path: "portcullis.yaml"), encoding: .utf8)
        #expect(settings.contains("model: .cache/models/all-MiniLM-L6-v2\n"), "\(settings)")
    }
}
