#ifndef SCAN_KERNELS_H
#define SCAN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Kernels of the exact vector scan.
//
// The fixed-order kernel
// ----------------------
// Every score that leaves the scan comes from `scan_fixed_order_dot`. Its result is a function of the two rows alone:
// the same bits on every machine, for every compiler, beside any other rows (Rule 2, non-interference).
//
//   inputs     two rows of `dimension` finite float32 values
//   products   in float64, where a product of two float32 values is exact (24 + 24 bits fit in 53, and the exponents,
//              -298 to 256, lie far inside the range), so a fused multiply-add would give the same bits
//   sums       in float64, in 8 lanes: element i is added to lane i mod 8, in ascending order of i, from +0.0
//   result     ((lane0 + lane4) + (lane2 + lane6)) + ((lane1 + lane5) + (lane3 + lane7))
//
// The floating-point environment is the default one: rounding to nearest, ties to even, subnormals kept. The result is
// never -0.0, and never overflows: a sum of `dimension` products is below dimension * 2^256. Its distance from the true
// inner product is at most gamma * |a|.|b| with gamma = m u / (1 - m u), u = 2^-53, m = dimension + 3 (Higham, Accuracy
// and Stability of Numerical Algorithms, section 3.1; no path has more additions than that).
//
// The variants below have the same lanes and hence the same bits. They exist because the compiler may then keep 8
// lanes in one register; `scan_fixed_order_dot` chooses the widest that the processor has.

#ifdef __cplusplus
extern "C" {
#endif

/// The variants of the fixed-order kernel, narrowest first.
enum scan_kernel_variant {
    SCAN_KERNEL_BASELINE = 0,  // what every processor of the architecture has (SSE2, NEON)
    SCAN_KERNEL_AVX2 = 1,
    SCAN_KERNEL_AVX512 = 2,
};

/// The widest variant that this processor can run.
enum scan_kernel_variant scan_kernel_widest(void);

/// The inner product of two rows of `dimension` float32 values, in the fixed order above. O(dimension).
double scan_fixed_order_dot(const float *a, const float *b, size_t dimension);

/// The same by a variant of choice, for tests. A variant that this processor lacks is replaced by the baseline.
double scan_fixed_order_dot_variant(
    enum scan_kernel_variant variant, const float *a, const float *b, size_t dimension);

/// The sum of `count` words, read once from front to back. Not part of a scan: it is what a scan is measured against, since
/// no pass over all of the same bytes can be much faster.
uint64_t scan_stream_sum(const uint64_t *words, size_t count);

#ifdef __cplusplus
}
#endif

#endif
