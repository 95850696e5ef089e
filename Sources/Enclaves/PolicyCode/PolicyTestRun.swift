package import Cedar
import Foundation

/// The tests in an enclave's `policies/tests`, carried out.
package struct PolicyTestRun: Sendable {
    /// One test and what came of it.
    package struct Outcome: Sendable {
        package let file: String
        package let test: PolicyTest
        package let result: PolicyTest.Result

        package var isPassed: Bool { result == test.expected }
    }

    package static let folder = "policies/tests"

    /// By file, in the order of the tests.
    package let outcomes: [Outcome]
    /// Policies that no test has decide anything, by their names.
    package let untested: [String]

    /// Reads and runs all `*.json` files of the folder. Each request is checked by the enclave's schema.
    ///
    /// - Throws: `EnclaveError` with every file that cannot be read.
    package init(_ enclave: Enclave) throws(EnclaveError) {
        let files = EnclaveFolder(url: enclave.folder)
        let log = ProblemLog(file: Self.folder)
        var outcomes: [Outcome] = []
        for name in files.names(in: Self.folder) where name.hasSuffix(".json") {
            let file = "\(Self.folder)/\(name)"
            guard let json = files.read(file, limit: EnclaveLimits.policyBytes, log: log) else { continue }
            do {
                for test in try PolicyTest.read(json: json, schema: enclave.schema, file: file) {
                    outcomes.append(Outcome(file: file, test: test, result: test.result(by: enclave.policies)))
                }
            } catch {
                log.report(policy: error.location, error.message)
            }
        }
        guard log.problems.isEmpty else { throw EnclaveError(problems: log.problems) }
        self.outcomes = outcomes
        let deciding = outcomes.reduce(into: Set<CedarString>()) { $0.formUnion($1.test.reasons) }
        untested = enclave.policies.policies.map(\.name).filter { !deciding.contains($0) }.map(\.description)
    }

    package var failures: [Outcome] { outcomes.filter { !$0.isPassed } }
}
