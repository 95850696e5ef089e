#include "selection_kernels.h"

#include <float.h>
#include <math.h>

#include "code_kernels.h"
#include "lanes.h"

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#endif

INLINE double upper_end(int32_t sum, float scale, float radius, struct code_bound bound) {
    return (double)scale * ((double)sum * bound.step + bound.spread) + (double)radius * bound.reach;
}

double code_upper(int32_t sum, float scale, float radius, struct code_bound bound) {
    const double upper = upper_end(sum, scale, radius, bound);
    return isnan(upper) ? INFINITY : upper;
}

// MARK: - Rows that reach a threshold

// Whether a row can reach the threshold: also where an infinite radius leaves no number to compare.
INLINE size_t select_rows(
    const int32_t *sums, const float *scales, const float *radii, size_t rows, struct code_bound bound,
    double threshold, uint32_t *positions) {
    size_t count = 0;
    size_t row = 0;
    for (; row + LANES <= rows; row += LANES) {
        int32x8 sum;
        float8 s, r;
        memcpy(&sum, sums + row, sizeof sum);
        memcpy(&s, scales + row, sizeof s);
        memcpy(&r, radii + row, sizeof r);
        // As in `upper_end`, eight side by side.
        const double8 upper =
            __builtin_convertvector(s, double8) * (__builtin_convertvector(sum, double8) * bound.step + bound.spread) +
            __builtin_convertvector(r, double8) * bound.reach;
        const int64x8 reaches = ~(upper < threshold);
        // Few of them do, once some rows have been seen.
        int64_t any = 0;
        for (size_t lane = 0; lane < LANES; lane++) any |= reaches[lane];
        if (!any) continue;
        for (size_t lane = 0; lane < LANES; lane++) {
            positions[count] = (uint32_t)(row + lane);
            count += (size_t)(reaches[lane] & 1);
        }
    }
    for (; row < rows; row++) {
        if (!(upper_end(sums[row], scales[row], radii[row], bound) < threshold)) positions[count++] = (uint32_t)row;
    }
    return count;
}

#if defined(__x86_64__)
AVX2 static size_t select_avx2(
    const int32_t *sums, const float *scales, const float *radii, size_t rows, struct code_bound bound,
    double threshold, uint32_t *positions) {
    return select_rows(sums, scales, radii, rows, bound, threshold, positions);
}

// Which of eight rows reach the threshold, by the operations of select_rows in their order.
AVX512 INLINE __mmask8 reaching_avx512(
    const int32_t *sums, const float *scales, const float *radii, struct code_bound bound, double threshold) {
    const __m512d sum = _mm512_cvtepi32_pd(_mm256_loadu_si256((const __m256i *)sums));
    const __m512d scale = _mm512_cvtps_pd(_mm256_loadu_ps(scales)), radius = _mm512_cvtps_pd(_mm256_loadu_ps(radii));
    const __m512d wide =
        _mm512_add_pd(_mm512_mul_pd(sum, _mm512_set1_pd(bound.step)), _mm512_set1_pd(bound.spread));
    const __m512d upper =
        _mm512_add_pd(_mm512_mul_pd(scale, wide), _mm512_mul_pd(radius, _mm512_set1_pd(bound.reach)));
    return _mm512_cmp_pd_mask(upper, _mm512_set1_pd(threshold), _CMP_NLT_UQ);
}

// Without a branch for each row: until the threshold is high, many reach it.
AVX512 static size_t select_avx512(
    const int32_t *sums, const float *scales, const float *radii, size_t rows, struct code_bound bound,
    double threshold, uint32_t *positions) {
    size_t count = 0;
    size_t row = 0;
    __m512i places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (; row + 16 <= rows; row += 16) {
        const __mmask8 first = reaching_avx512(sums + row, scales + row, radii + row, bound, threshold);
        const __mmask8 second = reaching_avx512(sums + row + 8, scales + row + 8, radii + row + 8, bound, threshold);
        const __mmask16 both = (__mmask16)(first | second << 8);
        // Sixteen are written, where there is room for as many as have been looked at, and the next ones overwrite
        // those that do not count.
        _mm512_storeu_si512(positions + count, _mm512_maskz_compress_epi32(both, places));
        count += (size_t)__builtin_popcount(both);
        places = _mm512_add_epi32(places, _mm512_set1_epi32(16));
    }
    const size_t rest = select_rows(
        sums + row, scales + row, radii + row, rows - row, bound, threshold, positions + count);
    for (size_t i = 0; i < rest; i++) positions[count + i] += (uint32_t)row;
    return count + rest;
}
#endif

size_t code_select(
    const int32_t *sums, const float *scales, const float *radii, size_t rows, struct code_bound bound,
    double threshold, uint32_t *positions) {
#if defined(__x86_64__)
    switch (code_kernel_best()) {
        case CODE_KERNEL_VNNI: return select_avx512(sums, scales, radii, rows, bound, threshold, positions);
        case CODE_KERNEL_AVX2: return select_avx2(sums, scales, radii, rows, bound, threshold, positions);
        default: break;
    }
#endif
    return select_rows(sums, scales, radii, rows, bound, threshold, positions);
}

// MARK: - Scores that reach a limit

size_t score_select(const float *scores, size_t rows, float limit, uint32_t *positions) {
    size_t count = 0;
    size_t row = 0;
    for (; row + LANES <= rows; row += LANES) {
        float8 score;
        memcpy(&score, scores + row, sizeof score);
        const int32x8 reaches = ~((score < limit) & (score >= -FLT_MAX));
        int32_t any = 0;
        for (size_t lane = 0; lane < LANES; lane++) any |= reaches[lane];
        if (!any) continue;
        for (size_t lane = 0; lane < LANES; lane++) {
            positions[count] = (uint32_t)(row + lane);
            count += (size_t)(reaches[lane] & 1);
        }
    }
    for (; row < rows; row++) {
        if (!(scores[row] < limit && scores[row] >= -FLT_MAX)) positions[count++] = (uint32_t)row;
    }
    return count;
}

// MARK: - Rows that lead

// No more than this many rows are told apart by how promising they are.
#define LEADING_ALL ((size_t)32)

// What an upper bound must reach to lead, of so many between two ends. Infinite where an end is, and never above all: halves
// of the smallest numbers there are get rounded.
INLINE double leading_from(size_t count, double least, double most) {
    const double middle = most / 2 + least / 2;
    return count > LEADING_ALL ? (middle < most ? middle : most) : -INFINITY;
}

// Without branches: which rows stay is what no processor foresees.
static size_t leading_baseline(
    double *uppers, uint32_t *places, size_t *count, double threshold, uint32_t *leading) {
    size_t left = 0;
    double most = -INFINITY, least = INFINITY;
    for (size_t i = 0; i < *count; i++) {
        const double upper = uppers[i];
        const bool reaches = !(upper < threshold);
        uppers[left] = upper;
        places[left] = places[i];
        left += reaches;
        most = reaches && upper > most ? upper : most;
        least = reaches && upper < least ? upper : least;
    }
    const double from = leading_from(left, least, most);
    size_t rest = 0, found = 0;
    for (size_t i = 0; i < left; i++) {
        const double upper = uppers[i];
        const uint32_t place = places[i];
        const bool leads = upper >= from;
        leading[found] = place;
        found += leads;
        uppers[rest] = upper;
        places[rest] = place;
        rest += !leads;
    }
    *count = rest;
    return found;
}

#if defined(__x86_64__)
// Eight at a time, compressed in registers: what is written behind the end is overwritten, or has been read.
AVX512 static size_t leading_avx512(
    double *uppers, uint32_t *places, size_t *count, double threshold, uint32_t *leading) {
    size_t left = 0;
    __m512d most = _mm512_set1_pd(-INFINITY), least = _mm512_set1_pd(INFINITY);
    for (size_t i = 0; i < *count; i += 8) {
        const __mmask8 there = *count - i < 8 ? (__mmask8)((1u << (*count - i)) - 1) : (__mmask8)0xff;
        const __m512d upper = _mm512_maskz_loadu_pd(there, uppers + i);
        const __m256i place = _mm256_maskz_loadu_epi32(there, places + i);
        const __mmask8 reaches = _mm512_mask_cmp_pd_mask(there, upper, _mm512_set1_pd(threshold), _CMP_NLT_UQ);
        most = _mm512_mask_max_pd(most, reaches, most, upper);
        least = _mm512_mask_min_pd(least, reaches, least, upper);
        _mm512_mask_storeu_pd(uppers + left, there, _mm512_maskz_compress_pd(reaches, upper));
        _mm256_mask_storeu_epi32(places + left, there, _mm256_maskz_compress_epi32(reaches, place));
        left += (size_t)__builtin_popcount(reaches);
    }
    const __m512d from = _mm512_set1_pd(leading_from(left, _mm512_reduce_min_pd(least), _mm512_reduce_max_pd(most)));
    size_t rest = 0, found = 0;
    for (size_t i = 0; i < left; i += 8) {
        const __mmask8 there = left - i < 8 ? (__mmask8)((1u << (left - i)) - 1) : (__mmask8)0xff;
        const __m512d upper = _mm512_maskz_loadu_pd(there, uppers + i);
        const __m256i place = _mm256_maskz_loadu_epi32(there, places + i);
        const __mmask8 leads = _mm512_mask_cmp_pd_mask(there, upper, from, _CMP_GE_OQ);
        const __mmask8 follows = there & (__mmask8)~leads;
        _mm256_mask_storeu_epi32(leading + found, there, _mm256_maskz_compress_epi32(leads, place));
        found += (size_t)__builtin_popcount(leads);
        _mm512_mask_storeu_pd(uppers + rest, there, _mm512_maskz_compress_pd(follows, upper));
        _mm256_mask_storeu_epi32(places + rest, there, _mm256_maskz_compress_epi32(follows, place));
        rest += (size_t)__builtin_popcount(follows);
    }
    *count = rest;
    return found;
}
#endif

size_t code_leading(double *uppers, uint32_t *places, size_t *count, double threshold, uint32_t *leading) {
#if defined(__x86_64__)
    if (code_kernel_best() == CODE_KERNEL_VNNI) {
        return leading_avx512(uppers, places, count, threshold, leading);
    }
#endif
    return leading_baseline(uppers, places, count, threshold, leading);
}
