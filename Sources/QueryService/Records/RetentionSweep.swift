import AccessControl
import Enclaves
import Foundation
import IndexStore
import Labels

/// What the retention rules of `labels.yaml` say about every document, and the erasure of those whose time is over.
struct RetentionSweep {
    private let engine: Engine
    private let enclave: Enclave
    private let now: Int64
    private let findings: [(document: DocumentSummary, retention: Retention, holds: [LegalHold])]

    init(engine: Engine, now: Int64) async throws {
        self.engine = engine
        self.now = now
        let enclave = engine.current.enclave
        self.enclave = enclave
        let subjects = enclave.settings.erasure.subjectAttribute
        findings = try await engine.index.summaries().map { document in
            (
                document,
                enclave.retention.retention(
                    labels: document.labels, date: document.date, ingested: document.ingested),
                engine.index.holds(on: document.id, labels: document.labels, subjects: subjects)
            )
        }
    }

    /// What would go, and what stays although its time is over or cannot be told.
    var report: RetentionReport {
        var report = RetentionReport(isDryRun: true, documents: findings.count)
        for (document, retention, holds) in findings {
            let path = document.place.description
            switch retention {
            case .unlimited: continue
            case .undetermined(let rule, let missing):
                report.undetermined.append(.init(path: path, rule: name(rule), why: "no \(missing)"))
            case .until(let end, let rule):
                guard end <= now else { continue }
                let ended = Date(milliseconds: end).ISO8601Format(.iso8601.year().month().day())
                if holds.isEmpty {
                    report.due.append(.init(path: path, rule: name(rule), why: "ended \(ended)"))
                } else {
                    let names = holds.map(\.id.description).sorted().joined(separator: ", ")
                    report.held.append(.init(path: path, rule: name(rule), why: "ended \(ended), on hold \(names)"))
                }
            }
        }
        return report
    }

    /// Erases what is due, an erasure for each rule.
    func carryOut() async throws -> RetentionReport {
        var due: [Int: [DocumentSummary]] = [:]
        for case (let document, .until(let end, let rule), let holds) in findings where end <= now && holds.isEmpty {
            due[rule, default: []].append(document)
        }
        var report = self.report
        report.isDryRun = false
        for (rule, documents) in due.sorted(by: { $0.key < $1.key }) {
            let erasure = try await engine.index.eraseCertified(
                documents, scope: .retention, authority: .retention(rule: name(rule)),
                reason: Self.text(of: enclave.retention.rules[rule]), settings: enclave.settings, now: now)
            report.erasures.append(erasure.id.description)
            if erasure.readersRemain { report.readersRemain = true }
        }
        return report
    }

    private func name(_ rule: Int) -> String { "labels.yaml:\(enclave.retention.rules[rule].line)" }

    /// What a rule says, for the certificate: its line in the file has another rule after the next edit.
    private static func text(of rule: RetentionRule) -> String {
        let conditions = rule.conditions.sorted { $0.key < $1.key }.map { "\($0.key.string): \($0.value)" }
        return "retain: \(rule.term)" + (conditions.isEmpty ? "" : ", where: {\(conditions.joined(separator: ", "))}")
    }
}

/// What a sweep found or did. Paths and rules, never text.
struct RetentionReport: Encodable {
    struct Row: Encodable {
        let path: String
        let rule: String
        let why: String
    }

    var isDryRun: Bool
    let documents: Int
    var due: [Row] = []
    var held: [Row] = []
    var undetermined: [Row] = []
    /// Ids of the erasures that were made.
    var erasures: [String] = []
    /// Whether requests that began earlier still have in memory what they found of it.
    var readersRemain = false

    enum CodingKeys: String, CodingKey {
        case documents, due, held, undetermined, erasures
        case isDryRun = "dry_run"
    }

    var text: String {
        var text = "\(documents) documents, \(due.count) \(isDryRun ? "would be" : "were") erased\n"
        for (title, rows) in [
            (isDryRun ? "Would be erased:" : "Erased:", due), ("Kept by a legal hold:", held),
            ("Kept, for it cannot be told how long:", undetermined),
        ] where !rows.isEmpty {
            text +=
                "\n\(title)\n"
                + TextTable.lines(
                    rows.map { ["  " + PageStyle.printable($0.path), $0.why, $0.rule] }, rightAligned: []) + "\n"
        }
        if !erasures.isEmpty { text += "\nErasures: \(erasures.joined(separator: ", "))\n" }
        return text
    }
}
