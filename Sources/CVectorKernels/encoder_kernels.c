#include "encoder_vectors.h"

// How far ahead of its use the product reads its right-hand matrix, in floats: 8 KB, some hundred nanoseconds where
// there are few rows and memory is what they wait for. A prefetch past the end is harmless.
#define KERNEL_PREFETCH 2048

// A product is computed in tiles of KERNEL_ROWS rows x KERNEL_VECTORS vectors of 16 columns, as large as the registers
// can hold. The size of a tile never shows in a result.
#define KERNEL(name) name##_portable
#define KERNEL_ROWS 6
#define KERNEL_VECTORS 1
#include "encoder_kernels_body.h"
#undef KERNEL
#undef KERNEL_ROWS
#undef KERNEL_VECTORS

#if defined(__x86_64__)

// 16 registers of 8 floats: 6 rows x 16 columns of sums leave 4 for operands.
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define KERNEL(name) name##_avx2
#define KERNEL_ROWS 6
#define KERNEL_VECTORS 1
#include "encoder_kernels_body.h"
#undef KERNEL
#undef KERNEL_ROWS
#undef KERNEL_VECTORS
#pragma clang attribute pop

// 32 registers of 16 floats: 14 rows x 32 columns of sums leave 4 for operands.
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f"))), apply_to = function)
#define KERNEL(name) name##_avx512
#define KERNEL_ROWS 14
#define KERNEL_VECTORS 2
#include "encoder_kernels_body.h"
#undef KERNEL
#undef KERNEL_ROWS
#undef KERNEL_VECTORS
#pragma clang attribute pop

#endif

encoder_instructions encoder_best_instructions(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int fused = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (fused && __builtin_cpu_supports("avx512f")) return ENCODER_AVX512;
    if (fused) return ENCODER_AVX2;
#endif
    return ENCODER_PORTABLE;
}

void encoder_pack(const float *weights, size_t outputs, size_t inputs, float *packed) {
    for (size_t panel = 0; panel < outputs; panel += 32)
        for (size_t k = 0; k < inputs; k++)
            for (size_t j = 0; j < 32; j++) *packed++ = weights[(panel + j) * inputs + k];
}

void encoder_transpose(
    const float *source, size_t rows, size_t columns, size_t source_stride, float *transposed,
    size_t transposed_stride) {
    for (size_t j = 0; j < columns; j++) {
        float *to = transposed + j * transposed_stride;
        for (size_t i = 0; i < rows; i++) to[i] = source[i * source_stride + j];
        for (size_t i = rows; i < transposed_stride; i++) to[i] = 0;
    }
}

void encoder_multiply(
    encoder_instructions instructions, size_t rows, size_t depth, size_t columns, const float *a, size_t a_stride,
    const float *b, size_t b_stride, size_t panel_stride, const float *bias, float *c, size_t c_stride) {
    DISPATCH(
        instructions, multiply, rows, depth, columns, a, a_stride, b, b_stride, panel_stride, bias, c, c_stride);
}

void encoder_gather(
    encoder_instructions instructions, const int32_t *ids, size_t rows, size_t width, const float *words,
    const float *positions, const float *types, float *out) {
    DISPATCH(instructions, gather, ids, rows, width, words, positions, types, out);
}

void encoder_softmax(
    encoder_instructions instructions, float *values, size_t rows, size_t columns, size_t stride, float scale) {
    DISPATCH(instructions, softmax, values, rows, columns, stride, scale);
}

void encoder_gelu(encoder_instructions instructions, float *values, size_t count) {
    DISPATCH(instructions, gelu, values, count);
}

void encoder_add_normalize(
    encoder_instructions instructions, float *values, const float *residual, const float *gain, const float *shift,
    float epsilon, size_t rows, size_t width) {
    DISPATCH(instructions, add_normalize, values, residual, gain, shift, epsilon, rows, width);
}

void encoder_pool(encoder_instructions instructions, const float *values, size_t rows, size_t width, float *out) {
    DISPATCH(instructions, pool, values, rows, width, out);
}
