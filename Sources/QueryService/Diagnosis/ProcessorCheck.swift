import Foundation
import Glibc
import TextEmbedding
import VectorSearch

/// The architecture, and which kernels of the encoder and the scan this processor gets.
struct ProcessorCheck {
    /// Instruction sets that the kernels ask for, by the names of `/proc/cpuinfo`.
    private static let features = [
        ("avx2", "AVX2"), ("fma", "FMA"), ("avx512f", "AVX-512F"), ("avx512vl", "AVX-512VL"),
        ("avx512_vnni", "AVX-512 VNNI"), ("avx512_vpopcntdq", "AVX-512 VPOPCNTDQ"), ("asimd", "NEON"),
    ]

    var findings: [Finding] { [system, kernels] }

    private var system: Finding {
        var name = utsname()
        uname(&name)
        let (kernel, machine) = (Self.text(name.release), Self.text(name.machine))
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let detail = "\(machine), Linux \(kernel), \(cores) \(cores == 1 ? "core" : "cores")"
        return ["x86_64", "aarch64"].contains(machine)
            ? .ok("architecture", detail)
            : .warning(
                "architecture", detail + ": Portcullis is not tested on it", remedy: "use x86_64 or aarch64 (64-bit)")
    }

    private var kernels: Finding {
        let flags = flags
        let has = Self.features.filter { flags.contains(Substring($0.0)) }.map(\.1)
        let encoder = BertEncoder.bestInstructionSet(.exact)
        let detail =
            "encoder \(encoder) (fast: \(BertEncoder.bestInstructionSet(.fast))), scan \(CodeKernel.best.rawValue), "
            + "approximate \(BitKernel.best.rawValue), rescoring \(ScanKernel.name); the processor has "
            + (has.isEmpty ? "none of the wider instruction sets" : has.joined(separator: ", "))
        #if arch(x86_64)
            if encoder == "portable" {
                return .warning(
                    "kernels", detail,
                    remedy: "embedding is many times slower without AVX2 and FMA; use another machine, or give the "
                        + "virtual machine the processor of its host")
            }
        #endif
        return .ok("kernels", detail)
    }

    private var flags: Set<Substring> {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = information.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
        return Set((line ?? "").split(separator: " "))
    }

    private static func text(_ field: some Any) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
