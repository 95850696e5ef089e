#include "scan_kernels.h"

#include <string.h>

// No multiply and add of this file may become one instruction. (With exact products it could not change a bit; the
// pragma makes that visible, and keeps it true if a kernel with inexact products joins this file.)
#pragma STDC FP_CONTRACT OFF

// Eight lanes. The compiler maps them to one, two or four registers; the lane an element belongs to does not change.
typedef float float8 __attribute__((vector_size(32)));
typedef double double8 __attribute__((vector_size(64)));

#define LANES ((size_t)8)

typedef uint64_t uint64x8 __attribute__((vector_size(64)));

// The one body of the streaming sum: eight independent chains of wide additions, so that memory and not the latency of
// an addition sets the pace.
__attribute__((always_inline)) static inline uint64_t stream_sum(const uint64_t *words, size_t count) {
    enum { CHAINS = 8, WIDTH = 8 };
    uint64x8 sums[CHAINS] = {{0}};
    size_t i = 0;
    for (; i + CHAINS * WIDTH <= count; i += CHAINS * WIDTH) {
        for (size_t chain = 0; chain < CHAINS; chain++) {
            uint64x8 part;
            memcpy(&part, words + i + chain * WIDTH, sizeof part);
            sums[chain] += part;
        }
    }
    uint64_t total = 0;
    for (size_t chain = 0; chain < CHAINS; chain++) {
        for (size_t lane = 0; lane < WIDTH; lane++) total += sums[chain][lane];
    }
    for (; i < count; i++) total += words[i];
    return total;
}

// The one body of the fixed-order kernel, compiled once for each variant.
__attribute__((always_inline)) static inline double fixed_order_dot(const float *a, const float *b, size_t dimension) {
    double8 lanes = {0};
    size_t i = 0;
    for (; i + LANES <= dimension; i += LANES) {
        float8 x, y;
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        const double8 products = __builtin_convertvector(x, double8) * __builtin_convertvector(y, double8);
        lanes = lanes + products;
    }
    if (i < dimension) {
        // The last elements stay in their lanes; the lanes beside them receive +0.0, which changes no lane, as no
        // lane can hold -0.0.
        float8 x = {0}, y = {0};
        memcpy(&x, a + i, (dimension - i) * sizeof(float));
        memcpy(&y, b + i, (dimension - i) * sizeof(float));
        const double8 products = __builtin_convertvector(x, double8) * __builtin_convertvector(y, double8);
        lanes = lanes + products;
    }
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static double fixed_order_dot_baseline(const float *a, const float *b, size_t dimension) {
    return fixed_order_dot(a, b, dimension);
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static double fixed_order_dot_avx2(const float *a, const float *b, size_t dimension) {
    return fixed_order_dot(a, b, dimension);
}

__attribute__((target("avx512f,avx512vl"))) static double fixed_order_dot_avx512(
    const float *a, const float *b, size_t dimension) {
    return fixed_order_dot(a, b, dimension);
}

__attribute__((target("avx2"))) static uint64_t stream_sum_avx2(const uint64_t *words, size_t count) {
    return stream_sum(words, count);
}

__attribute__((target("avx512f,avx512vl"))) static uint64_t stream_sum_avx512(const uint64_t *words, size_t count) {
    return stream_sum(words, count);
}

enum scan_kernel_variant scan_kernel_widest(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
        return SCAN_KERNEL_AVX512;
    }
    return __builtin_cpu_supports("avx2") ? SCAN_KERNEL_AVX2 : SCAN_KERNEL_BASELINE;
}

double scan_fixed_order_dot_variant(
    enum scan_kernel_variant variant, const float *a, const float *b, size_t dimension) {
    if (variant > scan_kernel_widest()) {
        variant = SCAN_KERNEL_BASELINE;
    }
    switch (variant) {
        case SCAN_KERNEL_AVX512: return fixed_order_dot_avx512(a, b, dimension);
        case SCAN_KERNEL_AVX2: return fixed_order_dot_avx2(a, b, dimension);
        case SCAN_KERNEL_BASELINE: break;
    }
    return fixed_order_dot_baseline(a, b, dimension);
}

uint64_t scan_stream_sum(const uint64_t *words, size_t count) {
    switch (scan_kernel_widest()) {
        case SCAN_KERNEL_AVX512: return stream_sum_avx512(words, count);
        case SCAN_KERNEL_AVX2: return stream_sum_avx2(words, count);
        case SCAN_KERNEL_BASELINE: break;
    }
    return stream_sum(words, count);
}

#else

enum scan_kernel_variant scan_kernel_widest(void) {
    return SCAN_KERNEL_BASELINE;
}

double scan_fixed_order_dot_variant(
    enum scan_kernel_variant variant, const float *a, const float *b, size_t dimension) {
    (void)variant;
    return fixed_order_dot_baseline(a, b, dimension);
}

uint64_t scan_stream_sum(const uint64_t *words, size_t count) {
    return stream_sum(words, count);
}

#endif

double scan_fixed_order_dot(const float *a, const float *b, size_t dimension) {
    return scan_fixed_order_dot_variant(scan_kernel_widest(), a, b, dimension);
}
