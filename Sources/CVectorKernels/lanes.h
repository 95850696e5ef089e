#ifndef LANES_H
#define LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// Eight lanes, for kernels over codes and bits. The compiler maps them to one, two or four registers; the lane that an
// element belongs to does not change, and so neither does a bit of what is computed. Whoever includes this computes with
// floating point that is the same on every machine: no multiply and add may become one instruction.
#pragma STDC FP_CONTRACT OFF

typedef float float8 __attribute__((vector_size(32)));
typedef double double8 __attribute__((vector_size(64)));
typedef int32_t int32x8 __attribute__((vector_size(32)));
typedef int64_t int64x8 __attribute__((vector_size(64)));
typedef uint8_t uint8x8 __attribute__((vector_size(8)));

// Every function that takes a vector is inlined: none is ever passed.
#pragma clang diagnostic ignored "-Wpsabi"

#define LANES ((size_t)8)
#define INLINE __attribute__((always_inline)) static inline

// The sum of all lanes, in one order.
INLINE double total_of(double8 lanes) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// The largest absolute value, as its bits: for numbers without a sign the order of bits is the order of values, with
// the infinities and what is no number above all finite ones.
INLINE uint32_t largest_magnitude(const float *row, size_t dimension) {
    uint32_t largest = 0;
    for (size_t i = 0; i < dimension; i++) {
        uint32_t bits;
        memcpy(&bits, row + i, sizeof bits);
        bits &= 0x7fffffffu;
        largest = bits > largest ? bits : largest;
    }
    return largest;
}

#endif
