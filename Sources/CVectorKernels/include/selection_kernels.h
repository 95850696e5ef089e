#ifndef SELECTION_KERNELS_H
#define SELECTION_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Kernels that tell by the sums of codes (`code_kernels.h`), or by scores, which rows can be among the best.

#ifdef __cplusplus
extern "C" {
#endif

/// What a query adds to a sum to make bounds of a score of it: |score - s step sum| <= s spread + radius reach.
struct code_bound {
    double step;    // what one step of the sum stands for, for a scale of one
    double spread;  // what the query's own residual can add, for a scale of one
    double reach;   // the query's length
};

/// The upper one of those bounds, and infinite where that is no number: what a score can reach.
double code_upper(int32_t sum, float scale, float radius, struct code_bound bound);

/// The rows whose upper bound is not below `threshold`. Their positions, ascending, go to `positions` (room for `rows`);
/// returned is how many there are. O(rows).
size_t code_select(
    const int32_t *sums, const float *scales, const float *radii, size_t rows, struct code_bound bound,
    double threshold, uint32_t *positions);

/// The scores that are not below `limit`, or are no finite numbers. Their positions, ascending, go to `positions` (room for
/// `rows`); returned is how many there are. O(rows).
size_t score_select(const float *scores, size_t rows, float limit, uint32_t *positions);

/// Of `count` rows, known by their upper bounds and by their places, drops those that stay below `threshold`. The most
/// promising ones of the others leave for `leading` (room for `count`): the places of those in the upper half of the range,
/// or of all where there are few. Returned is how many those are, at least one where any is not below the threshold; `count`
/// becomes how many stay, and what is known of them stands at the beginning of `uppers` and `places`. Their order is kept.
/// Upper bounds are numbers, or infinite. O(count).
///
/// What the leading ones show raises the threshold, which then rules out many of those that stay.
size_t code_leading(double *uppers, uint32_t *places, size_t *count, double threshold, uint32_t *leading);

#ifdef __cplusplus
}
#endif

#endif
