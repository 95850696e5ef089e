import CVectorKernels

/// The kernel that sums products of codes (see `code_kernels.h`). All of them give the same numbers.
package enum CodeKernel: String, CaseIterable, Sendable {
    /// AVX-512 with VNNI.
    case vnni = "AVX-512 VNNI"
    case avx2 = "AVX2"
    case neon = "NEON"
    /// Any processor; the oracle of the others.
    case scalar = "scalar"

    /// The fastest one that this processor has.
    package static let best = allCases.first(where: \.isSupported) ?? .scalar

    var variant: code_kernel_variant {
        switch self {
        case .vnni: CODE_KERNEL_VNNI
        case .avx2: CODE_KERNEL_AVX2
        case .neon: CODE_KERNEL_NEON
        case .scalar: CODE_KERNEL_SCALAR
        }
    }

    /// Whether this processor has it.
    package var isSupported: Bool { code_kernel_is_supported(variant) }
}
