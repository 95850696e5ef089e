// The kernels of encoder_kernels.h, written once on vectors of 16 floats. encoder_kernels.c includes this file once
// for each instruction set, with KERNEL(name) giving the name its suffix; the compiler turns a vector into one AVX-512
// register, two AVX2 registers, or whatever the machine has. Lane by lane the arithmetic is the same, hence the bits.
//
// No include guard: it is meant to be included more than once.

#include "encoder_vectors_body.h"

static inline KERNEL_INLINE vector KERNEL(select)(lanes mask, vector yes, vector no) {
    return (vector)((mask & (lanes)yes) | (~mask & (lanes)no));
}

// The sixteen lanes added as a balanced tree: 8 pairs, 4, 2, 1.
static inline KERNEL_INLINE float KERNEL(sum)(vector value) {
    float x[16];
    __builtin_memcpy(x, &value, sizeof x);
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++) x[i] += x[i + half];
    return x[0];
}

// One tile of a product: `rows` (a constant at each call) x KERNEL_VECTORS vectors, all of the depth. Each of its
// accumulators sees the same sequence of fused multiply-adds whatever `rows` is: INVARIANT (row independence).
static inline KERNEL_INLINE void KERNEL(tile)(
    const int rows, size_t depth, const float *a, size_t a_stride, const float *b, size_t b_stride, const float *bias,
    float *c, size_t c_stride) {
    vector sums[KERNEL_ROWS][KERNEL_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < KERNEL_VECTORS; v++) {
        vector start = bias ? KERNEL(load)(bias + 16 * v) : KERNEL(splat)(0);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) sums[r][v] = start;
    }
    for (size_t k = 0; k < depth; k++, b += b_stride) {
        vector right[KERNEL_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < KERNEL_VECTORS; v++) {
            right[v] = KERNEL(load)(b + 16 * v);
            __builtin_prefetch(b + KERNEL_PREFETCH + 16 * v);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            vector left = KERNEL(splat)(a[(size_t)r * a_stride + k]);
#pragma clang loop unroll(full)
            for (int v = 0; v < KERNEL_VECTORS; v++) sums[r][v] = KERNEL(fma)(left, right[v], sums[r][v]);
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < KERNEL_VECTORS; v++) KERNEL(store)(c + (size_t)r * c_stride + 16 * v, sums[r][v]);
}

static void KERNEL(multiply)(
    size_t rows, size_t depth, size_t columns, const float *a, size_t a_stride, const float *b, size_t b_stride,
    size_t panel_stride, const float *bias, float *c, size_t c_stride) {
    // Rows are shared out evenly, so that no tile is much thinner than the others: at 14 rows a tile, 128 rows are
    // 8 tiles of 13 and 2 of 12, not 9 of 14 and 1 of 2.
    size_t tiles = (rows + KERNEL_ROWS - 1) / KERNEL_ROWS;
    for (size_t column = 0; column < columns; column += 16 * KERNEL_VECTORS) {
        const float *right = b + column / ENCODER_PANEL_COLUMNS * panel_stride + column % ENCODER_PANEL_COLUMNS;
        const float *start = bias ? bias + column : 0;
        size_t row = 0;
        for (size_t t = 0; t < tiles; t++) {
            size_t height = (rows - row + (tiles - t) - 1) / (tiles - t);
            const float *left = a + row * a_stride;
            float *to = c + row * c_stride + column;
            switch (height) {
#define TILE(n) \
    case n: KERNEL(tile)(n, depth, left, a_stride, right, b_stride, start, to, c_stride); break;
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

static void KERNEL(gather)(
    const int32_t *ids, size_t rows, size_t width, const float *words, const float *positions, const float *types,
    float *out) {
    for (size_t i = 0; i < rows; i++) {
        const float *word = words + (size_t)ids[i] * width, *position = positions + i * width;
        for (size_t j = 0; j < width; j += 16)
            KERNEL(store)(
                out + i * width + j,
                (KERNEL(load)(word + j) + KERNEL(load)(types + j)) + KERNEL(load)(position + j));
    }
}

// e^x for x <= 88: 2^n * e^f with n = round(x / ln 2) and a polynomial on |f| <= ln 2 / 2 (coefficients of the Cephes
// library's expf). Below -87 the result is that at -87, about 1.6e-38; relative error about 1e-7.
static inline KERNEL_INLINE vector KERNEL(exp)(vector x) {
    const vector rounder = KERNEL(splat)(12582912.0f);  // 1.5 * 2^23: adding it leaves an integer in the low bits
    x = KERNEL(select)(x < KERNEL(splat)(-87.0f), KERNEL(splat)(-87.0f), x);
    vector shifted = KERNEL(fma)(x, KERNEL(splat)(1.44269504088896341f), rounder);
    vector n = shifted - rounder;
    vector f = KERNEL(fma)(n, KERNEL(splat)(-0.693359375f), x);
    f = KERNEL(fma)(n, KERNEL(splat)(2.12194440e-4f), f);
    vector p = KERNEL(splat)(1.9875691500e-4f);
    p = KERNEL(fma)(p, f, KERNEL(splat)(1.3981999507e-3f));
    p = KERNEL(fma)(p, f, KERNEL(splat)(8.3334519073e-3f));
    p = KERNEL(fma)(p, f, KERNEL(splat)(4.1665795894e-2f));
    p = KERNEL(fma)(p, f, KERNEL(splat)(1.6666665459e-1f));
    p = KERNEL(fma)(p, f, KERNEL(splat)(5.0000001201e-1f));
    p = KERNEL(fma)(p, f * f, f + KERNEL(splat)(1.0f));
    lanes exponent = ((lanes)shifted - (lanes)rounder + 127) << 23;
    return p * (vector)exponent;
}

static void KERNEL(softmax)(float *values, size_t rows, size_t columns, size_t stride, float scale) {
    size_t padded = (columns + 15) / 16 * 16;
    for (size_t i = 0; i < rows; i++, values += stride) {
        for (size_t j = columns; j < padded; j++) values[j] = -__builtin_inff();
        vector largest = KERNEL(load)(values);
        for (size_t j = 16; j < padded; j += 16) {
            vector x = KERNEL(load)(values + j);
            largest = KERNEL(select)(x > largest, x, largest);
        }
        float top = largest[0];
        for (int lane = 1; lane < 16; lane++) top = largest[lane] > top ? largest[lane] : top;
        vector total = KERNEL(splat)(0), shift = KERNEL(splat)(-top * scale), factor = KERNEL(splat)(scale);
        for (size_t j = 0; j < padded; j += 16) {
            vector x = KERNEL(load)(values + j);
            vector e = KERNEL(exp)(KERNEL(fma)(x, factor, shift));
            e = KERNEL(select)(x == KERNEL(splat)(-__builtin_inff()), KERNEL(splat)(0), e);
            KERNEL(store)(values + j, e);
            total += e;
        }
        vector share = KERNEL(splat)(1.0f / KERNEL(sum)(total));
        for (size_t j = 0; j < padded; j += 16) KERNEL(store)(values + j, KERNEL(load)(values + j) * share);
    }
}

// erf after N. Juffa's two-branch approximation (below 1 unit in the last place with an exact exponential): a
// polynomial in a^2 near zero, 1 - e^p(|a|) outside. Both branches are computed and one is chosen by lane.
static inline KERNEL_INLINE vector KERNEL(erf)(vector a) {
    vector t = (vector)((lanes)a & 0x7fffffff), s = a * a;
    vector far = KERNEL(fma)(KERNEL(splat)(-1.72853470e-5f), t, KERNEL(splat)(3.83197126e-4f));
    vector u = KERNEL(fma)(KERNEL(splat)(-3.88396438e-3f), t, KERNEL(splat)(2.42546219e-2f));
    far = KERNEL(fma)(far, s, u);
    far = KERNEL(fma)(far, t, KERNEL(splat)(-1.06777877e-1f));
    far = KERNEL(fma)(far, t, KERNEL(splat)(-6.34846687e-1f));
    far = KERNEL(fma)(far, t, KERNEL(splat)(-1.28717512e-1f));
    far = KERNEL(fma)(far, t, -t);
    // From |a| = 4 on the result is 1 in float32, and the polynomial is no longer of use.
    far = KERNEL(select)(t > KERNEL(splat)(4.0f), KERNEL(splat)(-87.0f), far);
    far = KERNEL(splat)(1.0f) - KERNEL(exp)(far);
    far = (vector)((lanes)far | ((lanes)a & (int32_t)0x80000000));

    vector near = KERNEL(splat)(-5.96761703e-4f);
    near = KERNEL(fma)(near, s, KERNEL(splat)(4.99119423e-3f));
    near = KERNEL(fma)(near, s, KERNEL(splat)(-2.67681349e-2f));
    near = KERNEL(fma)(near, s, KERNEL(splat)(1.12819925e-1f));
    near = KERNEL(fma)(near, s, KERNEL(splat)(-3.76125336e-1f));
    near = KERNEL(fma)(near, s, KERNEL(splat)(1.28379166e-1f));
    near = KERNEL(fma)(near, a, a);
    return KERNEL(select)(t > KERNEL(splat)(0.927734375f), far, near);
}

static void KERNEL(gelu)(float *values, size_t count) {
    for (size_t i = 0; i < count; i += 16) {
        vector x = KERNEL(load)(values + i);
        vector half = x * KERNEL(splat)(0.5f);
        vector e = KERNEL(erf)(x * KERNEL(splat)(0.707106781186547524f));
        KERNEL(store)(values + i, KERNEL(fma)(half, e, half));
    }
}

static void KERNEL(add_normalize)(
    float *values, const float *residual, const float *gain, const float *shift, float epsilon, size_t rows,
    size_t width) {
    for (size_t i = 0; i < rows; i++, values += width) {
        vector total = KERNEL(splat)(0);
        for (size_t j = 0; j < width; j += 16) {
            vector x = KERNEL(load)(values + j);
            if (residual) {
                x += KERNEL(load)(residual + i * width + j);
                KERNEL(store)(values + j, x);
            }
            total += x;
        }
        vector mean = KERNEL(splat)(KERNEL(sum)(total) / (float)width), squares = KERNEL(splat)(0);
        for (size_t j = 0; j < width; j += 16) {
            vector d = KERNEL(load)(values + j) - mean;
            squares = KERNEL(fma)(d, d, squares);
        }
        float deviation = __builtin_sqrtf(KERNEL(sum)(squares) / (float)width + epsilon);
        vector factor = KERNEL(splat)(1.0f / deviation);
        for (size_t j = 0; j < width; j += 16) {
            vector d = (KERNEL(load)(values + j) - mean) * factor;
            KERNEL(store)(values + j, KERNEL(fma)(d, KERNEL(load)(gain + j), KERNEL(load)(shift + j)));
        }
    }
}

static void KERNEL(pool)(const float *values, size_t rows, size_t width, float *out) {
    vector share = KERNEL(splat)(1.0f / (float)rows), squares = KERNEL(splat)(0);
    for (size_t j = 0; j < width; j += 16) {
        vector total = KERNEL(load)(values + j);
        for (size_t i = 1; i < rows; i++) total += KERNEL(load)(values + i * width + j);
        total *= share;
        squares = KERNEL(fma)(total, total, squares);
        KERNEL(store)(out + j, total);
    }
    float length = __builtin_sqrtf(KERNEL(sum)(squares));
    if (!(length > 0)) return;
    vector factor = KERNEL(splat)(1.0f / length);
    for (size_t j = 0; j < width; j += 16) KERNEL(store)(out + j, KERNEL(load)(out + j) * factor);
}
