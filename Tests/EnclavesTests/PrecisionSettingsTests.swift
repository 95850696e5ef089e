import Testing

@testable import Enclaves

@Suite("The precision of the model in this process")
struct PrecisionSettingsTests {
    private func precision(_ line: String) throws -> EnclaveSettings.Precision? {
        let text = "embedding:\n  model: ../models/all-MiniLM-L6-v2\n" + line
        let embedding = try EndpointSettingsTests.sample(text).write { try Enclave(folder: $0).settings.embedding }
        return if case .model(_, let precision) = embedding { precision } else { nil }
    }

    @Test("It is exact where nothing is said, and what is said elsewhere")
    func values() throws {
        #expect(try precision("") == .exact)
        #expect(try precision("  precision: exact") == .exact)
        #expect(try precision("  precision: fast") == .fast)
    }

    @Test("Anything else is refused", arguments: ["Fast", "int8", "true", "\"\"", "[fast]"])
    func mistakes(value: String) throws {
        do {
            _ = try precision("  precision: \(value)")
            Issue.record("the mistake goes unnoticed")
        } catch let error as EnclaveError {
            let first = try #require(error.problems.first?.description)
            #expect(first.hasPrefix("portcullis.yaml:") && first.contains("`embedding.precision`"), "\(error)")
        }
    }
}
