#include "include/encoder_integer_kernels.h"
#include "encoder_vectors.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef int16_t code_vector __attribute__((vector_size(32)));

// How far ahead of its use the product reads its right-hand matrix, in codes: 8 KB, as for floats.
#define KERNEL_PREFETCH 4096

static inline KERNEL_INLINE lanes dot_portable(lanes sums, lanes a, lanes b) {
    return sums + (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
}

#define KERNEL(name) name##_portable
#define KERNEL_DOT dot_portable
#define KERNEL_ROWS 6
#define KERNEL_VECTORS 1
#include "encoder_integer_kernels_body.h"
#undef KERNEL
#undef KERNEL_DOT
#undef KERNEL_ROWS
#undef KERNEL_VECTORS

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
static inline KERNEL_INLINE lanes dot_avx2(lanes sums, lanes a, lanes b) {
    typedef struct { __m256i low, high; } halves;
    halves s = __builtin_bit_cast(halves, sums), x = __builtin_bit_cast(halves, a), y = __builtin_bit_cast(halves, b);
    s.low = _mm256_add_epi32(s.low, _mm256_madd_epi16(x.low, y.low));
    s.high = _mm256_add_epi32(s.high, _mm256_madd_epi16(x.high, y.high));
    return __builtin_bit_cast(lanes, s);
}

#define KERNEL(name) name##_avx2
#define KERNEL_DOT dot_avx2
#define KERNEL_ROWS 6
#define KERNEL_VECTORS 1
#include "encoder_integer_kernels_body.h"
#undef KERNEL
#undef KERNEL_DOT
#undef KERNEL_ROWS
#undef KERNEL_VECTORS
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512vnni"))), apply_to = function)
static inline KERNEL_INLINE lanes dot_avx512(lanes sums, lanes a, lanes b) {
    // Written out, because the compiler takes the intrinsic apart into a product and a sum.
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(a), "v"(b));
    return sums;
}

#define KERNEL(name) name##_avx512
#define KERNEL_DOT dot_avx512
#define KERNEL_ROWS 14
#define KERNEL_VECTORS 2
#include "encoder_integer_kernels_body.h"
#undef KERNEL
#undef KERNEL_DOT
#undef KERNEL_ROWS
#undef KERNEL_VECTORS
#pragma clang attribute pop

encoder_instructions encoder_integer_instructions(encoder_instructions instructions) {
    int dots = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw");
    return instructions == ENCODER_AVX512 && !dots ? ENCODER_AVX2 : instructions;
}

#else

encoder_instructions encoder_integer_instructions(encoder_instructions instructions) { return instructions; }

#endif

// The scale of one output's weights; 0 where they are all next to nothing, negative where one is no usable number.
static double weight_scale(const float *weights, size_t inputs) {
    double scale = 0;
    for (size_t start = 0; start < inputs; start += ENCODER_BLOCK) {
        size_t count = inputs - start < ENCODER_BLOCK ? inputs - start : ENCODER_BLOCK;
        double sum = 0, largest = 0;
        for (size_t k = start; k < start + count; k++) {
            double magnitude = weights[k] < 0 ? -(double)weights[k] : (double)weights[k];
            if (!(magnitude <= 0x1.fffffep127)) return -1;
            sum += magnitude;
            if (magnitude > largest) largest = magnitude;
        }
        // Rounding adds up to a half for each weight; the one more covers the rounding of the scale itself.
        double room = (double)(INT32_MAX / ENCODER_CODE_LIMIT) - (double)count / 2 - 1;
        if (sum / room > scale) scale = sum / room;
        if (largest / INT16_MAX > scale) scale = largest / INT16_MAX;
    }
    return scale < 0x1p-100 ? 0 : scale;
}

int encoder_pack_codes(const float *weights, size_t outputs, size_t inputs, int16_t *packed, float *scales) {
    for (size_t j = 0; j < outputs; j++) {
        const float *row = weights + j * inputs;
        double scale = weight_scale(row, inputs);
        if (scale < 0) return 0;
        scales[j] = (float)scale;
        size_t column = j % ENCODER_PANEL_COLUMNS;
        int16_t *to = packed + (j - column) * inputs + 2 * column;
        for (size_t k = 0; k < inputs; k++) {
            double code = scale > 0 ? (double)row[k] / (double)scales[j] : 0;
            to[k / 2 * 2 * ENCODER_PANEL_COLUMNS + k % 2] = (int16_t)(code < 0 ? code - 0.5 : code + 0.5);
        }
    }
    return 1;
}

void encoder_quantize(
    encoder_instructions instructions, const float *values, size_t rows, size_t width, int16_t *codes, float *scales) {
    DISPATCH(encoder_integer_instructions(instructions), quantize, values, rows, width, codes, scales);
}

void encoder_multiply_codes(
    encoder_instructions instructions, size_t rows, size_t depth, size_t columns, const int16_t *a,
    const float *a_scales, const int16_t *b, const float *b_scales, const float *bias, float *c) {
    DISPATCH(
        encoder_integer_instructions(instructions), multiply_codes, rows, depth, columns, a, a_scales, b, b_scales, bias,
        c);
}
