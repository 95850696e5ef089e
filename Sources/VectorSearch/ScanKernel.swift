import CVectorKernels

/// The kernel that computes the scores of a scan on this machine. The choice changes no bit of a score.
package enum ScanKernel {
    /// "AVX-512", "AVX2", or "baseline": what every processor of the architecture has.
    package static var name: String {
        switch scan_kernel_widest() {
        case SCAN_KERNEL_AVX512: "AVX-512"
        case SCAN_KERNEL_AVX2: "AVX2"
        default: "baseline"
        }
    }
}
