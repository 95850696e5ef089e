import CVectorKernels

/// The kernel that counts bits for approximate mode (see `bit_kernels.h`). All of them give the same numbers.
package enum BitKernel: String, CaseIterable, Sendable {
    /// AVX-512 with VPOPCNTDQ.
    case vpopcnt = "AVX-512 VPOPCNTDQ"
    case avx2 = "AVX2"
    case neon = "NEON"
    /// Any processor; the oracle of the others.
    case scalar = "scalar"

    /// The fastest one that this processor has.
    package static let best = allCases.first(where: \.isSupported) ?? .scalar

    var variant: bit_kernel_variant {
        switch self {
        case .vpopcnt: BIT_KERNEL_VPOPCNT
        case .avx2: BIT_KERNEL_AVX2
        case .neon: BIT_KERNEL_NEON
        case .scalar: BIT_KERNEL_SCALAR
        }
    }

    /// Whether this processor has it.
    package var isSupported: Bool { bit_kernel_is_supported(variant) }
}
