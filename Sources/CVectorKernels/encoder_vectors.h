#ifndef ENCODER_VECTORS_H
#define ENCODER_VECTORS_H

#include "include/encoder_kernels.h"

// What the sources of the encoder's kernels share: vectors of 16 numbers, and the choice of an instruction set.

// A compiler that may fuse or split on its own would give each instruction set its own bits.
#pragma STDC FP_CONTRACT OFF

typedef float vector __attribute__((vector_size(64)));
typedef int32_t lanes __attribute__((vector_size(64)));

// The warning is about vectors passed between functions compiled for different machines. All such functions here are
// static and always inlined, so no vector is ever passed.
#pragma clang diagnostic ignored "-Wpsabi"

#define KERNEL_INLINE __attribute__((always_inline))

#if defined(__x86_64__)

#define DISPATCH(instructions, name, ...)                            \
    do {                                                             \
        if ((instructions) == ENCODER_AVX512) name##_avx512(__VA_ARGS__); \
        else if ((instructions) == ENCODER_AVX2) name##_avx2(__VA_ARGS__); \
        else name##_portable(__VA_ARGS__);                           \
    } while (0)

#else

#define DISPATCH(instructions, name, ...)    \
    do {                                     \
        (void)(instructions);                \
        name##_portable(__VA_ARGS__);        \
    } while (0)

#endif

#endif
