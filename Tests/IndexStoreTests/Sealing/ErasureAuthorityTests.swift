import AccessControl
import Cedar
import Foundation
import GRDB
import Labels
import Passages
import Sealing
import TestSupport
import Testing
import VectorSearch

@testable import IndexStore

@Suite("On whose word documents are erased")
struct ErasureAuthorityTests {
    private static func authorization(_ person: String, of id: DocumentID, in index: SQLiteIndex) async throws
        -> AuthorizedAction
    {
        let schema = """
            entity Group;
            entity Document;
            entity Person, Service in [Group];
            entity Passage in [Document] { level: String };
            action retrieve, erase appliesTo {
                principal: [Person, Service], resource: [Passage],
                context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String },
            };
            """
        let uid = EntityUID(type: "Person", id: CedarString(person))
        let authorizer = try LabelAuthorizer(
            policies: PolicySet(parsing: "permit (principal, action, resource);"), schema: Schema(parsing: schema),
            entities: Entities([Entity(uid: uid)]))
        let labels = try #require(try await index.outline(of: id)).labels
        return try authorizer.authorization(
            of: .erase, on: labels,
            for: AccessRequest(
                principal: uid, purpose: "records", now: 0, network: try #require(IPAddress(parsing: "127.0.0.1")),
                mfa: true))
    }

    @Test("Two persons are two, and what was decided holds for the labels of that moment")
    func authority() async throws {
        let (folder, index) = try await ErasureTests.filled()
        let id = index.keys.documentID(path: "a")
        let maria = try await Self.authorization("maria", of: id, in: index)
        let paul = try await Self.authorization("paul", of: id, in: index)
        let before = try await FullReading(index)
        await #expect(throws: IndexError.notAuthorized) {
            try await ErasureTests.erase([id], of: index, authority: .principals(maria, confirmedBy: maria))
        }
        // Of the second document only one label was decided about.
        let other = index.keys.documentID(path: "c")
        await #expect(throws: IndexError.notAuthorized) {
            try await ErasureTests.erase([id, other], of: index, authority: .principals(maria, confirmedBy: paul))
        }
        #expect(try await FullReading(index) == before && index.keyStore.register.erasures.isEmpty)
        try await index.distinguishing(ResourceNames([EntityReference(type: "Document", id: ByteText(id.description))]))
        await #expect(throws: IndexError.notAuthorized) {
            try await ErasureTests.erase([id], of: index, authority: .principals(maria, confirmedBy: paul))
        }
        #expect(try await index.documentList().count == 6)
        let again = try await Self.authorization("maria", of: id, in: index)
        let confirmed = try await Self.authorization("paul", of: id, in: index)
        let erasure = try await ErasureTests.erase(
            [id], of: index, authority: .principals(again, confirmedBy: confirmed))
        #expect(erasure.authority == again.principalName && erasure.confirmedBy == confirmed.principalName)
        #expect(try await index.documentList().count == 5)
        _ = folder
    }
}
