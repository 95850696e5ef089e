import AccessControl
import Cedar
import Enclaves
import Foundation
import Labels
import Testing

/// Who of the sample enclaves may erase or hold what: everyone of the store is asked, for each of their purposes.
@Suite("Erasing and holding in the sample enclaves")
struct SampleErasureTests {
    struct Case: CustomTestStringConvertible {
        let enclave: String
        let path: ByteText
        let erase: Set<ByteText>
        let hold: Set<ByteText>

        var testDescription: String { "\(enclave): \(path)" }
    }

    private static let cases = [
        Case(
            enclave: "clinic", path: "patients/PT-7F3K/plan.md", erase: ["grace.okafor"],
            hold: ["grace.okafor", "martin.esker"]),
        Case(
            enclave: "clinic", path: "marketing/campaigns/spring.md", erase: ["grace.okafor"],
            hold: ["grace.okafor", "martin.esker"]),
        Case(enclave: "clinic", path: "plans/ostler-terms.md", erase: [], hold: ["martin.esker"]),
        Case(enclave: "clinic", path: "public/index.html", erase: [], hold: ["martin.esker"]),
        Case(
            enclave: "aerospace", path: "hr/restricted/bands.md", erase: ["dana.whitlock"],
            hold: ["julia.merrow", "noor.haddad"]),
        Case(
            enclave: "aerospace", path: "projects/heron/tdp/drawing.md", erase: [],
            hold: ["julia.merrow", "noor.haddad"]),
        Case(enclave: "aerospace", path: "hr/cases/report.md", erase: [], hold: ["julia.merrow", "noor.haddad"]),
        Case(enclave: "aerospace", path: "public/brochure.md", erase: [], hold: ["julia.merrow", "noor.haddad"]),
    ]

    private func allowed(
        _ action: AdministrativeAction, on label: Label, in enclave: Enclave, mfa: Bool
    ) throws -> Set<ByteText> {
        let network = try #require(IPAddress(parsing: "127.0.0.1"))
        let now: Int64 = 1_795_000_000_000
        return Set(
            enclave.principals.principals.filter { principal in
                enclave.settings.purposes.contains { purpose in
                    let request = AccessRequest(
                        principal: principal.uid, purpose: purpose, now: now, network: network, mfa: mfa)
                    return principal.purposes.contains(purpose)
                        && (try? enclave.authorizer.authorization(of: action, on: [label], for: request)) != nil
                }
            }.map(\.id))
    }

    @Test("These and nobody else, and none of them with one factor", arguments: cases)
    func people(_ sample: Case) throws {
        let enclave = try Enclave(folder: PolicyTestTests.corpus.appending(path: sample.enclave))
        let label = try enclave.labelRules.labeling(path: sample.path).documentLabel
        #expect(try allowed(.erase, on: label, in: enclave, mfa: true) == sample.erase)
        #expect(try allowed(.hold, on: label, in: enclave, mfa: true) == sample.hold)
        for action in AdministrativeAction.allCases {
            #expect(try allowed(action, on: label, in: enclave, mfa: false).isEmpty)
        }
    }
}
