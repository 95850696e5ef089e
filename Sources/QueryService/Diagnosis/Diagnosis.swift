import Enclaves
package import Foundation
import TextEmbedding

/// What `portcullis doctor` found on this machine, and in an enclave if one was named. Looking changes nothing, and
/// takes no lock: an enclave that is served can be looked at.
package struct Diagnosis: Encodable, Sendable {
    package struct Section: Encodable, Sendable {
        package let title: String
        package let findings: [Finding]
    }

    package let sections: [Section]

    /// Looks at the machine and, if there is one, at the enclave in `folder`.
    ///
    /// - Parameter current: Where the model is looked for when no enclave names one.
    package init(folder: URL?, current: URL) async {
        var enclave: Enclave?
        var enclaveFindings: [Finding] = []
        if let folder {
            let check = EnclaveCheck(folder: folder)
            enclave = check.enclave
            enclaveFindings = await check.findings()
        }
        let embedding =
            enclave?.settings.embedding ?? .model(current.appending(path: ModelFolder.usualPath), .exact)
        var sections = [
            Section(
                title: "machine",
                findings: ProcessorCheck().findings + MemoryCheck().findings + LimitsCheck().findings),
            Section(
                title: "libraries and programs",
                findings: LibraryCheck().findings + (await ProgramCheck().findings())),
            Section(title: "model", findings: [ModelCheck(embedding: embedding).finding]),
            Section(title: "clock", findings: ClockCheck(enclave: enclave).findings),
        ]
        if folder != nil { sections.append(Section(title: "enclave", findings: enclaveFindings)) }
        if let enclave { sections.append(Section(title: "index", findings: IndexCheck(enclave: enclave).findings)) }
        self.sections = sections
    }

    package var findings: [Finding] { sections.flatMap(\.findings) }

    package func count(_ status: Finding.Status) -> Int { findings.count { $0.status == status } }

    /// 3 where there is a problem; warnings are none.
    package var exitStatus: ExitStatus { count(.problem) == 0 ? .success : .incomplete }

    /// One JSON object: `status` is the worst of all findings.
    package func json() throws -> String {
        struct Report: Encodable {
            let status: Finding.Status
            let problems, warnings: Int
            let sections: [Section]
        }
        let (problems, warnings) = (count(.problem), count(.warning))
        let status: Finding.Status = problems > 0 ? .problem : warnings > 0 ? .warning : .ok
        let report = Report(status: status, problems: problems, warnings: warnings, sections: sections)
        return String(decoding: try JSONEncoder.canonical.encode(report), as: UTF8.self) + "\n"
    }
}
