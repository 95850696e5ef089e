import AccessControl
import Cedar
import Foundation
import Labels
import TestSupport
import Testing

@testable import QueryService

@Suite("Verification: questions from a file")
struct QueryFileTests {
    private func file(_ text: String) throws -> QueryFile {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "questions.txt")
        defer { withExtendedLifetime(folder) {} }
        return try QueryFile(path: folder.url.appending(path: "questions.txt").path)
    }

    private func bodies(_ file: QueryFile, purpose: String?) -> [String] {
        let bob = Principal(
            uid: EntityUID(type: Principal.personType, id: "bob"), displayName: "Bob", purposes: ["work", "audit"])
        return file.requests(for: purpose, of: bob).map { "\($0.name) \($0.body ?? "")" }
    }

    @Test("Plain text and bodies; a body for another purpose of his waits for that one")
    func lines() throws {
        let file = try file(
            """
            How tight is the bolt?\r

            {"query": "a \\"wing\\"", "k": 3}
            {"query": "b", "purpose": "work"}
            {"query": "c", "purpose": "audit"}
              {"query": "d", "purpose": "espionage"}
            """)
        #expect(
            bodies(file, purpose: "work") == [
                #"line 1 {"query":"How tight is the bolt?","k":5,"purpose":"work"}"#,
                #"line 3 {"query": "a \"wing\"", "k": 3,"purpose":"work"}"#,
                #"line 4 {"query": "b", "purpose": "work"}"#, #"line 6 {"query": "d", "purpose": "espionage"}"#,
            ])
        #expect(bodies(file, purpose: "audit").map { $0.prefix(6) } == ["line 1", "line 3", "line 5", "line 6"])
        for body in bodies(file, purpose: "work") {
            #expect(throws: Never.self) { try RetrieveBody(Array(body.dropFirst(7).utf8)) }
        }
    }

    @Test(
        "A line that is no question is named, and not repeated",
        arguments: [
            ("one\n{\"query\": \"lighthouse\"", "line 2"), ("{\"query\": 5}", "line 1"),
            ("a\nb\n\n{\"question\": \"lighthouse\"}", "line 4"), ("{}", "line 1"),
            ("a\n{\"query\": \"lighthouse\", \"query\": \"x\"}", "line 2"),
            ("a\n" + String(repeating: "lighthouse", count: 30_000), "line 2"),
        ])
    func badLines(text: String, place: String) throws {
        let error = try #require(throws: QueryFileError.self) { try file(text) }
        #expect(error.description.contains("questions.txt, \(place): "), "\(error)")
        #expect(!error.description.contains("lighthouse"))
    }

    @Test("A file that is not there, and one without a question")
    func badFiles() throws {
        #expect(throws: QueryFileError.self) { try QueryFile(path: "/nowhere/questions.txt") }
        #expect(try #require(throws: QueryFileError.self) { try file("\n \n") }.description.contains("no question"))
    }
}
