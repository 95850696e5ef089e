#ifndef ENCODER_INTEGER_KERNELS_H
#define ENCODER_INTEGER_KERNELS_H

#include "encoder_kernels.h"

// Dense products of the fast encoder: both sides as 16-bit codes with a float32 scale, summed in integers.
//
// A row of inputs has one scale, taken from that row alone, and codes of at most 14 bits with their sign. An output has
// one scale, taken from its weights alone: the smallest at which no sum of a block of inputs can leave 32 bits,
// whatever the row. Blocks are ENCODER_BLOCK inputs; their sums are exact and are added up as float32, in order.
//
// Both invariants of encoder_kernels.h hold. "Same bits everywhere" needs no order inside a block: integers have none.

// The greatest code of an input.
#define ENCODER_CODE_LIMIT 8191
// Inputs whose products are summed in integers, at most.
#define ENCODER_BLOCK 384

// What the functions below run on where `instructions` are asked for. AVX-512 came before VNNI: without it, AVX2.
encoder_instructions encoder_integer_instructions(encoder_instructions instructions);

// Packs a matrix (outputs x inputs, as y = x * W^T wants it) into panels of 32 outputs, two inputs side by side:
// packed[panel][input / 2][32][2], and one scale an output. `outputs` is a multiple of 32, `inputs` of 2; `packed` has
// room for outputs * inputs codes. 1, or 0 where a weight is infinite or no number: nothing can then be used.
//
// Guarantee (no overflow): within any block the magnitudes of an output's codes sum up to at most
// (2^31 - 1) / ENCODER_CODE_LIMIT.
int encoder_pack_codes(const float *weights, size_t outputs, size_t inputs, int16_t *packed, float *scales);

// codes[i][k] = values[i][k] / scales[i] to the nearest integer, where scales[i] is the row's greatest magnitude /
// ENCODER_CODE_LIMIT. A row below 2^-100 becomes zeros with scale 0; one with a number that is infinite or none becomes
// zeros with a scale that is no number. `width` is whole vectors; rows are contiguous.
void encoder_quantize(
    encoder_instructions instructions, const float *values, size_t rows, size_t width, int16_t *codes, float *scales);

// c[i][j] = bias[j] + (a_scales[i] * sum over k of a[i][k] * b[k][j]) * b_scales[j], with b and b_scales as
// encoder_pack_codes makes them and a as encoder_quantize does. `depth` is a multiple of 2 and `columns` of 32; rows
// are contiguous. The same bits on every instruction set; 2 * rows * depth * columns operations.
void encoder_multiply_codes(
    encoder_instructions instructions, size_t rows, size_t depth, size_t columns, const int16_t *a,
    const float *a_scales, const int16_t *b, const float *b_scales, const float *bias, float *c);

#endif
