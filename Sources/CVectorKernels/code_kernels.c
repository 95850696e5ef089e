#include "code_kernels.h"

#include <math.h>

#include "lanes.h"

size_t code_half(size_t dimension) {
    return (dimension + 2 * CODE_ALIGNMENT - 1) / (2 * CODE_ALIGNMENT) * CODE_ALIGNMENT;
}

// MARK: - Codes of a row

// The first number where a lane of the mask is set, the second one where not.
INLINE double8 pick(int64x8 mask, double8 first, double8 second) {
    return (double8)((mask & (int64x8)first) | (~mask & (int64x8)second));
}

// The squares of what codes leave of a row, and of what their upper halves do, eight components side by side.
struct residuals {
    double8 code, coarse;
};

// Eight components: their codes as bytes.
INLINE uint8x8 encode8(float8 values, double inverse, double scale, struct residuals *squares) {
    const double8 x = __builtin_convertvector(values, double8);
    // Adding and taking away 3 * 2^51 rounds to nearest, ties to even, wherever the sum stays below 2^52.
    const double8 magic = (double8){0} + 0x1.8p52;
    double8 codes = (x * inverse + magic) - magic;
    // A scale that was rounded, or is the smallest number there is, can lead past the end.
    const double8 most = (double8){0} + 127.0, least = (double8){0} - 127.0;
    codes = pick(codes > most, most, codes);
    codes = pick(codes < least, least, codes);
    const int32x8 bytes = __builtin_convertvector(codes, int32x8) + 128;
    const double8 middles = __builtin_convertvector(bytes & ~15, double8) - 120.5;
    const double8 residual = x - codes * scale, coarse = x - middles * scale;
    squares->code = squares->code + residual * residual;
    squares->coarse = squares->coarse + coarse * coarse;
    return __builtin_convertvector(bytes, uint8x8);
}

// An upper bound of the length that squares sum up to. Products of codes and scales are exact, so each residual is off by
// a factor of at most 1 + 2^-53, its square by three, the sum by gamma(dimension / 8 + 6) and the root by one more:
// together far below 2^-30.
INLINE float length_above(double8 squares) {
    const double length = sqrt(total_of(squares)) * (1 + 0x1p-30);
    const float up = (float)length;
    return (double)up < length ? nextafterf(up, INFINITY) : up;
}

INLINE bool encode(const float *row, size_t dimension, uint8_t *coarse, uint8_t *fine, struct code_measures *measures) {
    const uint32_t bits = largest_magnitude(row, dimension);
    if (bits >= 0x7f800000u) return false;
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    const float s = largest / 127.0f;
    // A row of zeros, or of numbers too small for a scale, has codes of zero, and its length is the residual's.
    const double inverse = s > 0 ? 1.0 / (double)s : 0.0;

    struct residuals squares = {{0}, {0}};
    for (size_t start = 0; start < dimension; start += 2 * CODE_ALIGNMENT) {
        uint8_t codes[2 * CODE_ALIGNMENT];
        memset(codes, 128, sizeof codes);
        const size_t count = dimension - start < sizeof codes ? dimension - start : sizeof codes;
        size_t i = 0;
        for (; i + LANES <= count; i += LANES) {
            float8 values;
            memcpy(&values, row + start + i, sizeof values);
            const uint8x8 bytes = encode8(values, inverse, (double)s, &squares);
            memcpy(codes + i, &bytes, sizeof bytes);
        }
        for (; i < count; i++) {
            // One at a time, so that nothing but components counts.
            const float8 value = {row[start + i]};
            struct residuals one = {{0}, {0}};
            codes[i] = encode8(value, inverse, (double)s, &one)[0];
            squares.code[i % LANES] += one.code[0];
            squares.coarse[i % LANES] += one.coarse[0];
        }
        for (size_t j = 0; j < CODE_ALIGNMENT; j++) {
            const uint8_t first = codes[j], second = codes[CODE_ALIGNMENT + j];
            coarse[start / 2 + j] = (uint8_t)((first & 0xf0) | (second >> 4));
            fine[start / 2 + j] = (uint8_t)((first << 4) | (second & 0x0f));
        }
    }
    measures->scale = s;
    measures->radius = length_above(squares.code);
    measures->coarse_radius = length_above(squares.coarse);
    return true;
}

static bool encode_baseline(
    const float *row, size_t dimension, uint8_t *coarse, uint8_t *fine, struct code_measures *measures) {
    return encode(row, dimension, coarse, fine, measures);
}

// MARK: - Sums

// The half of a component's code that this half of a row has, from 0 to 15.
INLINE uint8_t half_of(const uint8_t *half, size_t component) {
    const size_t block = component / (2 * CODE_ALIGNMENT), place = component % (2 * CODE_ALIGNMENT);
    const uint8_t byte = half[block * CODE_ALIGNMENT + place % CODE_ALIGNMENT];
    return place < CODE_ALIGNMENT ? byte >> 4 : byte & 0x0f;
}

// The first of the two components that a byte of a half has; the other one stands CODE_ALIGNMENT further on.
INLINE size_t component_of(size_t byte) {
    return byte / CODE_ALIGNMENT * 2 * CODE_ALIGNMENT + byte % CODE_ALIGNMENT;
}

// What 241 in each component takes from a sum.
INLINE int32_t offset_of(const int8_t *plane, size_t stride) {
    int32_t sum = 0;
    for (size_t i = 0; i < stride; i++) sum += plane[i];
    return 241 * sum;
}

static void sums_scalar(
    const struct code_row *rows, const uint32_t *places, size_t count, size_t half, const int8_t *planes,
    int32_t *sums) {
    for (size_t row = 0; row < count; row++) {
        const struct code_row *one = rows + places[row];
        for (size_t plane = 0; plane < 2; plane++) {
            int32_t sum = 0;
            for (size_t i = 0; i < 2 * half; i++) {
                const int32_t code = 16 * half_of(one->coarse, i) + half_of(one->fine, i);
                sum += (code - 128) * (int32_t)planes[plane * 2 * half + i];
            }
            sums[plane * count + row] = sum;
        }
    }
}

static void coarse_scalar(
    const uint8_t *coarse, size_t rows, size_t half, const int8_t *planes, size_t queries, int32_t *sums) {
    for (size_t row = 0; row < rows; row++) {
        for (size_t query = 0; query < queries; query++) {
            int32_t sum = 0;
            for (size_t i = 0; i < 2 * half; i++) {
                sum += (32 * (int32_t)half_of(coarse + row * half, i) - 241) * (int32_t)planes[query * 2 * half + i];
            }
            sums[query * rows + row] = sum;
        }
    }
}

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

AVX2 static bool encode_avx2(
    const float *row, size_t dimension, uint8_t *coarse, uint8_t *fine, struct code_measures *measures) {
    return encode(row, dimension, coarse, fine, measures);
}

VNNI static bool encode_avx512(
    const float *row, size_t dimension, uint8_t *coarse, uint8_t *fine, struct code_measures *measures) {
    return encode(row, dimension, coarse, fine, measures);
}

AVX2 INLINE int32_t total_avx2(__m256i sums) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
    return _mm_cvtsi128_si32(four);
}

// 64 codes of a row from 32 bytes of its halves: those of the first components of a block, and those 64 further on.
struct code_pair {
    __m256i first, second;
};

AVX2 INLINE struct code_pair codes_avx2(const uint8_t *coarse, const uint8_t *fine) {
    const __m256i upper = _mm256_set1_epi8((char)0xf0), lower = _mm256_set1_epi8(0x0f);
    const __m256i c = _mm256_load_si256((const __m256i *)coarse), f = _mm256_load_si256((const __m256i *)fine);
    return (struct code_pair){
        _mm256_or_si256(_mm256_and_si256(c, upper), _mm256_and_si256(_mm256_srli_epi16(f, 4), lower)),
        _mm256_or_si256(_mm256_and_si256(_mm256_slli_epi16(c, 4), upper), _mm256_and_si256(f, lower))};
}

// Products of 32 codes with a plane, in eight sums. Codes are widened to 16 bits, where a pair of products cannot
// overflow.
AVX2 INLINE __m256i products_avx2(__m256i codes, const int8_t *plane) {
    const __m256i offset = _mm256_set1_epi16(128);
    const __m256i a = _mm256_sub_epi16(_mm256_cvtepu8_epi16(_mm256_castsi256_si128(codes)), offset);
    const __m256i b = _mm256_sub_epi16(_mm256_cvtepu8_epi16(_mm256_extracti128_si256(codes, 1)), offset);
    const __m256i p = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)plane));
    const __m256i q = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(plane + 16)));
    return _mm256_add_epi32(_mm256_madd_epi16(a, p), _mm256_madd_epi16(b, q));
}

AVX2 static void sums_avx2(
    const struct code_row *rows, const uint32_t *places, size_t count, size_t half, const int8_t *planes,
    int32_t *sums) {
    for (size_t row = 0; row < count; row++) {
        const struct code_row *one = rows + places[row];
        __m256i totals[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (size_t i = 0; i < half; i += 32) {
            const struct code_pair codes = codes_avx2(one->coarse + i, one->fine + i);
            const size_t component = component_of(i);
#pragma clang loop unroll(full)
            for (size_t p = 0; p < 2; p++) {
                const int8_t *plane = planes + p * 2 * half + component;
                totals[p] = _mm256_add_epi32(totals[p], products_avx2(codes.first, plane));
                totals[p] = _mm256_add_epi32(totals[p], products_avx2(codes.second, plane + CODE_ALIGNMENT));
            }
        }
        sums[row] = total_avx2(totals[0]);
        sums[count + row] = total_avx2(totals[1]);
    }
}

// A pair of products of four bits and eight is far from overflowing 16 bits.
AVX2 static void coarse_avx2(
    const uint8_t *coarse, size_t rows, size_t half, const int8_t *planes, size_t queries, int32_t *sums) {
    const __m256i lower = _mm256_set1_epi8(0x0f), ones = _mm256_set1_epi16(1);
    for (size_t query = 0; query < queries; query++) {
        const int8_t *plane = planes + query * 2 * half;
        const int32_t offset = offset_of(plane, 2 * half);
        for (size_t row = 0; row < rows; row++) {
            __m256i total = _mm256_setzero_si256();
            for (size_t i = 0; i < half; i += 32) {
                const size_t component = component_of(i);
                const __m256i c = _mm256_load_si256((const __m256i *)(coarse + row * half + i));
                const __m256i a = _mm256_and_si256(_mm256_srli_epi16(c, 4), lower), b = _mm256_and_si256(c, lower);
                const __m256i p = _mm256_load_si256((const __m256i *)(plane + component));
                const __m256i q = _mm256_load_si256((const __m256i *)(plane + component + CODE_ALIGNMENT));
                const __m256i pairs = _mm256_add_epi16(_mm256_maddubs_epi16(a, p), _mm256_maddubs_epi16(b, q));
                total = _mm256_add_epi32(total, _mm256_madd_epi16(pairs, ones));
            }
            sums[query * rows + row] = 32 * total_avx2(total) - offset;
        }
    }
}

// The sum of a plane times a constant below 256.
VNNI INLINE int32_t offset_vnni(const int8_t *plane, size_t stride, uint8_t factor) {
    __m512i sum = _mm512_setzero_si512();
    const __m512i factors = _mm512_set1_epi8((char)factor);
    for (size_t i = 0; i < stride; i += 64) {
        sum = _mm512_dpbusd_epi32(sum, factors, _mm512_load_si512(plane + i));
    }
    return _mm512_reduce_add_epi32(sum);
}

// The sums of four registers, one in each lane.
VNNI INLINE __m128i totals_vnni(const __m512i four[4]) {
    const __m512i a = four[0], b = four[1], c = four[2], d = four[3];
    const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    const __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

VNNI INLINE void store_vnni(int32_t *to, size_t left, __m128i four) {
    if (left >= 4) {
        _mm_storeu_si128((__m128i *)to, four);
    } else {
        _mm_mask_storeu_epi32(to, (__mmask8)((1u << left) - 1), four);
    }
}

// Four rows side by side; where fewer are left, the last one stands in for those that are not there.
VNNI static void sums_vnni(
    const struct code_row *rows, const uint32_t *places, size_t count, size_t half, const int8_t *planes,
    int32_t *sums) {
    enum { ROWS = 4 };
    const __m512i upper = _mm512_set1_epi8((char)0xf0), lower = _mm512_set1_epi8(0x0f);
    const size_t stride = 2 * half;
    const __m128i offsets[2] = {
        _mm_set1_epi32(offset_vnni(planes, stride, 128)), _mm_set1_epi32(offset_vnni(planes + stride, stride, 128))};
    for (size_t row = 0; row < count; row += ROWS) {
        const size_t left = count - row;
        const struct code_row *row_of[ROWS];
        for (size_t r = 0; r < ROWS; r++) row_of[r] = rows + places[row + (r < left ? r : left - 1)];
        __m512i totals[2][ROWS];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < ROWS; r++) totals[0][r] = totals[1][r] = _mm512_setzero_si512();
        for (size_t i = 0; i < half; i += CODE_ALIGNMENT) {
            const int8_t *plane = planes + 2 * i;
#pragma clang loop unroll(full)
            for (size_t r = 0; r < ROWS; r++) {
                const __m512i c = _mm512_load_si512(row_of[r]->coarse + i), f = _mm512_load_si512(row_of[r]->fine + i);
                const __m512i first =
                    _mm512_or_si512(_mm512_and_si512(c, upper), _mm512_and_si512(_mm512_srli_epi16(f, 4), lower));
                const __m512i second =
                    _mm512_or_si512(_mm512_and_si512(_mm512_slli_epi16(c, 4), upper), _mm512_and_si512(f, lower));
#pragma clang loop unroll(full)
                for (size_t p = 0; p < 2; p++) {
                    const int8_t *of = plane + p * stride;
                    totals[p][r] = _mm512_dpbusd_epi32(totals[p][r], first, _mm512_load_si512(of));
                    totals[p][r] = _mm512_dpbusd_epi32(totals[p][r], second, _mm512_load_si512(of + CODE_ALIGNMENT));
                }
            }
        }
        for (size_t p = 0; p < 2; p++) {
            store_vnni(sums + p * count + row, left, _mm_sub_epi32(totals_vnni(totals[p]), offsets[p]));
        }
    }
}

// How far ahead of its use a row is fetched. Four rows are read side by side, which the processor's own prefetching
// takes for four readings of their own; without this a scan takes far longer than a streaming read.
#define FETCH_AHEAD ((size_t)8192)

// Four rows with the first planes of `count` queries (a constant at each call), from `row` on. `fetched` is where the
// next four rows to fetch are, if any.
VNNI INLINE void coarse_tile_vnni(
    const size_t count, const uint8_t *coarse, size_t rows, size_t row, size_t half, const int8_t *planes,
    const int32_t *offsets, const uint8_t *fetched, int32_t *sums) {
    enum { ROWS = 4, PLANES = 4 };
    const __m512i lower = _mm512_set1_epi8(0x0f);
    const size_t left = rows - row;
    const uint8_t *code[ROWS];
    for (size_t r = 0; r < ROWS; r++) code[r] = coarse + (row + (r < left ? r : left - 1)) * half;
    __m512i totals[PLANES][ROWS];
#pragma clang loop unroll(full)
    for (size_t p = 0; p < count; p++)
#pragma clang loop unroll(full)
        for (size_t r = 0; r < ROWS; r++) totals[p][r] = _mm512_setzero_si512();
    for (size_t i = 0; i < half; i += CODE_ALIGNMENT) {
        __m512i first[ROWS], second[ROWS];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < ROWS; r++) {
            const __m512i c = _mm512_load_si512(code[r] + i);
            first[r] = _mm512_and_si512(_mm512_srli_epi16(c, 4), lower);
            second[r] = _mm512_and_si512(c, lower);
        }
        if (fetched) {
#pragma clang loop unroll(full)
            for (size_t r = 0; r < ROWS; r++) __builtin_prefetch(fetched + ROWS * i + r * CODE_ALIGNMENT);
        }
#pragma clang loop unroll(full)
        for (size_t p = 0; p < count; p++) {
            const int8_t *plane = planes + p * 2 * half + 2 * i;
            const __m512i a = _mm512_load_si512(plane), b = _mm512_load_si512(plane + CODE_ALIGNMENT);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < ROWS; r++) totals[p][r] = _mm512_dpbusd_epi32(totals[p][r], first[r], a);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < ROWS; r++) totals[p][r] = _mm512_dpbusd_epi32(totals[p][r], second[r], b);
        }
    }
#pragma clang loop unroll(full)
    for (size_t p = 0; p < count; p++) {
        const __m128i four = _mm_slli_epi32(totals_vnni(totals[p]), 5);
        store_vnni(sums + p * rows + row, left, _mm_sub_epi32(four, _mm_set1_epi32(offsets[p])));
    }
}

// Four rows at a time, which stay in the nearest cache while all planes pass, up to four at a time: so many that the
// sums fill the registers. With four of them no instruction waits for the one before; with one, memory is what takes
// the time.
VNNI static void coarse_vnni(
    const uint8_t *coarse, size_t rows, size_t ahead, size_t half, const int8_t *planes, size_t queries,
    int32_t *sums) {
    int32_t offsets[CODE_QUERY_LIMIT];
    for (size_t query = 0; query < queries; query++) {
        offsets[query] = offset_vnni(planes + query * 2 * half, 2 * half, 241);
    }
    const size_t end = (rows + ahead) * half;
    for (size_t row = 0; row < rows; row += 4) {
        // Never beyond what may be read.
        const size_t next = row * half + FETCH_AHEAD;
        const uint8_t *fetched = next + 4 * half <= end ? coarse + next : NULL;
        for (size_t query = 0; query < queries;) {
            const int8_t *of = planes + query * 2 * half;
            int32_t *to = sums + query * rows;
            const size_t left = queries - query;
            if (left >= 4) {
                coarse_tile_vnni(4, coarse, rows, row, half, of, offsets + query, fetched, to);
                query += 4;
            } else if (left >= 2) {
                coarse_tile_vnni(2, coarse, rows, row, half, of, offsets + query, fetched, to);
                query += 2;
            } else {
                coarse_tile_vnni(1, coarse, rows, row, half, of, offsets + query, fetched, to);
                query += 1;
            }
            fetched = NULL;
        }
    }
}

bool code_kernel_is_supported(enum code_kernel_variant variant) {
    __builtin_cpu_init();
    switch (variant) {
        case CODE_KERNEL_SCALAR: return true;
        case CODE_KERNEL_NEON: return false;
        case CODE_KERNEL_AVX2: return __builtin_cpu_supports("avx2");
        case CODE_KERNEL_VNNI:
            return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vnni");
    }
    return false;
}

bool code_encode(
    const float *row, size_t dimension, uint8_t *coarse, uint8_t *fine, struct code_measures *measures) {
    switch (code_kernel_best()) {
        case CODE_KERNEL_VNNI: return encode_avx512(row, dimension, coarse, fine, measures);
        case CODE_KERNEL_AVX2: return encode_avx2(row, dimension, coarse, fine, measures);
        default: return encode_baseline(row, dimension, coarse, fine, measures);
    }
}

#else

#if defined(__aarch64__)

// Products of bytes fit in 16 bits, and pairs of them are added into 32.
INLINE int32x4_t add_products_neon(int32x4_t total, int8x16_t codes, const int8_t *plane) {
    const int8x16_t p = vld1q_s8(plane);
    total = vpadalq_s16(total, vmull_s8(vget_low_s8(codes), vget_low_s8(p)));
    return vpadalq_s16(total, vmull_high_s8(codes, p));
}

static void sums_neon(
    const struct code_row *rows, const uint32_t *places, size_t count, size_t half, const int8_t *planes,
    int32_t *sums) {
    const uint8x16_t offset = vdupq_n_u8(128);
    for (size_t row = 0; row < count; row++) {
        const struct code_row *one = rows + places[row];
        int32x4_t totals[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
        for (size_t i = 0; i < half; i += 16) {
            const uint8x16_t c = vld1q_u8(one->coarse + i), f = vld1q_u8(one->fine + i);
            const int8x16_t first = vreinterpretq_s8_u8(veorq_u8(vsriq_n_u8(c, f, 4), offset));
            const int8x16_t second = vreinterpretq_s8_u8(veorq_u8(vsliq_n_u8(f, c, 4), offset));
            const int8_t *plane = planes + component_of(i);
            for (size_t p = 0; p < 2; p++) {
                totals[p] = add_products_neon(totals[p], first, plane + p * 2 * half);
                totals[p] = add_products_neon(totals[p], second, plane + p * 2 * half + CODE_ALIGNMENT);
            }
        }
        sums[row] = vaddvq_s32(totals[0]);
        sums[count + row] = vaddvq_s32(totals[1]);
    }
}

static void coarse_neon(
    const uint8_t *coarse, size_t rows, size_t half, const int8_t *planes, size_t queries, int32_t *sums) {
    const uint8x16_t lower = vdupq_n_u8(0x0f);
    for (size_t query = 0; query < queries; query++) {
        const int8_t *plane = planes + query * 2 * half;
        const int32_t offset = offset_of(plane, 2 * half);
        for (size_t row = 0; row < rows; row++) {
            int32x4_t total = vdupq_n_s32(0);
            for (size_t i = 0; i < half; i += 16) {
                const size_t component = component_of(i);
                const uint8x16_t c = vld1q_u8(coarse + row * half + i);
                total = add_products_neon(total, vreinterpretq_s8_u8(vshrq_n_u8(c, 4)), plane + component);
                total = add_products_neon(
                    total, vreinterpretq_s8_u8(vandq_u8(c, lower)), plane + component + CODE_ALIGNMENT);
            }
            sums[query * rows + row] = 32 * vaddvq_s32(total) - offset;
        }
    }
}

#endif

bool code_kernel_is_supported(enum code_kernel_variant variant) {
#if defined(__aarch64__)
    if (variant == CODE_KERNEL_NEON) return true;
#endif
    return variant == CODE_KERNEL_SCALAR;
}

bool code_encode(
    const float *row, size_t dimension, uint8_t *coarse, uint8_t *fine, struct code_measures *measures) {
    return encode_baseline(row, dimension, coarse, fine, measures);
}

#endif

enum code_kernel_variant code_kernel_best(void) {
    for (int variant = CODE_KERNEL_VNNI; variant > CODE_KERNEL_SCALAR; variant--) {
        if (code_kernel_is_supported((enum code_kernel_variant)variant)) return (enum code_kernel_variant)variant;
    }
    return CODE_KERNEL_SCALAR;
}

void code_sums(
    enum code_kernel_variant variant, const struct code_row *rows, const uint32_t *places, size_t count, size_t half,
    const int8_t *planes, int32_t *sums) {
    switch (variant) {
#if defined(__x86_64__)
        case CODE_KERNEL_VNNI: sums_vnni(rows, places, count, half, planes, sums); return;
        case CODE_KERNEL_AVX2: sums_avx2(rows, places, count, half, planes, sums); return;
#elif defined(__aarch64__)
        case CODE_KERNEL_NEON: sums_neon(rows, places, count, half, planes, sums); return;
#endif
        default: sums_scalar(rows, places, count, half, planes, sums);
    }
}

void code_coarse_sums(
    enum code_kernel_variant variant, const uint8_t *coarse, size_t rows, size_t ahead, size_t half,
    const int8_t *planes, size_t queries, int32_t *sums) {
    switch (variant) {
#if defined(__x86_64__)
        case CODE_KERNEL_VNNI: coarse_vnni(coarse, rows, ahead, half, planes, queries, sums); return;
        case CODE_KERNEL_AVX2: coarse_avx2(coarse, rows, half, planes, queries, sums); return;
#elif defined(__aarch64__)
        case CODE_KERNEL_NEON: coarse_neon(coarse, rows, half, planes, queries, sums); return;
#endif
        default: coarse_scalar(coarse, rows, half, planes, queries, sums);
    }
}

void code_fetch(const void *memory, size_t size) {
    for (size_t i = 0; i < size; i += CODE_ALIGNMENT) __builtin_prefetch((const char *)memory + i);
}
