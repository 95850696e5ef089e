#include "code_kernels.h"

#include <math.h>

#include "lanes.h"

size_t code_stride(size_t dimension) {
    return (dimension + CODE_ALIGNMENT - 1) / CODE_ALIGNMENT * CODE_ALIGNMENT;
}

// MARK: - Codes of a row

// The first number where a lane of the mask is set, the second one where not.
INLINE double8 pick(int64x8 mask, double8 first, double8 second) {
    return (double8)((mask & (int64x8)first) | (~mask & (int64x8)second));
}

// Eight components: their codes as bytes, and the squares of their residuals added to `squares`.
INLINE uint8x8 encode8(float8 values, double inverse, double scale, double8 *squares) {
    const double8 x = __builtin_convertvector(values, double8);
    // Adding and taking away 3 * 2^51 rounds to nearest, ties to even, wherever the sum stays below 2^52.
    const double8 magic = (double8){0} + 0x1.8p52;
    double8 codes = (x * inverse + magic) - magic;
    // A scale that was rounded, or is the smallest number there is, can lead past the end.
    const double8 most = (double8){0} + 127.0, least = (double8){0} - 127.0;
    codes = pick(codes > most, most, codes);
    codes = pick(codes < least, least, codes);
    const double8 residual = x - codes * scale;
    *squares = *squares + residual * residual;
    return __builtin_convertvector(__builtin_convertvector(codes, int32x8) + 128, uint8x8);
}

INLINE bool encode(const float *row, size_t dimension, uint8_t *codes, float *scale, float *radius) {
    const uint32_t bits = largest_magnitude(row, dimension);
    if (bits >= 0x7f800000u) return false;
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    const float s = largest / 127.0f;
    // A row of zeros, or of numbers too small for a scale, has codes of zero, and its length is the residual's.
    const double inverse = s > 0 ? 1.0 / (double)s : 0.0;

    double8 squares = {0};
    size_t i = 0;
    for (; i + LANES <= dimension; i += LANES) {
        float8 values;
        memcpy(&values, row + i, sizeof values);
        const uint8x8 bytes = encode8(values, inverse, (double)s, &squares);
        memcpy(codes + i, &bytes, sizeof bytes);
    }
    const size_t stride = code_stride(dimension);
    if (i < dimension) {
        float8 values = {0};
        memcpy(&values, row + i, (dimension - i) * sizeof(float));
        const uint8x8 bytes = encode8(values, inverse, (double)s, &squares);
        memcpy(codes + i, &bytes, dimension - i);
    }
    memset(codes + dimension, 128, stride - dimension);

    const double sum = total_of(squares);
    // Each residual is off by a factor of at most 1 + 2^-53, its square by three, the sum by gamma(dimension / 8 + 6) and
    // the root by one more: together far below 2^-30.
    const double length = sqrt(sum) * (1 + 0x1p-30);
    float up = (float)length;
    if ((double)up < length) up = nextafterf(up, INFINITY);
    *scale = s;
    *radius = up;
    return true;
}

static bool encode_baseline(const float *row, size_t dimension, uint8_t *codes, float *scale, float *radius) {
    return encode(row, dimension, codes, scale, radius);
}

// MARK: - Sums

static void sums_scalar(
    const uint8_t *codes, size_t rows, size_t stride, const int8_t *planes, size_t queries, int32_t *sums) {
    for (size_t row = 0; row < rows; row++) {
        for (size_t plane = 0; plane < 2 * queries; plane++) {
            int32_t sum = 0;
            for (size_t i = 0; i < stride; i++) {
                sum += ((int32_t)codes[row * stride + i] - 128) * (int32_t)planes[plane * stride + i];
            }
            sums[plane * rows + row] = sum;
        }
    }
}

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

AVX2 static bool encode_avx2(const float *row, size_t dimension, uint8_t *codes, float *scale, float *radius) {
    return encode(row, dimension, codes, scale, radius);
}

VNNI static bool encode_avx512(const float *row, size_t dimension, uint8_t *codes, float *scale, float *radius) {
    return encode(row, dimension, codes, scale, radius);
}

AVX2 INLINE int32_t total_avx2(__m256i sums) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
    return _mm_cvtsi128_si32(four);
}

// Two planes at a time. Codes are widened to 16 bits, where a pair of products cannot overflow.
AVX2 static void sums_avx2(
    const uint8_t *codes, size_t rows, size_t stride, const int8_t *planes, size_t queries, int32_t *sums) {
    const __m256i offset = _mm256_set1_epi16(128);
    for (size_t row = 0; row < rows; row++) {
        const uint8_t *code = codes + row * stride;
        for (size_t query = 0; query < queries; query++) {
            const int8_t *first = planes + 2 * query * stride, *second = first + stride;
            __m256i a = _mm256_setzero_si256(), b = _mm256_setzero_si256();
            for (size_t i = 0; i < stride; i += 16) {
                const __m256i c = _mm256_sub_epi16(
                    _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *)(code + i))), offset);
                const __m256i p = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(first + i)));
                const __m256i l = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(second + i)));
                a = _mm256_add_epi32(a, _mm256_madd_epi16(c, p));
                b = _mm256_add_epi32(b, _mm256_madd_epi16(c, l));
            }
            sums[2 * query * rows + row] = total_avx2(a);
            sums[(2 * query + 1) * rows + row] = total_avx2(b);
        }
    }
}

// What 128 in each code adds to a sum.
VNNI static int32_t offset_vnni(const int8_t *plane, size_t stride) {
    __m512i sum = _mm512_setzero_si512();
    const __m512i offset = _mm512_set1_epi8((char)128);
    for (size_t i = 0; i < stride; i += 64) {
        sum = _mm512_dpbusd_epi32(sum, offset, _mm512_load_si512(plane + i));
    }
    return _mm512_reduce_add_epi32(sum);
}

// The sums of four registers, one in each lane.
VNNI INLINE __m128i totals_vnni(__m512i a, __m512i b, __m512i c, __m512i d) {
    const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    const __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

// How far ahead of its use a row is fetched. Four rows are read side by side, which the processor's own prefetching
// takes for four readings of their own; without this a scan takes 1.7 times a streaming read, with it hardly more than
// one.
#define FETCH_AHEAD ((size_t)8192)

// Four rows with `count` planes (a constant at each call), from `row` on; where fewer are left, the last one stands in
// for those that are not there. `fetched` is where the next four rows to fetch are, if any.
VNNI INLINE void tile_vnni(
    const size_t count, const uint8_t *codes, size_t rows, size_t row, size_t stride, const int8_t *planes,
    const int32_t *offsets, const uint8_t *fetched, int32_t *sums) {
    enum { ROWS = 4, PLANES = 4 };
    const size_t left = rows - row;
    const uint8_t *code[ROWS];
    for (size_t r = 0; r < ROWS; r++) code[r] = codes + (row + (r < left ? r : left - 1)) * stride;
    __m512i totals[PLANES][ROWS];
#pragma clang loop unroll(full)
    for (size_t p = 0; p < count; p++)
#pragma clang loop unroll(full)
        for (size_t r = 0; r < ROWS; r++) totals[p][r] = _mm512_setzero_si512();
    for (size_t i = 0; i < stride; i += CODE_ALIGNMENT) {
        __m512i c[ROWS];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < ROWS; r++) c[r] = _mm512_load_si512(code[r] + i);
        if (fetched) {
#pragma clang loop unroll(full)
            for (size_t r = 0; r < ROWS; r++) __builtin_prefetch(fetched + ROWS * i + r * CODE_ALIGNMENT);
        }
#pragma clang loop unroll(full)
        for (size_t p = 0; p < count; p++) {
            const __m512i plane = _mm512_load_si512(planes + p * stride + i);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < ROWS; r++) totals[p][r] = _mm512_dpbusd_epi32(totals[p][r], c[r], plane);
        }
    }
#pragma clang loop unroll(full)
    for (size_t p = 0; p < count; p++) {
        const __m128i four = _mm_sub_epi32(
            totals_vnni(totals[p][0], totals[p][1], totals[p][2], totals[p][3]), _mm_set1_epi32(offsets[p]));
        int32_t *to = sums + p * rows + row;
        if (left >= ROWS) {
            _mm_storeu_si128((__m128i *)to, four);
        } else {
            _mm_mask_storeu_epi32(to, (__mmask8)((1u << left) - 1), four);
        }
    }
}

// Four rows at a time, which stay in the nearest cache while all planes pass, four or two at a time: so many that the
// sums fill the registers and no instruction waits for the one before.
VNNI static void sums_vnni(
    const uint8_t *codes, size_t rows, size_t ahead, size_t stride, const int8_t *planes, size_t queries,
    int32_t *sums) {
    int32_t offsets[2 * CODE_QUERY_LIMIT];
    for (size_t plane = 0; plane < 2 * queries; plane++) offsets[plane] = offset_vnni(planes + plane * stride, stride);
    const size_t end = (rows + ahead) * stride;
    for (size_t row = 0; row < rows; row += 4) {
        // Never beyond what may be read.
        const size_t next = row * stride + FETCH_AHEAD;
        const uint8_t *fetched = next + 4 * stride <= end ? codes + next : NULL;
        size_t plane = queries % 2 == 0 ? 4 : 2;
        if (plane == 4) {
            tile_vnni(4, codes, rows, row, stride, planes, offsets, fetched, sums);
        } else {
            tile_vnni(2, codes, rows, row, stride, planes, offsets, fetched, sums);
        }
        for (; plane < 2 * queries; plane += 4) {
            tile_vnni(
                4, codes, rows, row, stride, planes + plane * stride, offsets + plane, NULL, sums + plane * rows);
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

bool code_encode(const float *row, size_t dimension, uint8_t *codes, float *scale, float *radius) {
    switch (code_kernel_best()) {
        case CODE_KERNEL_VNNI: return encode_avx512(row, dimension, codes, scale, radius);
        case CODE_KERNEL_AVX2: return encode_avx2(row, dimension, codes, scale, radius);
        default: return encode_baseline(row, dimension, codes, scale, radius);
    }
}

#else

#if defined(__aarch64__)

// Two planes at a time; products of bytes fit in 16 bits, and pairs of them are added into 32.
static void sums_neon(
    const uint8_t *codes, size_t rows, size_t stride, const int8_t *planes, size_t queries, int32_t *sums) {
    const uint8x16_t offset = vdupq_n_u8(128);
    for (size_t row = 0; row < rows; row++) {
        const uint8_t *code = codes + row * stride;
        for (size_t query = 0; query < queries; query++) {
            const int8_t *first = planes + 2 * query * stride, *second = first + stride;
            int32x4_t a = vdupq_n_s32(0), b = vdupq_n_s32(0);
            for (size_t i = 0; i < stride; i += 16) {
                const int8x16_t c = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(code + i), offset));
                const int8x16_t p = vld1q_s8(first + i), l = vld1q_s8(second + i);
                a = vpadalq_s16(a, vmull_s8(vget_low_s8(c), vget_low_s8(p)));
                a = vpadalq_s16(a, vmull_high_s8(c, p));
                b = vpadalq_s16(b, vmull_s8(vget_low_s8(c), vget_low_s8(l)));
                b = vpadalq_s16(b, vmull_high_s8(c, l));
            }
            sums[2 * query * rows + row] = vaddvq_s32(a);
            sums[(2 * query + 1) * rows + row] = vaddvq_s32(b);
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

bool code_encode(const float *row, size_t dimension, uint8_t *codes, float *scale, float *radius) {
    return encode_baseline(row, dimension, codes, scale, radius);
}

#endif

enum code_kernel_variant code_kernel_best(void) {
    for (int variant = CODE_KERNEL_VNNI; variant > CODE_KERNEL_SCALAR; variant--) {
        if (code_kernel_is_supported((enum code_kernel_variant)variant)) return (enum code_kernel_variant)variant;
    }
    return CODE_KERNEL_SCALAR;
}

void code_sums(
    enum code_kernel_variant variant, const uint8_t *codes, size_t rows, size_t ahead, size_t stride,
    const int8_t *planes, size_t queries, int32_t *sums) {
    switch (variant) {
#if defined(__x86_64__)
        case CODE_KERNEL_VNNI: sums_vnni(codes, rows, ahead, stride, planes, queries, sums); return;
        case CODE_KERNEL_AVX2: sums_avx2(codes, rows, stride, planes, queries, sums); return;
#elif defined(__aarch64__)
        case CODE_KERNEL_NEON: sums_neon(codes, rows, stride, planes, queries, sums); return;
#endif
        default: sums_scalar(codes, rows, stride, planes, queries, sums);
    }
}

void code_fetch(const void *memory, size_t size) {
    for (size_t i = 0; i < size; i += CODE_ALIGNMENT) __builtin_prefetch((const char *)memory + i);
}

// MARK: - Selection

INLINE size_t select_rows(
    const int32_t *first, const int32_t *second, const float *scales, const float *radii, size_t rows,
    struct code_bound bound, double threshold, uint32_t *positions) {
    size_t count = 0;
    size_t row = 0;
    for (; row + LANES <= rows; row += LANES) {
        int32x8 a, b;
        float8 s, r;
        memcpy(&a, first + row, sizeof a);
        memcpy(&b, second + row, sizeof b);
        memcpy(&s, scales + row, sizeof s);
        memcpy(&r, radii + row, sizeof r);
        const double8 sum = __builtin_convertvector(a, double8) * 254.0 + __builtin_convertvector(b, double8);
        const double8 upper = __builtin_convertvector(s, double8) * (sum * bound.step + bound.spread) +
                              __builtin_convertvector(r, double8) * bound.reach;
        const int64x8 reaches = upper >= threshold;
        // Hardly ever one of them does, once a few rows have been seen.
        int64_t any = 0;
        for (size_t lane = 0; lane < LANES; lane++) any |= reaches[lane];
        if (!any) continue;
        for (size_t lane = 0; lane < LANES; lane++) {
            if (reaches[lane]) positions[count++] = (uint32_t)(row + lane);
        }
    }
    for (; row < rows; row++) {
        const double sum = (double)first[row] * 254.0 + (double)second[row];
        const double upper = (double)scales[row] * (sum * bound.step + bound.spread) + (double)radii[row] * bound.reach;
        if (upper >= threshold) positions[count++] = (uint32_t)row;
    }
    return count;
}

#if defined(__x86_64__)
AVX2 static size_t select_avx2(
    const int32_t *first, const int32_t *second, const float *scales, const float *radii, size_t rows,
    struct code_bound bound, double threshold, uint32_t *positions) {
    return select_rows(first, second, scales, radii, rows, bound, threshold, positions);
}

VNNI static size_t select_avx512(
    const int32_t *first, const int32_t *second, const float *scales, const float *radii, size_t rows,
    struct code_bound bound, double threshold, uint32_t *positions) {
    return select_rows(first, second, scales, radii, rows, bound, threshold, positions);
}
#endif

size_t code_select(
    const int32_t *first, const int32_t *second, const float *scales, const float *radii, size_t rows,
    struct code_bound bound, double threshold, uint32_t *positions) {
#if defined(__x86_64__)
    switch (code_kernel_best()) {
        case CODE_KERNEL_VNNI: return select_avx512(first, second, scales, radii, rows, bound, threshold, positions);
        case CODE_KERNEL_AVX2: return select_avx2(first, second, scales, radii, rows, bound, threshold, positions);
        default: break;
    }
#endif
    return select_rows(first, second, scales, radii, rows, bound, threshold, positions);
}
