// The kernels of encoder_integer_kernels.h, written once on vectors of 16 numbers. encoder_integer_kernels.c includes
// this file once for each instruction set. KERNEL(name) gives a name its suffix; KERNEL_DOT(sums, a, b) adds to each
// 32-bit lane of `sums` the two products of the 16-bit halves of that lane of `a` and `b`.
//
// No include guard: it is meant to be included more than once.

#include "encoder_vectors_body.h"

// Two neighbouring codes of a row, in each lane.
static inline KERNEL_INLINE lanes KERNEL(pair)(const int16_t *from) {
    int32_t x;
    __builtin_memcpy(&x, from, sizeof x);
    return (lanes){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

static inline KERNEL_INLINE lanes KERNEL(codes)(const int16_t *from) {
    lanes value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

// One tile of a product: `rows` (a constant at each call) x KERNEL_VECTORS vectors of 16 columns, all of the depth.
// INVARIANT (row independence): an accumulator sees the same blocks in the same order whatever `rows` is.
static inline KERNEL_INLINE void KERNEL(tile)(
    const int rows, size_t depth, size_t columns, const int16_t *a, const float *a_scales, const int16_t *b,
    const float *b_scales, const float *bias, float *c) {
    vector totals[KERNEL_ROWS][KERNEL_VECTORS];
    for (size_t start = 0; start < depth; start += ENCODER_BLOCK) {
        size_t end = depth - start < ENCODER_BLOCK ? depth : start + ENCODER_BLOCK;
        lanes sums[KERNEL_ROWS][KERNEL_VECTORS];
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
            for (int v = 0; v < KERNEL_VECTORS; v++) sums[r][v] = (lanes){0};
        for (size_t k = start; k < end; k += 2, b += 2 * ENCODER_PANEL_COLUMNS) {
            lanes right[KERNEL_VECTORS];
#pragma clang loop unroll(full)
            for (int v = 0; v < KERNEL_VECTORS; v++) {
                right[v] = KERNEL(codes)(b + 32 * v);
                __builtin_prefetch(b + KERNEL_PREFETCH + 32 * v);
            }
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                lanes left = KERNEL(pair)(a + (size_t)r * depth + k);
#pragma clang loop unroll(full)
                for (int v = 0; v < KERNEL_VECTORS; v++) sums[r][v] = KERNEL_DOT(sums[r][v], left, right[v]);
            }
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
            for (int v = 0; v < KERNEL_VECTORS; v++) {
                vector block = __builtin_convertvector(sums[r][v], vector);
                totals[r][v] = start == 0 ? block : totals[r][v] + block;
            }
    }
#pragma clang loop unroll(full)
    for (int v = 0; v < KERNEL_VECTORS; v++) {
        vector scale = KERNEL(load)(b_scales + 16 * v), shift = KERNEL(load)(bias + 16 * v);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            vector row = totals[r][v] * KERNEL(splat)(a_scales[r]);
            KERNEL(store)(c + (size_t)r * columns + 16 * v, KERNEL(fma)(row, scale, shift));
        }
    }
}

static void KERNEL(multiply_codes)(
    size_t rows, size_t depth, size_t columns, const int16_t *a, const float *a_scales, const int16_t *b,
    const float *b_scales, const float *bias, float *c) {
    // Rows are shared out evenly, as in the product of encoder_kernels_body.h.
    size_t tiles = (rows + KERNEL_ROWS - 1) / KERNEL_ROWS;
    for (size_t column = 0; column < columns; column += 16 * KERNEL_VECTORS) {
        const int16_t *right =
            b + column / ENCODER_PANEL_COLUMNS * ENCODER_PANEL_COLUMNS * depth + 2 * (column % ENCODER_PANEL_COLUMNS);
        size_t row = 0;
        for (size_t t = 0; t < tiles; t++) {
            size_t height = (rows - row + (tiles - t) - 1) / (tiles - t);
            const int16_t *left = a + row * depth;
            float *to = c + row * columns + column;
            switch (height) {
#define TILE(n)                                                                                                  \
    case n:                                                                                                      \
        KERNEL(tile)(n, depth, columns, left, a_scales + row, right, b_scales + column, bias + column, to); \
        break;
                TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#if KERNEL_ROWS > 6
                TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
#endif
#undef TILE
            }
            row += height;
        }
    }
}

static void KERNEL(quantize)(const float *values, size_t rows, size_t width, int16_t *codes, float *scales) {
    const int32_t rounder_bits = 0x4b400000;  // of 1.5 * 2^23: adding it leaves an integer in the low bits
    const vector rounder = KERNEL(splat)(12582912.0f);
    for (size_t i = 0; i < rows; i++, values += width, codes += width) {
        // The bits of magnitudes, as integers, are in their order; what is infinite or no number is above all others.
        lanes largest = {0};
        for (size_t j = 0; j < width; j += 16) {
            lanes magnitude = (lanes)KERNEL(load)(values + j) & 0x7fffffff;
            lanes above = magnitude > largest;
            largest = (magnitude & above) | (largest & ~above);
        }
        int32_t bits = largest[0];
        for (int lane = 1; lane < 16; lane++) bits = largest[lane] > bits ? largest[lane] : bits;
        float top;
        __builtin_memcpy(&top, &bits, sizeof top);
        if (bits >= 0x7f800000 || top < 0x1p-100f) {
            scales[i] = bits >= 0x7f800000 ? __builtin_nanf("") : 0;
            __builtin_memset(codes, 0, width * sizeof *codes);
            continue;
        }
        scales[i] = top / ENCODER_CODE_LIMIT;
        vector factor = KERNEL(splat)(ENCODER_CODE_LIMIT / top);
        for (size_t j = 0; j < width; j += 16) {
            lanes code = (lanes)KERNEL(fma)(KERNEL(load)(values + j), factor, rounder) - rounder_bits;
            code_vector narrow = __builtin_convertvector(code, code_vector);
            __builtin_memcpy(codes + j, &narrow, sizeof narrow);
        }
    }
}
