#include "bit_kernels.h"

#include <float.h>
#include <math.h>

#include "lanes.h"

size_t bit_words(size_t dimension) { return (dimension + 63) / 64; }

// MARK: - Rotation

#define ROUNDS ((size_t)2)

static size_t block_size(size_t dimension) {
    size_t block = 1;
    while (2 * block <= dimension) block *= 2;
    return block;
}

// One transform a round where the dimension is a power of two, otherwise two that overlap.
static size_t block_count(size_t dimension) { return block_size(dimension) == dimension ? 1 : 2; }

size_t bit_rotation_size(size_t dimension) {
    return ROUNDS * block_count(dimension) * block_size(dimension);
}

void bit_rotation(size_t dimension, float *table) {
    const size_t size = bit_rotation_size(dimension);
    const float scale = (float)(1 / sqrt((double)block_size(dimension)));
    // SplitMix64; the seed is the first 64 bits behind the point of the square root of 2.
    uint64_t state = 0x6a09e667f3bcc908u;
    for (size_t i = 0; i < size; i++) {
        state += 0x9e3779b97f4a7c15u;
        uint64_t word = state;
        word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
        word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
        table[i] = (word ^ (word >> 31)) >> 63 ? -scale : scale;
    }
}

// The Walsh-Hadamard transform of `size` values in `values`, by way of `other`: each step adds and subtracts the two
// halves and lays sums and differences side by side, so that every step is the same and reads and writes whole vectors.
INLINE void transform(float *values, float *other, size_t size) {
    float *from = values, *to = other;
    for (size_t step = 1; step < size; step *= 2) {
        const size_t half = size / 2;
        size_t i = 0;
        for (; i + LANES <= half; i += LANES) {
            float8 a, b;
            memcpy(&a, from + i, sizeof a);
            memcpy(&b, from + half + i, sizeof b);
            const float8 sums = a + b, differences = a - b;
            const float8 low = __builtin_shufflevector(sums, differences, 0, 8, 1, 9, 2, 10, 3, 11);
            const float8 high = __builtin_shufflevector(sums, differences, 4, 12, 5, 13, 6, 14, 7, 15);
            memcpy(to + 2 * i, &low, sizeof low);
            memcpy(to + 2 * i + LANES, &high, sizeof high);
        }
        for (; i < half; i++) {
            const float a = from[i], b = from[half + i];
            to[2 * i] = a + b;
            to[2 * i + 1] = a - b;
        }
        float *const swapped = from;
        from = to;
        to = swapped;
    }
    if (from != values) memcpy(values, from, size * sizeof *values);
}

INLINE int rotate(const float *table, const float *vector, size_t dimension, float *rotated, float *scratch) {
    const uint32_t largest = largest_magnitude(vector, dimension);
    float magnitude;
    memcpy(&magnitude, &largest, sizeof magnitude);
    int exponent = 0;
    frexp((double)magnitude, &exponent);
    const double scale = ldexp(1, -exponent);
    // Exact: float64 holds every float32 times a power of two.
    for (size_t i = 0; i < dimension; i++) rotated[i] = (float)((double)vector[i] * scale);

    const size_t size = block_size(dimension), blocks = block_count(dimension);
    for (size_t step = 0; step < ROUNDS * blocks; step++, table += size) {
        float *block = rotated + (step % blocks) * (dimension - size);
        for (size_t i = 0; i < size; i++) block[i] = block[i] * table[i];
        transform(block, scratch, size);
    }
    return exponent;
}

// MARK: - Bits of a row

INLINE void encode(const float *rotated, int exponent, size_t dimension, uint64_t *bits, float *factor) {
    double8 absolute = {0}, squares = {0};
    uint64_t word = 0;
    for (size_t i = 0; i < dimension; i += LANES) {
        float8 values = {0};
        memcpy(&values, rotated + i, (dimension - i < LANES ? dimension - i : LANES) * sizeof(float));
        const int32x8 negative = values < 0;
        const float8 magnitudes = (float8)((int32x8)values & 0x7fffffff);
        const double8 wide = __builtin_convertvector(magnitudes, double8);
        absolute = absolute + wide;
        squares = squares + wide * wide;
        const int32x8 digits = negative & (int32x8){1, 2, 4, 8, 16, 32, 64, 128};
        const uint64_t byte = (uint64_t)((digits[0] | digits[1]) | (digits[2] | digits[3])) |
                              (uint64_t)((digits[4] | digits[5]) | (digits[6] | digits[7]));
        word |= byte << (i % 64);
        if (i % 64 == 64 - LANES || i + LANES >= dimension) {
            bits[i / 64 * BIT_GROUP] = word;
            word = 0;
        }
    }
    const double one = total_of(absolute), two = total_of(squares);
    // A row of zeros scores zero. A factor past the largest float32 is that one: it is an estimate's.
    const double length = one > 0 ? ldexp(two / one, exponent) : 0;
    *factor = length > (double)FLT_MAX ? FLT_MAX : (float)length;
}

// MARK: - Counts

// One row at a time.
static void sums_scalar(
    const uint64_t *bits, size_t first, size_t rows, size_t words, const uint64_t *planes, int32_t *sums) {
    for (size_t row = first; row < first + rows; row++) {
        const uint64_t *const own = bits + row / BIT_GROUP * words * BIT_GROUP + row % BIT_GROUP;
        int32_t sum = 0;
        for (size_t w = 0; w < words; w++) {
            for (size_t j = 0; j < BIT_PLANES; j++) {
                sum += (int32_t)__builtin_popcountll(own[w * BIT_GROUP] ^ planes[BIT_PLANES * w + j]) << j;
            }
        }
        sums[row - first] = sum;
    }
}

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define VPOPCNT __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq")))

// How many bits each byte has, by a table of nibbles.
AVX2 INLINE __m256i byte_counts_avx2(__m256i bytes) {
    const __m256i table = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15);
    return _mm256_add_epi8(
        _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, nibble)),
        _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble)));
}

// Four rows at a time, half a group. What a byte counts over all planes is at most 8 * 15 and fits in it.
AVX2 static void sums_avx2(
    const uint64_t *bits, size_t first, size_t rows, size_t words, const uint64_t *planes, int32_t *sums) {
    const __m256i lanes = _mm256_setr_epi64x(0, 1, 2, 3);
    for (size_t row = first / 4 * 4; row < first + rows; row += 4) {
        // Rows outside of those asked for are not read.
        const __m256i wanted = _mm256_and_si256(
            _mm256_cmpgt_epi64(_mm256_add_epi64(lanes, _mm256_set1_epi64x((int64_t)(row - first) + 1)),
                               _mm256_setzero_si256()),
            _mm256_cmpgt_epi64(_mm256_set1_epi64x((int64_t)(first + rows - row)), lanes));
        const long long *const own = (const long long *)(bits + row / BIT_GROUP * words * BIT_GROUP + row % BIT_GROUP);
        __m256i total = _mm256_setzero_si256();
        for (size_t w = 0; w < words; w++) {
            const __m256i x = _mm256_maskload_epi64(own + w * BIT_GROUP, wanted);
            __m256i count = _mm256_setzero_si256();
            for (size_t j = BIT_PLANES; j-- > 0;) {
                const __m256i plane = _mm256_set1_epi64x((int64_t)planes[BIT_PLANES * w + j]);
                count = _mm256_add_epi8(
                    _mm256_add_epi8(count, count), byte_counts_avx2(_mm256_xor_si256(x, plane)));
            }
            total = _mm256_add_epi64(total, _mm256_sad_epu8(count, _mm256_setzero_si256()));
        }
        int64_t four[4];
        _mm256_storeu_si256((__m256i *)four, total);
        for (size_t lane = 0; lane < 4; lane++) {
            if (row + lane >= first && row + lane < first + rows) sums[row + lane - first] = (int32_t)four[lane];
        }
    }
}

// How far ahead of its use a group is fetched: counting takes so few instructions that a processor left to itself waits
// for memory most of the time.
#define FETCH_AHEAD ((size_t)8192)

// A group at a time.
VPOPCNT static void sums_vpopcnt(
    const uint64_t *bits, size_t first, size_t rows, size_t ahead, size_t words, const uint64_t *planes,
    int32_t *sums) {
    const size_t end = first + rows;
    // Never beyond what may be read: up to the last group that is so as a whole.
    const uint64_t *const last = bits + (end + ahead) / BIT_GROUP * BIT_GROUP * words;
    for (size_t row = first / BIT_GROUP * BIT_GROUP; row < end; row += BIT_GROUP) {
        // Rows outside of those asked for are not read.
        __mmask8 wanted = 0xff;
        if (row < first) wanted = (__mmask8)(wanted << (first - row));
        if (end - row < BIT_GROUP) wanted &= (__mmask8)((1u << (end - row)) - 1);
        const uint64_t *const own = bits + row * words;
        const uint64_t *const next = own + FETCH_AHEAD / sizeof *own;
        const bool fetches = next + words * BIT_GROUP <= last;
        __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
        for (size_t w = 0; w < words; w++) {
            if (fetches) __builtin_prefetch(next + w * BIT_GROUP);
            const __m512i x = _mm512_maskz_loadu_epi64(wanted, own + w * BIT_GROUP);
            const uint64_t *const plane = planes + BIT_PLANES * w;
            a = _mm512_add_epi64(a, _mm512_popcnt_epi64(_mm512_xor_si512(x, _mm512_set1_epi64((int64_t)plane[0]))));
            b = _mm512_add_epi64(b, _mm512_popcnt_epi64(_mm512_xor_si512(x, _mm512_set1_epi64((int64_t)plane[1]))));
            c = _mm512_add_epi64(c, _mm512_popcnt_epi64(_mm512_xor_si512(x, _mm512_set1_epi64((int64_t)plane[2]))));
            d = _mm512_add_epi64(d, _mm512_popcnt_epi64(_mm512_xor_si512(x, _mm512_set1_epi64((int64_t)plane[3]))));
        }
        const __m512i total = _mm512_add_epi64(
            _mm512_add_epi64(a, _mm512_slli_epi64(b, 1)),
            _mm512_add_epi64(_mm512_slli_epi64(c, 2), _mm512_slli_epi64(d, 3)));
        const __m256i eight = _mm512_cvtepi64_epi32(total);
        if (wanted == 0xff) {
            _mm256_storeu_si256((__m256i *)(sums + (row - first)), eight);
        } else {
            const size_t before = row < first ? first - row : 0;
            int32_t part[BIT_GROUP];
            _mm256_storeu_si256((__m256i *)part, eight);
            const size_t count = (size_t)__builtin_popcount(wanted);
            memcpy(sums + (row + before - first), part + before, count * sizeof *part);
        }
    }
}

bool bit_kernel_is_supported(enum bit_kernel_variant variant) {
    __builtin_cpu_init();
    switch (variant) {
        case BIT_KERNEL_SCALAR: return true;
        case BIT_KERNEL_NEON: return false;
        case BIT_KERNEL_AVX2: return __builtin_cpu_supports("avx2");
        case BIT_KERNEL_VPOPCNT:
            return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vpopcntdq");
    }
    return false;
}

#elif defined(__aarch64__)

// Two rows at a time; rows whose neighbour is not asked for are counted one by one.
static void sums_neon(
    const uint64_t *bits, size_t first, size_t rows, size_t words, const uint64_t *planes, int32_t *sums) {
    size_t row = first;
    const size_t end = first + rows;
    while (row < end) {
        if (row % 2 != 0 || row + 1 == end) {
            sums_scalar(bits, row, 1, words, planes, sums + (row - first));
            row += 1;
            continue;
        }
        const uint64_t *const own = bits + row / BIT_GROUP * words * BIT_GROUP + row % BIT_GROUP;
        uint64x2_t total = vdupq_n_u64(0);
        for (size_t w = 0; w < words; w++) {
            const uint64x2_t x = vld1q_u64(own + w * BIT_GROUP);
            uint8x16_t count = vdupq_n_u8(0);
            for (size_t j = BIT_PLANES; j-- > 0;) {
                const uint64x2_t plane = vdupq_n_u64(planes[BIT_PLANES * w + j]);
                count = vaddq_u8(vaddq_u8(count, count), vcntq_u8(vreinterpretq_u8_u64(veorq_u64(x, plane))));
            }
            total = vaddq_u64(total, vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(count))));
        }
        sums[row - first] = (int32_t)vgetq_lane_u64(total, 0);
        sums[row - first + 1] = (int32_t)vgetq_lane_u64(total, 1);
        row += 2;
    }
}

bool bit_kernel_is_supported(enum bit_kernel_variant variant) {
    return variant == BIT_KERNEL_SCALAR || variant == BIT_KERNEL_NEON;
}

#else

bool bit_kernel_is_supported(enum bit_kernel_variant variant) { return variant == BIT_KERNEL_SCALAR; }

#endif

void bit_sums(
    enum bit_kernel_variant variant, const uint64_t *bits, size_t first, size_t rows, size_t ahead, size_t words,
    const uint64_t *planes, int32_t *sums) {
    switch (variant) {
#if defined(__x86_64__)
        case BIT_KERNEL_VPOPCNT: sums_vpopcnt(bits, first, rows, ahead, words, planes, sums); return;
        case BIT_KERNEL_AVX2: sums_avx2(bits, first, rows, words, planes, sums); return;
#elif defined(__aarch64__)
        case BIT_KERNEL_NEON: sums_neon(bits, first, rows, words, planes, sums); return;
#endif
        default: sums_scalar(bits, first, rows, words, planes, sums);
    }
}

// MARK: - Selection

INLINE size_t select_rows(
    const int32_t *sums, const float *factors, size_t rows, double step, double base, double threshold,
    uint32_t *positions, double *estimates) {
    size_t count = 0, row = 0;
    for (; row + LANES <= rows; row += LANES) {
        int32x8 sum;
        float8 factor;
        memcpy(&sum, sums + row, sizeof sum);
        memcpy(&factor, factors + row, sizeof factor);
        const double8 estimate = __builtin_convertvector(factor, double8) *
                                 (__builtin_convertvector(sum, double8) * step - base);
        const int64x8 reaches = estimate >= threshold;
        if (!__builtin_reduce_or(reaches)) continue;
        for (size_t lane = 0; lane < LANES; lane++) {
            if (!reaches[lane]) continue;
            estimates[count] = estimate[lane];
            positions[count++] = (uint32_t)(row + lane);
        }
    }
    for (; row < rows; row++) {
        const double estimate = (double)factors[row] * ((double)sums[row] * step - base);
        if (!(estimate >= threshold)) continue;
        estimates[count] = estimate;
        positions[count++] = (uint32_t)row;
    }
    return count;
}

// MARK: - One body for each instruction set

#if defined(__x86_64__)

AVX2 static int rotate_avx2(const float *table, const float *vector, size_t dimension, float *rotated, float *scratch) {
    return rotate(table, vector, dimension, rotated, scratch);
}

AVX512 static int rotate_avx512(
    const float *table, const float *vector, size_t dimension, float *rotated, float *scratch) {
    return rotate(table, vector, dimension, rotated, scratch);
}

AVX2 static void encode_avx2(const float *rotated, int exponent, size_t dimension, uint64_t *bits, float *factor) {
    encode(rotated, exponent, dimension, bits, factor);
}

AVX512 static void encode_avx512(const float *rotated, int exponent, size_t dimension, uint64_t *bits, float *factor) {
    encode(rotated, exponent, dimension, bits, factor);
}

AVX2 static size_t select_avx2(
    const int32_t *sums, const float *factors, size_t rows, double step, double base, double threshold,
    uint32_t *positions, double *estimates) {
    return select_rows(sums, factors, rows, step, base, threshold, positions, estimates);
}

AVX512 static size_t select_avx512(
    const int32_t *sums, const float *factors, size_t rows, double step, double base, double threshold,
    uint32_t *positions, double *estimates) {
    return select_rows(sums, factors, rows, step, base, threshold, positions, estimates);
}

#endif

int bit_rotate(const float *table, const float *vector, size_t dimension, float *rotated, float *scratch) {
#if defined(__x86_64__)
    if (bit_kernel_is_supported(BIT_KERNEL_VPOPCNT)) return rotate_avx512(table, vector, dimension, rotated, scratch);
    if (bit_kernel_is_supported(BIT_KERNEL_AVX2)) return rotate_avx2(table, vector, dimension, rotated, scratch);
#endif
    return rotate(table, vector, dimension, rotated, scratch);
}

void bit_encode(const float *rotated, int exponent, size_t dimension, uint64_t *bits, float *factor) {
#if defined(__x86_64__)
    if (bit_kernel_is_supported(BIT_KERNEL_VPOPCNT)) {
        encode_avx512(rotated, exponent, dimension, bits, factor);
        return;
    }
    if (bit_kernel_is_supported(BIT_KERNEL_AVX2)) {
        encode_avx2(rotated, exponent, dimension, bits, factor);
        return;
    }
#endif
    encode(rotated, exponent, dimension, bits, factor);
}

size_t bit_select(
    const int32_t *sums, const float *factors, size_t rows, double step, double base, double threshold,
    uint32_t *positions, double *estimates) {
#if defined(__x86_64__)
    if (bit_kernel_is_supported(BIT_KERNEL_VPOPCNT)) {
        return select_avx512(sums, factors, rows, step, base, threshold, positions, estimates);
    }
    if (bit_kernel_is_supported(BIT_KERNEL_AVX2)) {
        return select_avx2(sums, factors, rows, step, base, threshold, positions, estimates);
    }
#endif
    return select_rows(sums, factors, rows, step, base, threshold, positions, estimates);
}
