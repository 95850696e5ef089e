import AccessControl
import Cedar
import Crypto
import Foundation
import Passages

/// The schema and the policies of an enclave: `policies/schema.cedarschema` and `policies/*.cedar`.
struct PolicyFolder {
    let schema: Schema?
    let policies: PolicySet?
    /// Policies that are valid and probably not meant.
    let warnings: [EnclaveProblem]
    /// 16 hexadecimal digits of a SHA-256 over names and bytes of these files: equal for equal policies.
    let version: String

    /// Reports what does not parse, what is not strictly valid by the schema, and what decisions for labels could not do justice to.
    init(_ folder: EnclaveFolder, log: ProblemLog) {
        let names = folder.names(in: "policies").filter { $0.hasSuffix(".cedar") }
        for name in folder.names(in: "policies") where !Self.belongs(name) {
            log.report(
                file: "policies/\(name)",
                "is not read: policies are in *.cedar files of this very folder; rename it, or move it elsewhere")
        }
        let schemaSource = folder.read(SchemaRequirements.file, limit: EnclaveLimits.policyBytes, log: log)
        var sources: [(file: String, source: [UInt8])] = []
        var total = schemaSource?.count ?? 0
        for name in names {
            guard let source = folder.read("policies/\(name)", limit: EnclaveLimits.policyBytes, log: log) else {
                continue
            }
            total += source.count
            sources.append((file: "policies/\(name)", source: source))
        }
        if total > EnclaveLimits.policyBytes {
            log.report(nil, "the files have \(total) bytes together; the limit is \(EnclaveLimits.policyBytes)")
        }
        if names.isEmpty { log.report(nil, "there is no *.cedar file, so nobody may read anything; write a policy") }
        schema = schemaSource.flatMap { Self.schema($0, log: log) }
        policies = Self.policies(sources, log: log)
        if let schema, let policies, log.problems.isEmpty {
            let result = Validator(schema: schema).validate(policies)
            log.report(result.errors)
            warnings = result.warnings.map(EnclaveProblem.init) + Self.wide(policies, schema)
        } else {
            warnings = []
        }
        version = Self.version([(SchemaRequirements.file, schemaSource ?? [])] + sources)
    }

    /// Anything else may be a policy with a slip in its name, and a `forbid` that is not read holds nothing back.
    private static func belongs(_ name: String) -> Bool {
        name.hasSuffix(".cedar") || name.hasSuffix(".md") || name == "schema.cedarschema" || name == "tests"
    }

    private static func schema(_ source: [UInt8], log: ProblemLog) -> Schema? {
        do {
            return try Schema(parsing: source, file: SchemaRequirements.file)
        } catch {
            log.report(error)
            return nil
        }
    }

    private static func policies(_ sources: [(file: String, source: [UInt8])], log: ProblemLog) -> PolicySet? {
        do {
            let policies = try PolicySet(parsing: sources)
            for template in policies.templates {
                log.report(
                    at: template.body,
                    "is a template, which decides nothing until it is linked; write an entity in place "
                        + "of \(template.slots.map(\.rawValue).joined(separator: " and "))")
            }
            for policy in policies.policies {
                for uid in policy.resourceNames.sorted() where PassageID(uid.id.description) == nil {
                    log.report(
                        at: policy,
                        "names \(uid); an id of a document or passage is the 32 hexadecimal digits that citations and "
                            + "`portcullis explain` show")
                }
            }
            return policies
        } catch {
            log.report(error)
            return nil
        }
    }

    /// Permits that give what they were hardly written for: who thinks of reading and leaves the action open permits
    /// all that the schema declares.
    private static func wide(_ policies: PolicySet, _ schema: Schema) -> [EnclaveProblem] {
        let more = AdministrativeAction.allCases.filter { schema.action($0.uid) != nil }.map(\.rawValue)
        guard !more.isEmpty else { return [] }
        return policies.policies.filter { $0.effect == .permit && $0.action == .any }.map {
            EnclaveProblem(
                $0.origin,
                message:
                    "the permit leaves the action open, and so permits to \(more.joined(separator: " and to ")) too; "
                    + "write action == Action::\"retrieve\" if it is about reading")
        }
    }

    /// Each name and each file with its length before it, so that nothing can move from one to the next.
    static func version(_ files: [(file: String, source: [UInt8])]) -> String {
        var hash = SHA256()
        for (file, source) in files {
            for part in [Array(file.utf8), source] {
                withUnsafeBytes(of: UInt64(part.count).bigEndian) { hash.update(bufferPointer: $0) }
                hash.update(data: part)
            }
        }
        return Hexadecimal.text(hash.finalize().prefix(8))
    }
}

extension ProblemLog {
    fileprivate func report(at policy: Policy, _ message: String) {
        report(policy: policy.origin, "the policy \(message)")
    }
}
