import Cedar
import CedarCases
import Foundation
import Testing

@Suite struct CaseFileTests {
    private func verdict(_ line: String) throws -> [String] {
        try PolicyCase(line: Array(line.utf8)).verdictLines()
    }

    private let request = """
        {"principal": {"type": "User", "id": "e\u{301}"}, "action": {"type": "Action", "id": "read"}, \
        "resource": {"type": "File", "id": "f"}, "context": {}}
        """

    @Test("A request has a line with its position, the decision, the reasons and the number of errors")
    func decided() throws {
        let lines = try verdict(
            """
            {"name": "n", "policies": "permit(principal, action, resource); permit(principal, action, resource) \
            when { 1 + \\"a\\" == 2 };", "entities": [], "requests": [\(request), \(request)]}
            """)
        let rest = #""validates":null,"decision":"allow","reason":["policy0"],"errors":1}"#
        #expect(lines == [#"{"name":"n","request":0,"# + rest, #"{"name":"n","request":1,"# + rest])
    }

    @Test("A link decides for its entity, to the byte")
    func links() throws {
        func decision(_ id: String) throws -> [String] {
            try verdict(
                """
                {"policies": "permit(principal == ?principal, action, resource);", "entities": [], \
                "links": [{"template": "policy0", "id": "link", "values": {"?principal": {"type": "User", "id": "\(id)"}}}], \
                "request": \(request)}
                """)
        }
        #expect(
            try decision("e\u{301}")
                == [#"{"name":"line 1","request":0,"validates":null,"decision":"allow","reason":["link"],"errors":0}"#])
        #expect(
            try decision("\u{E9}")
                == [#"{"name":"line 1","request":0,"validates":null,"decision":"deny","reason":[],"errors":0}"#])
    }

    @Test("Without requests there is one line, which says whether the policies are valid", arguments: [true, false])
    func withoutRequests(isValid: Bool) throws {
        let lines = try verdict(
            """
            {"policies": "permit(principal is \(isValid ? "User" : "Robot"), action, resource);", "entities": [], \
            "schema": "entity User; action read appliesTo { principal: User, resource: User };"}
            """)
        #expect(lines == [#"{"name":"line 1","validates":\#(isValid)}"#])
    }

    @Test(
        "A text that cannot be used is named, with the place",
        arguments: [
            ("\"policies\": \"permit(principal,\\n action resource);\", \"entities\": []", "policies", 2, 9),
            ("\"policies\": \"\", \"schema\": \"entity User\", \"entities\": []", "schema", 1, 12),
            ("\"policies\": \"\", \"entities\": \"[1.5]\"", "entities", 1, 2),
            ("\"policies\": \"\", \"entities\": [ {} ]", "entities", 1, 3),
            (
                #""policies": "", "schema": "entity U;", "entities": [{"uid": {"type": "U", "id": "a"}, "attrs": {}, "#
                    + #""parents": []},  {"uid": {"type": "V", "id": "a"}, "attrs": {}, "parents": []}]"#,
                "entities", 1, 74
            ),
            (#""policies": "", "entities": [], "links": [{"template": "t", "id": "l", "values": {}}]"#, "links", 1, 1),
        ])
    func faults(members: String, file: String, line: Int, column: Int) throws {
        let lines = try verdict("{\"name\": \"n\", \(members)}")
        #expect(lines.count == 1)
        let start = #"{"name":"n","parseError":{"file":"\#(file)","line":\#(line),"column":\#(column),"message":""#
        #expect(lines[0].hasPrefix(start), "\(lines[0])")
    }

    @Test("A context that does not parse and a request that does not conform are refused, each by itself")
    func refused() throws {
        let odd = request.replacing("\"context\": {}", with: "\"context\": \"{\"")
        let strange = request.replacing("Action", with: "Reaction")
        let lines = try verdict(
            """
            {"policies": "", "entities": [], "schema": "entity User, File; action read appliesTo { principal: User, \
            resource: File };", "requests": [\(odd), \(strange), \(request)]}
            """)
        #expect(lines.count == 3)
        #expect(lines[0].contains(#""request":0,"validates":true,"refused":{"file":"context","line":1,"column":2"#))
        #expect(lines[1].contains(#""request":1,"validates":true,"refused":{"file":"request","#))
        #expect(lines[2].hasSuffix(#""decision":"deny","reason":[],"errors":0}"#))
    }

    @Test("A line that is no case is an error that says where", arguments: ["", "[]", "{}", "{\"policies\": 1}"])
    func noCase(line: String) {
        #expect(throws: ParseError.self) { try verdict(line) }
    }

    @Test("Lines are read from plain and packed files; what is no gzip, and what is not there, is said")
    func files() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cases-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let plain = folder.appending(path: "a.jsonl")
        try Data("{}\n\n[]\n".utf8).write(to: plain)
        #expect(try await CaseFile(path: plain.path).lines() == [Array("{}".utf8), Array("[]".utf8)])
        let wrong = folder.appending(path: "a.jsonl.gz")
        try Data("{}\n".utf8).write(to: wrong)
        await #expect(throws: CaseFile.Failure.self) { try await CaseFile(path: wrong.path).lines() }
        await #expect(throws: CaseFile.Failure.self) { try await CaseFile(path: plain.path + "x").lines() }
    }
}
