import Foundation
import TestSupport
import Testing

extension Program {
    /// The small enclave, in which Alice and Bob may erase and hold and Alice may verify, passages can be about people, and
    /// backups have a place.
    static func recordsEnclave(
        settings more: String = "", files: [String: String] = [:]
    ) throws -> SampleEnclave {
        let context =
            "context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String }"
        let schema = try #require(SampleEnclave.settings["policies/schema.cedarschema"])
            .replacing("categories: Set<String>,", with: "categories: Set<String>,\n    subjects: Set<String>,")
        let labels = try #require(SampleEnclave.settings["labels.yaml"])
            .replacing("  expires: {", with: "  subjects: {join: union, default: []}\n  expires: {")
        let settings = try #require(SampleEnclave.settings["portcullis.yaml"])
            .replacing("model: ../model", with: "model: \(model.path)")
        let all = [
            "portcullis.yaml": settings + """

                backup: {folder: ../backups, key_folder: ../key-backups, key_days: 7}
                \(more)
                """,
            "labels.yaml": labels,
            "policies/schema.cedarschema": schema + """

                action erase, hold, verify appliesTo {
                    principal: [Person], resource: [Passage],
                    \(context),
                };
                """,
            "policies/records.cedar": """
            @id("records")
            permit (principal in Group::"staff", action in [Action::"erase", Action::"hold"], resource)
            when { principal.clearance >= 1 };

            @id("verification")
            permit (principal == Person::"alice", action == Action::"verify", resource);
            """,
        ]
        return try SampleEnclave(files: all.merging(files) { $1 })
    }
}
