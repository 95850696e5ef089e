#ifndef ENCODER_KERNELS_H
#define ENCODER_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Arithmetic of the text encoder, in float32.
//
// INVARIANT (row independence): an output row is a function of its own input row and of the weights. It has the same
// bits whatever other rows are in the call, how many there are, and where the buffers lie.
//
// INVARIANT (same bits everywhere): each sum has one order, written out as 16 lanes, and every product that is added
// goes through one fused multiply-add. The three instruction sets below therefore give equal bits; the portable one is
// the oracle of the others (and slow: on x86 each fused multiply-add is a call).
//
// Matrices are row-major. A stride is the distance between rows, in floats. Widths and strides that a comment calls
// "whole vectors" are multiples of 16. No pointer needs an alignment; 64 bytes is faster. Buffers must not overlap
// unless a function says that it works in place.

typedef enum {
    ENCODER_PORTABLE = 0,  // any processor
    ENCODER_AVX2 = 1,      // x86-64 with AVX2 and FMA
    ENCODER_AVX512 = 2     // x86-64 with AVX-512 F
} encoder_instructions;

// Output columns that one panel of packed weights holds.
#define ENCODER_PANEL_COLUMNS 32

// The widest instruction set that this processor and its operating system support.
encoder_instructions encoder_best_instructions(void);

// Packs a matrix (outputs x inputs, as y = x * W^T wants it) into panels of 32 outputs: packed[panel][input][32].
// `outputs` is a multiple of 32; `packed` has room for outputs * inputs floats.
void encoder_pack(const float *weights, size_t outputs, size_t inputs, float *packed);

// c[i][j] = bias[j] + sum over k of a[i][k] * b[k][j], the sum in order of k. `bias` may be null (zeros).
// `columns` is a multiple of 32. Columns 32p ... 32p+31 of b start at b + p * panel_stride, and their rows are
// b_stride apart: packed weights have b_stride 32 and panel_stride 32 * depth, a plain matrix has panel_stride 32.
void encoder_multiply(
    encoder_instructions instructions, size_t rows, size_t depth, size_t columns, const float *a, size_t a_stride,
    const float *b, size_t b_stride, size_t panel_stride, const float *bias, float *c, size_t c_stride);

// transposed[j][i] = source[i][j] for i < rows, zero for rows <= i < transposed_stride.
void encoder_transpose(
    const float *source, size_t rows, size_t columns, size_t source_stride, float *transposed,
    size_t transposed_stride);

// out[i] = (words[ids[i]] + types[0]) + positions[i], each of `width` floats (whole vectors).
void encoder_gather(
    encoder_instructions instructions, const int32_t *ids, size_t rows, size_t width, const float *words,
    const float *positions, const float *types, float *out);

// In place: every row becomes softmax(scale * row) over its first `columns` values. The values from there up to the
// next whole vector become zero: `stride` is whole vectors and at least `columns`, which is at least 1.
void encoder_softmax(
    encoder_instructions instructions, float *values, size_t rows, size_t columns, size_t stride, float scale);

// In place: x / 2 * (1 + erf(x / sqrt 2)), absolute error below 2e-7 * max(1, |x|). `count` is whole vectors.
void encoder_gelu(encoder_instructions instructions, float *values, size_t count);

// In place: values = gain * (v - mean) / sqrt(variance + epsilon) + shift with v = values + residual, row by row.
// `residual` may be null. `width` is whole vectors; rows are contiguous.
void encoder_add_normalize(
    encoder_instructions instructions, float *values, const float *residual, const float *gain, const float *shift,
    float epsilon, size_t rows, size_t width);

// out = mean of the rows, scaled to length 1 (left as it is when its length is 0). `width` is whole vectors.
void encoder_pool(encoder_instructions instructions, const float *values, size_t rows, size_t width, float *out);

#endif
