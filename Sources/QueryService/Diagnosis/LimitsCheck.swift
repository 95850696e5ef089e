import Foundation
import Glibc

/// Limits of the process: open files, and dumps of its memory.
struct LimitsCheck {
    /// A connection is a file, and so are the index and its journal.
    private static let fewFiles: UInt64 = 1024

    /// Soft limits; the largest number is no limit. A core of 0 bytes is none.
    let openFiles: UInt64
    let coreBytes: UInt64
    /// `kernel.core_pattern`; a program that is handed every dump begins with `|`.
    let corePattern: String

    init() {
        let pattern = (try? String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)) ?? ""
        self.init(
            openFiles: Self.limit(RLIMIT_NOFILE), coreBytes: Self.limit(RLIMIT_CORE),
            corePattern: pattern.filter { !$0.isNewline })
    }

    init(openFiles: UInt64, coreBytes: UInt64, corePattern: String) {
        self.openFiles = openFiles
        self.coreBytes = coreBytes
        self.corePattern = corePattern
    }

    var findings: [Finding] { [files, cores] }

    private var files: Finding {
        let detail = openFiles == UInt64.max ? "no limit" : "at most \(openFiles)"
        return openFiles >= Self.fewFiles
            ? .ok("open files", detail)
            : .warning("open files", detail, remedy: "run `ulimit -n 4096` first, or set LimitNOFILE=4096 in the unit")
    }

    private var cores: Finding {
        if coreBytes > 0 {
            return .warning(
                "core dumps", "allowed; a dump holds passages and keys in the clear",
                remedy: "run `ulimit -c 0` first, or set LimitCORE=0 in the unit")
        }
        if corePattern.hasPrefix("|") {
            let program = corePattern.dropFirst().prefix { $0 != " " }
            return .warning(
                "core dumps", "off, but handed to a program that need not heed the limit",
                remedy: "run `sysctl kernel.core_pattern=core`, or see that \(program) keeps none")
        }
        return .ok("core dumps", "off")
    }

    private static func limit(_ resource: __rlimit_resource) -> UInt64 {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 ? UInt64(limit.rlim_cur) : 0
    }
}
