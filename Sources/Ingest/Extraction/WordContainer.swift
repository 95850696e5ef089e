/// The parts of a `.docx` container, unpacked one at a time by `unzip` in confinement. Entries are chosen by their names
/// and never opened as containers.
struct WordContainer {
    private let file: [UInt8]
    private let directory: ZipDirectory

    static let document = "word/document.xml"
    private static let (succeeded, badPassword): (Int32, Int32) = (0, 82)

    init(_ file: [UInt8]) throws(ExtractionError) {
        guard !file.isEmpty else { throw .noText }
        self.file = file
        directory = try ZipDirectory(file)
        guard directory.names.contains(Array(Self.document.utf8)) else { throw .notWord }
    }

    /// The bytes of a part; nil where the container has none of the name.
    func part(_ name: String, budget: inout ExpansionBudget) async throws(ExtractionError) -> [UInt8]? {
        guard directory.names.contains(Array(name.utf8)) else { return nil }
        let limit = min(ExtractionLimits.containerPartBytes, budget.remaining)
        // `unzip` opens its input by a name: that of the descriptor it is given.
        let program = ConfinedProgram(
            program: "unzip", arguments: ["-p", "/proc/self/fd/0", name], seconds: ExtractionLimits.unzipSeconds,
            memoryBytes: ExtractionLimits.unzipMemoryBytes, outputBytes: limit)
        let (ending, output): (ConfinedProgram.Ending, [UInt8])
        do throws(ExtractionError) {
            (ending, output) = try await program.run(input: file)
        } catch .tooMuchOutput {
            throw .partTooLarge(part: name, limit: limit)
        } catch {
            throw error
        }
        switch ending {
        case .exited(Self.succeeded): break
        case .exited(Self.badPassword): throw .wordEncrypted
        case .exited: throw .wordBroken(part: name)
        case .signaled(let signal): throw .programFailed(program: "unzip", status: "signal \(signal)")
        }
        try budget.spend(output.count)
        return output
    }
}
