import Enclaves
import Foundation
import Glibc
import Ingest

/// The time of day: policies with dates and every token depend on it.
struct ClockCheck {
    /// No release is older; 2026-01-01T00:00:00Z.
    private static let earliest = Date(timeIntervalSince1970: 1_767_225_600)
    /// 2100-01-01T00:00:00Z.
    private static let latest = Date(timeIntervalSince1970: 4_102_444_800)
    /// Clocks of two machines may differ by this, seconds.
    private static let tolerance: TimeInterval = 60
    private static let setClock = "set the clock: `timedatectl set-ntp true`, or `date --set`"

    let now: Date
    /// When the file of the program was written.
    let built: Date?
    /// The newest change of a document, or commit to the index.
    let newest: Date?
    /// nil where the kernel does not tell.
    let isSynchronised: Bool?

    init(enclave: Enclave?) {
        self.init(
            now: Date(), built: Self.changed("/proc/self/exe"), newest: enclave.flatMap(Self.newest),
            isSynchronised: Self.kernelIsSynchronised())
    }

    init(now: Date, built: Date?, newest: Date?, isSynchronised: Bool?) {
        self.now = now
        self.built = built
        self.newest = newest
        self.isSynchronised = isSynchronised
    }

    var findings: [Finding] { [time, synchronisation] }

    private var time: Finding {
        let detail = Self.text(now)
        if !(Self.earliest...Self.latest).contains(now) {
            return .problem("time", "\(detail) is not plausible", remedy: Self.setClock)
        }
        if let built, now.addingTimeInterval(Self.tolerance) < built {
            return .problem(
                "time", "\(detail), and this program was written later, \(Self.text(built))", remedy: Self.setClock)
        }
        if let newest, now.addingTimeInterval(Self.tolerance) < newest {
            return .warning(
                "time", "\(detail), and the newest document or commit is of \(Self.text(newest))",
                remedy: Self.setClock + "; if it is right, a document has a date in the future: `touch` it")
        }
        return .ok("time", detail)
    }

    private var synchronisation: Finding {
        switch isSynchronised {
        case true: .ok("synchronised", "yes, says the kernel")
        case false:
            .warning(
                "synchronised", "no, says the kernel; tokens and dates in policies depend on the clock",
                remedy: "run `timedatectl set-ntp true`, or install chrony")
        case nil:
            .warning("synchronised", "the kernel does not tell", remedy: "look at the clock of the host")
        }
    }

    private static func text(_ date: Date) -> String { date.formatted(.iso8601) }

    private static func changed(_ path: String) -> Date? {
        let file = URL(filePath: path).resolvingSymlinksInPath().path
        return (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
    }

    private static func newest(_ enclave: Enclave) -> Date? {
        let listing = try? DocumentFolder(url: enclave.documents).list()
        let documents = (listing?.paths ?? []).map { enclave.documents.appending(path: $0).path }
        return (documents + [enclave.settings.index.path]).compactMap(changed).max()
    }

    /// adjtimex(2) with no mode set only reads. Swift's view of the C library leaves it and its structure out, so the
    /// structure is plain memory: 208 bytes on 64-bit Linux, `status` at byte 40.
    private static func kernelIsSynchronised() -> Bool? {
        typealias Adjust = @convention(c) (UnsafeMutableRawPointer) -> CInt
        let (size, statusOffset, unsynchronised) = (512, 40, CInt(0x40))
        guard let symbol = dlsym(nil, "adjtimex") else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { memory in
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            guard let start = memory.baseAddress, unsafeBitCast(symbol, to: Adjust.self)(start) >= 0 else { return nil }
            return memory.load(fromByteOffset: statusOffset, as: CInt.self) & unsynchronised == 0
        }
    }
}
