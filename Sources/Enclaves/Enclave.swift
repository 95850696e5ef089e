package import AccessControl
package import Cedar
package import Foundation
package import Labels

/// One deployment: settings, policies, label rules, principals and documents, all in one folder that can be reviewed and
/// versioned. Opening reads and checks everything but the documents; what is wrong is reported at once, and nothing
/// starts on half an enclave (rule 4, fail closed).
package struct Enclave: Sendable {
    package let folder: URL
    package let settings: EnclaveSettings
    package let schema: Schema
    package let policies: PolicySet
    package var policyCount: Int { policies.count }
    /// 16 hexadecimal digits; equal policies and schema have equal versions.
    package let policyVersion: String
    /// 16 hexadecimal digits; equal label rules and schema have equal versions, and give a document equal labels.
    package let labelVersion: String
    /// What opens and is probably not meant: policies that can never apply, permits that leave the action open.
    package let warnings: [EnclaveProblem]
    package let labelRules: LabelRules
    /// How long documents are kept.
    package let retention: RetentionSchedule
    private let recordRules: [RecordRule]
    package let principals: PrincipalStore
    /// Reads front matter and sidecars.
    package let attributeReader: AttributeReader
    /// Decides by these policies about these principals.
    package let authorizer: LabelAuthorizer

    package var labelScheme: LabelScheme { labelRules.scheme }
    package var documents: URL { EnclaveFolder(url: folder).documents }
    /// Questions with known answers, one JSON object a line; need not exist.
    package var questions: URL { EnclaveFolder(url: folder).file("questions.jsonl") }

    /// How the records of a file are read; nil for a file that `records` in `labels.yaml` does not name.
    package func recordLayout(path: ByteText) -> RecordLayout? {
        recordRules.first { $0.patterns.contains { $0.matches(path) } }?.layout
    }

    /// Opens the enclave in a folder.
    package init(folder: URL) throws(EnclaveError) {
        let folder = URL(filePath: folder.path(percentEncoded: false), directoryHint: .isDirectory).standardizedFileURL
        let files = EnclaveFolder(url: folder)
        guard files.hasFolder("") else {
            throw EnclaveError(problems: [
                EnclaveProblem(
                    file: folder.lastPathComponent, message: "there is no such folder; name the folder of an enclave")
            ])
        }
        let settingsLog = ProblemLog(file: SettingsReader.file)
        let settings = files.yaml(SettingsReader.file, limit: EnclaveLimits.settingsBytes, log: settingsLog)
            .flatMap { SettingsReader(folder: folder, log: settingsLog).settings($0) }
        let policyLog = ProblemLog(file: "policies")
        let policyFolder = PolicyFolder(files, log: policyLog)
        let schemaLog = ProblemLog(file: SchemaRequirements.file)
        let labelsLog = ProblemLog(file: LabelsReader.file)
        let principalsLog = ProblemLog(file: PrincipalsReader.file)
        let labelsTree = files.yaml(LabelsReader.file, limit: EnclaveLimits.settingsBytes, log: labelsLog)
        let principalsTree = files.yaml(PrincipalsReader.file, limit: EnclaveLimits.principalsBytes, log: principalsLog)
        var labels: LabelsFile?
        var principals: PrincipalStore?
        if let schema = policyFolder.schema {
            SchemaRequirements(schema: schema, log: schemaLog).check()
            let reader = AttributeReader(schema: schema)
            Self.check(settings?.erasure, schema, settingsLog)
            labels = labelsTree.flatMap { LabelsReader(attributes: reader, log: labelsLog).file($0) }
            principals = principalsTree.flatMap {
                PrincipalsReader(attributes: reader, purposes: settings?.purposes, log: principalsLog).store($0)
            }
        }
        if !files.hasFolder("documents") {
            settingsLog.report(file: "documents", "is missing; every enclave has this folder, if only an empty one")
        }
        let problems = [settingsLog, policyLog, schemaLog, labelsLog, principalsLog].flatMap(\.problems)
        guard problems.isEmpty, let settings, let schema = policyFolder.schema, let policies = policyFolder.policies,
            let labels, let principals
        else { throw EnclaveError(problems: problems) }
        self.folder = folder
        self.settings = settings
        self.schema = schema
        self.policies = policies
        policyVersion = policyFolder.version
        labelVersion = PolicyFolder.version(
            [LabelsReader.file, SchemaRequirements.file].map {
                ($0, files.read($0, limit: EnclaveLimits.policyBytes, log: labelsLog) ?? [])
            })
        warnings = policyFolder.warnings
        labelRules = labels.rules
        retention = labels.retention
        recordRules = labels.records
        self.principals = principals
        attributeReader = AttributeReader(schema: schema)
        do {
            authorizer = try LabelAuthorizer(policies: policies, schema: schema, entities: principals.entities)
        } catch {
            throw EnclaveError(problems: [EnclaveProblem(file: PrincipalsReader.file, message: error.description)])
        }
    }

    /// A name with a slip would find nobody's passages.
    private static func check(_ erasure: EnclaveSettings.Erasure?, _ schema: Schema, _ log: ProblemLog) {
        guard let name = erasure?.subjectAttribute, name != EnclaveSettings.Erasure.standardSubjectAttribute,
            let passage = schema.entityType(LabelEntity.type), passage.attributes.attributes[CedarString(name)] == nil
        else { return }
        log.report(nil, "`erasure.subjects`: the schema gives Passage no attribute `\(name)`; name one that it gives")
    }
}
