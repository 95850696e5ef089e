// Runs the kernels on whatever processor this is compiled for, and prints a digest of everything they gave.
//
//     check_kernels SEED
//
// The kernels promise the same numbers on every machine, so the digests of two machines are equal (`.ci/arm` compares
// this one's with an emulated 64-bit Arm processor's). Besides, every variant that a machine has is compared with the
// scalar one, case by case, as the Swift tests do on the machine that they run on.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vector_kernels.h"

static uint64_t state;

// SplitMix64.
static uint64_t next(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(size_t limit) { return (size_t)(next() % limit); }

static float number(void) { return (float)((double)(int64_t)next() * 0x1p-63); }

static uint64_t digest = 0xcbf29ce484222325u;

// FNV-1a.
static void add(const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
}

static void *memory(size_t size) {
    void *start = aligned_alloc(64, (size + 63) / 64 * 64 + 64);
    if (!start) {
        fprintf(stderr, "check_kernels: no memory for %zu bytes\n", size);
        exit(2);
    }
    memset(start, 0, (size + 63) / 64 * 64);
    return start;
}

static size_t cases;

static void expect(int holds, const char *what, int variant, size_t dimension, size_t rows) {
    cases++;
    if (holds) return;
    fprintf(stderr, "check_kernels: %s, variant %d differs from the scalar one: %zu components, %zu rows\n", what, variant,
            dimension, rows);
    exit(1);
}

static float *numbers(size_t count) {
    float *values = memory(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = number();
    return values;
}

static void check_codes(size_t dimension, size_t count, size_t queries) {
    const size_t half = code_half(dimension);
    uint8_t *coarse = memory(count * half), *fine = memory(count * half);
    struct code_row *rows = memory(count * sizeof *rows);
    uint32_t *places = memory(count * sizeof *places);
    float *scales = memory(count * sizeof *scales), *radii = memory(count * sizeof *radii);
    for (size_t row = 0; row < count; row++) {
        float *values = numbers(dimension);
        struct code_measures measures;
        expect(code_encode(values, dimension, coarse + row * half, fine + row * half, &measures), "encoding", 0,
               dimension, count);
        add(&measures, sizeof measures);
        scales[row] = measures.scale;
        radii[row] = measures.coarse_radius;
        const double dot = scan_fixed_order_dot(values, values, dimension);
        add(&dot, sizeof dot);
        free(values);
    }
    // Every other time bytes that no row has, at the ends of their range.
    if (below(2)) {
        for (size_t i = 0; i < count * half; i++) {
            coarse[i] = (const uint8_t[]){0, 255, 0xf0, 0x0f}[below(4)];
            fine[i] = (uint8_t)next();
        }
    }
    add(coarse, count * half);
    add(fine, count * half);
    for (size_t row = 0; row < count; row++) {
        rows[row] = (struct code_row){coarse + below(count) * half, fine + below(count) * half};
        places[row] = (uint32_t)below(count);
    }
    int8_t *planes = memory((queries > 2 ? queries : 2) * 2 * half);
    for (size_t i = 0; i < (queries > 2 ? queries : 2) * 2 * half; i++) {
        planes[i] = below(3) == 0 ? (below(2) ? 127 : -127) : (int8_t)((int)below(255) - 127);
    }
    const size_t room = count * (queries > 2 ? queries : 2);
    int32_t *plain = memory(room * sizeof *plain), *sums = memory(room * sizeof *sums);
    uint32_t *positions = memory((count + 16) * sizeof *positions);
    for (int variant = 1; variant <= CODE_KERNEL_VNNI; variant++) {
        if (!code_kernel_is_supported(variant)) continue;
        code_sums(CODE_KERNEL_SCALAR, rows, places, count, half, planes, plain);
        code_sums(variant, rows, places, count, half, planes, sums);
        expect(memcmp(plain, sums, 2 * count * sizeof *sums) == 0, "sums of codes", variant, dimension, count);
        code_coarse_sums(CODE_KERNEL_SCALAR, coarse, count, 0, half, planes, queries, plain);
        code_coarse_sums(variant, coarse, count, 0, half, planes, queries, sums);
        expect(memcmp(plain, sums, queries * count * sizeof *sums) == 0, "sums of coarse halves", variant, dimension, count);
    }
    const struct code_bound bound = {0.001, 0.5, 0.25};
    code_sums(CODE_KERNEL_SCALAR, rows, places, count, half, planes, plain);
    add(plain, 2 * count * sizeof *plain);
    code_coarse_sums(CODE_KERNEL_SCALAR, coarse, count, 0, half, planes, queries, plain);
    add(plain, queries * count * sizeof *plain);
    const size_t found = code_select(plain, scales, radii, count, bound, 0, positions);
    add(positions, found * sizeof *positions);
    const size_t scored = score_select(radii, count, radii[0], positions);
    add(positions, scored * sizeof *positions);
    double *uppers = memory(count * sizeof *uppers);
    for (size_t row = 0; row < count; row++) uppers[row] = number();
    for (size_t left = count; left > 0;) {
        const size_t leading = code_leading(uppers, places, &left, 0, positions);
        add(positions, leading * sizeof *positions);
    }
    free(uppers), free(places), free(coarse), free(fine), free(rows), free(scales), free(radii), free(planes), free(plain), free(sums);
    free(positions);
}

static void check_bits(size_t dimension, size_t count) {
    const size_t words = bit_words(dimension), groups = (count + BIT_GROUP - 1) / BIT_GROUP;
    float *table = memory(bit_rotation_size(dimension) * sizeof *table);
    float *rotated = memory(dimension * sizeof *rotated), *scratch = memory(dimension * sizeof *scratch);
    bit_rotation(dimension, table);
    uint64_t *bits = memory(groups * BIT_GROUP * words * sizeof *bits);
    for (size_t row = 0; row < count; row++) {
        float *values = numbers(dimension), factor;
        const int exponent = bit_rotate(table, values, dimension, rotated, scratch);
        bit_encode(rotated, exponent, dimension, bits + row / BIT_GROUP * words * BIT_GROUP + row % BIT_GROUP, &factor);
        add(&exponent, sizeof exponent);
        add(rotated, dimension * sizeof *rotated);
        add(&factor, sizeof factor);
        free(values);
    }
    add(bits, groups * BIT_GROUP * words * sizeof *bits);
    uint64_t *planes = memory(BIT_PLANES * words * sizeof *planes);
    for (size_t i = 0; i < BIT_PLANES * words; i++) planes[i] = next();
    const size_t first = below(count), rows = count - first;
    int32_t *plain = memory(rows * sizeof *plain), *sums = memory(rows * sizeof *sums);
    bit_sums(BIT_KERNEL_SCALAR, bits, first, rows, 0, words, planes, plain);
    add(plain, rows * sizeof *plain);
    for (int variant = 1; variant <= BIT_KERNEL_VPOPCNT; variant++) {
        if (!bit_kernel_is_supported(variant)) continue;
        bit_sums(variant, bits, first, rows, 0, words, planes, sums);
        expect(memcmp(plain, sums, rows * sizeof *sums) == 0, "sums of bits", variant, dimension, rows);
    }
    free(table), free(rotated), free(scratch), free(bits), free(planes), free(plain), free(sums);
}

// The encoder's products and what is between them, by the widest instructions that the machine has.
static void check_encoder(void) {
    enum { ROWS = 5, DEPTH = 416, COLUMNS = 64 };
    const encoder_instructions best = encoder_best_instructions();
    const encoder_instructions integer = encoder_integer_instructions(best);
    float *a = numbers(ROWS * DEPTH), *weights = numbers(COLUMNS * DEPTH), *bias = numbers(COLUMNS);
    float *packed = memory(COLUMNS * DEPTH * sizeof *packed), *c = memory(ROWS * COLUMNS * sizeof *c);
    encoder_pack(weights, COLUMNS, DEPTH, packed);
    encoder_multiply(best, ROWS, DEPTH, COLUMNS, a, DEPTH, packed, COLUMNS < 32 ? COLUMNS : 32,
                     DEPTH * ENCODER_PANEL_COLUMNS, bias, c, COLUMNS);
    add(c, ROWS * COLUMNS * sizeof *c);
    encoder_gelu(best, c, ROWS * COLUMNS);
    encoder_softmax(best, c, ROWS, COLUMNS, COLUMNS, 0.125f);
    add(c, ROWS * COLUMNS * sizeof *c);
    int16_t *codes = memory(ROWS * DEPTH * sizeof *codes), *panels = memory(COLUMNS * DEPTH * sizeof *panels);
    float *row_scales = memory(ROWS * sizeof *row_scales), *scales = memory(COLUMNS * sizeof *scales);
    expect(encoder_pack_codes(weights, COLUMNS, DEPTH, panels, scales), "packing", 0, DEPTH, COLUMNS);
    encoder_quantize(integer, a, ROWS, DEPTH, codes, row_scales);
    encoder_multiply_codes(integer, ROWS, DEPTH, COLUMNS, codes, row_scales, panels, scales, bias, c);
    add(codes, ROWS * DEPTH * sizeof *codes);
    add(c, ROWS * COLUMNS * sizeof *c);
    free(a), free(weights), free(bias), free(packed), free(c), free(codes), free(panels), free(row_scales), free(scales);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: check_kernels SEED\n");
        return 2;
    }
    state = strtoull(argv[1], NULL, 10);
    static const size_t dimensions[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 100, 127, 128, 129, 384, 1000};
    static const size_t counts[] = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33};
    for (size_t d = 0; d < sizeof dimensions / sizeof *dimensions; d++) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            check_codes(dimensions[d], counts[c], 1 + below(CODE_QUERY_LIMIT));
            check_bits(dimensions[d], counts[c]);
        }
    }
    check_encoder();
    fprintf(stderr, "check_kernels: %zu comparisons with the scalar kernels%s\n", cases,
            code_kernel_is_supported(CODE_KERNEL_NEON) && bit_kernel_is_supported(BIT_KERNEL_NEON) ? ", NEON" : "");
    printf("%016llx\n", (unsigned long long)digest);
    return 0;
}
