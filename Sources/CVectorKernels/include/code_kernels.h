#ifndef CODE_KERNELS_H
#define CODE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Kernels over codes: rows held as one byte a component, from which the exact scan chooses its candidates.
//
// A code row
// ----------
// A row x of `dimension` float32 values becomes bytes u[i] = c[i] + 128 with -127 <= c[i] <= 127, a scale s and a radius
// r, all functions of that row alone (Rule 2, non-interference: nothing is fitted over rows):
//
//     x[i] = s c[i] + (a residual of Euclidean length at most r)
//
// Bytes and not signed bytes, because the instruction that multiplies bytes (VPDPBUSD) takes one factor without a sign.
// A row takes `stride` bytes, a multiple of CODE_ALIGNMENT; the bytes behind the last component are 128.
//
// A query in planes
// -----------------
// A query is held as two planes of signed bytes p and l, `stride` bytes each and zero behind the last component. What the
// kernels compute of a row are the two sums over c[i] p[i] and c[i] l[i].
//
// INVARIANT (exact): sums of products of integers. Every variant gives the same numbers, whatever other rows or queries
// are in the call. A sum fits in 32 bits: CODE_DIMENSION_LIMIT products of 255 and 127.

#define CODE_ALIGNMENT ((size_t)64)
#define CODE_DIMENSION_LIMIT ((size_t)16384)
// Queries of one pass, at most.
#define CODE_QUERY_LIMIT ((size_t)8)

#ifdef __cplusplus
extern "C" {
#endif

/// The variants of the integer kernels.
enum code_kernel_variant {
    CODE_KERNEL_SCALAR = 0,  // the oracle of the others
    CODE_KERNEL_NEON = 1,
    CODE_KERNEL_AVX2 = 2,
    CODE_KERNEL_VNNI = 3,  // AVX-512 with VNNI
};

/// Whether this processor and its operating system have what a variant needs.
bool code_kernel_is_supported(enum code_kernel_variant variant);

/// The fastest variant that is supported.
enum code_kernel_variant code_kernel_best(void);

/// Bytes of a row of codes.
size_t code_stride(size_t dimension);

/// Makes the codes of a row: s = max |x[i]| / 127, c[i] = x[i] / s rounded to nearest. The same bits on every machine.
/// O(dimension).
///
/// `radius` is an upper bound of the length of x - s c: computed in float64, where s c[i] is exact, with room for the
/// rounding of the rest, and rounded up.
///
/// Returns false, and writes nothing, where a component is not finite.
bool code_encode(const float *row, size_t dimension, uint8_t *codes, float *scale, float *radius);

/// The sums of `rows` code rows with each of `queries` queries, in one pass over the rows.
///
/// `planes` holds the two planes of each query one after another: 2 * queries * stride bytes. `sums` receives for each
/// query the sums with its first plane and then those with its second one: sums[(2 q + plane) * rows + row].
/// `queries` is between 1 and CODE_QUERY_LIMIT. Codes and planes start on a boundary of CODE_ALIGNMENT.
///
/// `ahead` is how many rows behind the last one are to be summed next: they are fetched before they are needed, and no
/// row behind them is.
void code_sums(
    enum code_kernel_variant variant, const uint8_t *codes, size_t rows, size_t ahead, size_t stride,
    const int8_t *planes, size_t queries, int32_t *sums);

/// Asks for memory before it is needed.
void code_fetch(const void *memory, size_t size);

/// What a query adds to the sums to make bounds of scores of them.
struct code_bound {
    double step;    // t: what one step of the second plane stands for
    double spread;  // what the query's own residual can add, for a scale of one
    double reach;   // the query's length
};

/// The rows whose score can reach `threshold`: (s (t (254 a + b) + spread) + reach r) >= threshold, for the sums a and b.
/// Their positions, ascending, go to `positions` (room for `rows`); returned is how many there are.
size_t code_select(
    const int32_t *first, const int32_t *second, const float *scales, const float *radii, size_t rows,
    struct code_bound bound, double threshold, uint32_t *positions);

#ifdef __cplusplus
}
#endif

#endif
