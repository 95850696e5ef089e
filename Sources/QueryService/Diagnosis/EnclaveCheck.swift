import Cedar
import Enclaves
import Foundation
import Labels

/// The enclave's folder: whether it opens, what it warns of, and who else can change it.
struct EnclaveCheck {
    let enclave: Enclave?
    private let folder: URL
    private let problems: [EnclaveProblem]

    init(folder: URL) {
        self.folder = folder
        do {
            enclave = try Enclave(folder: folder)
            problems = []
        } catch {
            enclave = nil
            problems = error.problems
        }
    }

    func findings() async -> [Finding] {
        guard let enclave else {
            return problems.map { .problem("opens", $0.description, remedy: "correct it; nothing starts before") }
        }
        var findings: [Finding] = [
            .ok(
                "opens",
                "\(enclave.settings.name): \(Self.count(enclave.policies.policies.count, "policy", "policies")), "
                    + Self.count(enclave.labelRules.rules.count, "label rule", "label rules"))
        ]
        findings += enclave.warnings.map {
            .warning("policies", $0.description, remedy: "such a policy decides nothing; correct it or take it out")
        }
        findings.append(mode(enclave))
        if enclave.settings.mode == .production { findings.append(await keys(enclave)) }
        findings.append(writers)
        return findings
    }

    private func mode(_ enclave: Enclave) -> Finding {
        enclave.settings.mode == .production
            ? .ok("mode", "production")
            : .warning(
                "mode", "development: anyone on this machine can obtain a token for anybody",
                remedy: "for real documents set `mode: production` and `authentication.key_set` in portcullis.yaml")
    }

    private func keys(_ enclave: Enclave) async -> Finding {
        do {
            _ = try await TokenVerifier(enclave: enclave, developmentIssuer: nil)
            return .ok("key set", "the issuer's keys can be read")
        } catch {
            return .problem(
                "key set", "\(error)", remedy: "put the issuer's JWKS where `authentication.key_set` says")
        }
    }

    /// Whoever can write these files decides who may read what.
    private var writers: Finding {
        let rules = ["", "portcullis.yaml", "labels.yaml", "principals.yaml", "policies", "documents"]
        let policies = folder.appending(path: "policies").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: policies)) ?? []
        let open = (rules + names.sorted().map { "policies/" + $0 }).filter { path in
            let file = folder.appending(path: path).resolvingSymlinksInPath().path
            let mode = (try? FileManager.default.attributesOfItem(atPath: file))?[.posixPermissions] as? NSNumber
            return mode.map { $0.intValue & 0o002 != 0 } ?? false
        }
        guard let first = open.first else { return .ok("permissions", "only owner and group can change the rules") }
        return .problem(
            "permissions",
            "every user can change \(first.isEmpty ? "the folder" : first)"
                + (open.count > 1 ? " and \(open.count - 1) more" : ""),
            remedy: "run `chmod -R o-w` on the enclave's folder")
    }

    private static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }
}
