package import AccessControl
package import Passages

/// What the doors of the program ask, whatever the index behind it: the whole one, or that of one caller alone in
/// verification.
package protocol PassageService: Sendable {
    func retrieve(_ query: Query, for request: AccessRequest) async throws -> Answer

    /// One passage; nil when it does not exist and when the caller may not read it, without telling which.
    func passage(_ id: PassageID, for request: AccessRequest) async throws -> CitedPassage?

    /// What the caller may read of one document; nil when that is nothing, for whatever reason.
    func document(_ id: DocumentID, for request: AccessRequest) async throws -> CitedDocument?
}

extension Retriever: PassageService {}
