import Cedar
package import Foundation

/// The policy files of an enclave, laid out anew: the same tokens and comments in the form of `PolicyFormatter`.
package struct PolicyLayout: Sendable {
    /// Files that would be different, with what they would hold.
    package let changed: [(file: String, text: [UInt8])]
    /// How many policy files there are.
    package let fileCount: Int

    /// - Throws: `EnclaveError` with everything that does not parse.
    package init(folder: URL) throws(EnclaveError) {
        let files = EnclaveFolder(url: folder)
        let log = ProblemLog(file: "policies")
        var changed: [(file: String, text: [UInt8])] = []
        let names = files.names(in: "policies").filter { $0.hasSuffix(".cedar") }
        for name in names {
            let file = "policies/\(name)"
            guard let source = files.read(file, limit: EnclaveLimits.policyBytes, log: log) else { continue }
            do {
                let text = try PolicyFormatter.format(source, file: file)
                if text != source { changed.append((file, text)) }
            } catch {
                log.report(error)
            }
        }
        if names.isEmpty { log.report(nil, "there is no *.cedar file") }
        guard log.problems.isEmpty else { throw EnclaveError(problems: log.problems) }
        self.changed = changed
        fileCount = names.count
    }

    /// Puts the new texts in the place of the old ones.
    package func write(to folder: URL) throws {
        for (file, text) in changed { try Data(text).write(to: folder.appending(path: file), options: .atomic) }
    }
}
