#ifndef CODE_KERNELS_H
#define CODE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Kernels over codes: rows held as one byte a component in two halves, from which the exact scan chooses its candidates.
//
// A code row
// ----------
// A row x of `dimension` float32 values becomes bytes u[i] = c[i] + 128 with -127 <= c[i] <= 127, a scale s and a radius
// r, all functions of that row alone (Rule 2, non-interference: nothing is fitted over rows):
//
//     x[i] = s c[i] + (a residual of Euclidean length at most r)
//
// Bytes and not signed bytes, because the instruction that multiplies bytes (VPDPBUSD) takes one factor without a sign.
// A byte is held in two halves that lie apart: the upper four bits, h[i] = u[i] / 16, in the *coarse* half of the row and
// the lower four in the *fine* one. The coarse half alone says where x is up to a radius R, which is some sixteen times r:
//
//     x[i] = s (16 h[i] - 120.5) + (a residual of Euclidean length at most R)
//
// and that is enough to see of nearly all rows that they are not among the best, at half the bytes.
//
// A half takes `code_half` bytes, a multiple of CODE_ALIGNMENT, for twice as many components; the bytes u behind the last
// one are 128. In each block of 64 bytes, byte j has component j of the block in its upper four bits and component
// 64 + j in its lower ones.
//
// A query in planes
// -----------------
// A query is held as two planes of signed bytes p and l, one byte for each component of a row and zero behind the last
// one. What the kernels compute of a row are the sums over c[i] p[i] and c[i] l[i], and of its coarse half the sum over
// (32 h[i] - 241) p[i].
//
// INVARIANT (exact): sums of products of integers. Every variant gives the same numbers, whatever other rows or queries
// are in the call. A sum fits in 32 bits, and so does what leads to it: CODE_DIMENSION_LIMIT products of 480 and 127.

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

/// Bytes of half a row of codes.
size_t code_half(size_t dimension);

/// What belongs to the codes of a row: s, r and R.
struct code_measures {
    float scale, radius, coarse_radius;
};

/// Makes the codes of a row: s = max |x[i]| / 127, c[i] = x[i] / s rounded to nearest. The same bits on every machine.
/// O(dimension).
///
/// The radii are upper bounds of the lengths of what codes and coarse halves leave over: computed in float64, where both
/// are exact up to one rounding, with room for that of the rest, and rounded up.
///
/// Returns false, and writes nothing, where a component is not finite.
bool code_encode(
    const float *row, size_t dimension, uint8_t *coarse, uint8_t *fine, struct code_measures *measures);

/// The sums of the coarse halves of `rows` rows, one behind the other, with the first plane of each of `queries` queries,
/// in one pass over the rows: sums[query * rows + row] is the sum over (32 h[i] - 241) p[i].
///
/// `planes` holds the first planes of the queries one after another, 2 * half bytes each. `queries` is between 1 and
/// CODE_QUERY_LIMIT. Codes and planes start on a boundary of CODE_ALIGNMENT.
///
/// `ahead` is how many rows behind the last one are to be summed next: they are fetched before they are needed, and no
/// row behind them is.
void code_coarse_sums(
    enum code_kernel_variant variant, const uint8_t *coarse, size_t rows, size_t ahead, size_t half,
    const int8_t *planes, size_t queries, int32_t *sums);

/// Where the two halves of a row are.
struct code_row {
    const uint8_t *coarse, *fine;
};

/// The sums of rows, wherever they lie, with both planes of one query, which stand one after the other: of the row at
/// places[i] among `rows`, sums[i] is that with the first plane and sums[count + i] that with the second. Halves and planes
/// start on a boundary of CODE_ALIGNMENT.
void code_sums(
    enum code_kernel_variant variant, const struct code_row *rows, const uint32_t *places, size_t count, size_t half,
    const int8_t *planes, int32_t *sums);

/// Asks for memory before it is needed.
void code_fetch(const void *memory, size_t size);

#ifdef __cplusplus
}
#endif

#endif
