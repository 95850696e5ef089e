#ifndef BIT_KERNELS_H
#define BIT_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Kernels over bits: rows held as one bit a component, from which approximate mode chooses its candidates. The
// estimator is that of RaBitQ (Gao and Long, arXiv 2405.12497) with its centre at zero: nothing is fitted over rows
// (Rule 2, non-interference), and what a row becomes depends on that row alone.
//
// A row
// -----
// A row x of D components is turned to y = P x by one rotation P that is the same everywhere (`bit_rotation`). Kept are
// the signs of y, a bit set where a component is negative, and the factor f = |y|^2 / (|y[0]| + |y[1]| + ...).
//
// A query
// -------
// A query is turned to z = P q, and z[i] is held as step * (u[i] - 7.5) with 0 <= u[i] <= 15: four planes of bits,
// plane j with digit j of each u[i]. Then, with the signs s[i] of the row,
//
//     <x, q> ~ f * (s[0] z[0] + s[1] z[1] + ...) ~ f * step * (H - 7.5 D),    H = sum over j of 2^j popcount(bits ^ plane j)
//
// INVARIANT (exact): H is an integer, the same from every variant and beside any other rows. What is computed of it in
// floating point takes a fixed order of operations, so that an estimate has the same bits on every machine.
//
// Layout
// ------
// Rows lie in groups of BIT_GROUP. Word w (of 64 bits, component 64 w + b at bit b, zero behind the last one) of row r
// is bits[((r / BIT_GROUP) * words + w) * BIT_GROUP + r % BIT_GROUP]: a register takes the same word of eight rows, and
// their counts come out side by side.

#define BIT_GROUP ((size_t)8)
#define BIT_PLANES ((size_t)4)

#ifdef __cplusplus
extern "C" {
#endif

/// The variants of the counting kernel.
enum bit_kernel_variant {
    BIT_KERNEL_SCALAR = 0,  // the oracle of the others
    BIT_KERNEL_NEON = 1,
    BIT_KERNEL_AVX2 = 2,
    BIT_KERNEL_VPOPCNT = 3,  // AVX-512 with VPOPCNTDQ
};

/// Whether this processor and its operating system have what a variant needs.
bool bit_kernel_is_supported(enum bit_kernel_variant variant);

/// Words of a row: the dimension, in 64ths, rounded up.
size_t bit_words(size_t dimension);

/// Floats of the table of a rotation.
size_t bit_rotation_size(size_t dimension);

/// Makes the table of the rotation of a dimension from its fixed seed: signs, times the scale of each step.
void bit_rotation(size_t dimension, float *table);

/// Rotates a vector of finite components, but for a power of two: rotated = P vector / 2^exponent, whose largest
/// component before the rotation lies between 1/2 and 1, so that nothing overflows. Returned is the exponent; a vector
/// of zeros stays one. Any rotation keeps inner products, up to float32 rounding.
///
/// Two rounds of: random signs and a Walsh-Hadamard transform over the first B components, then over the last B, where
/// B is the largest power of two that is not above the dimension. O(dimension log dimension).
///
/// - `scratch`: room for `dimension` floats.
int bit_rotate(const float *table, const float *vector, size_t dimension, float *rotated, float *scratch);

/// Makes the bits and the factor of a row from what `bit_rotate` gave: word w goes to bits[w * BIT_GROUP].
void bit_encode(const float *rotated, int exponent, size_t dimension, uint64_t *bits, float *factor);

/// H of `rows` rows from `first` on: `bits` is where row 0 lies, planes[BIT_PLANES * w + j] is word w of plane j. No
/// other row is read, not even of a group that is begun or not ended. `ahead` is how many rows behind the last one are
/// to be summed next: they are fetched before they are needed.
void bit_sums(
    enum bit_kernel_variant variant, const uint64_t *bits, size_t first, size_t rows, size_t ahead, size_t words,
    const uint64_t *planes, int32_t *sums);

/// The rows whose estimate factor * (step * sum - base) reaches `threshold`: their positions, ascending, and estimates
/// (room for `rows` each); returned is how many there are.
size_t bit_select(
    const int32_t *sums, const float *factors, size_t rows, double step, double base, double threshold,
    uint32_t *positions, double *estimates);

#ifdef __cplusplus
}
#endif

#endif
