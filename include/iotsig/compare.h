/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/compare.h - which flows two patterns have in common, how far they are apart, and the
 * closest flow of one to each of the other.
 *
 * Both patterns must be of one context. What is asked of a comparison refers to flows by their
 * numbers in these patterns; iotsig_flow_differences() tells in what a pair differs.
 */
#ifndef IOTSIG_COMPARE_H
#define IOTSIG_COMPARE_H

#include "iotsig/distance.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_comparison;

/** Flow `a` of the first pattern and flow `b` of the second. */
struct iotsig_pair {
    size_t a, b;
    struct iotsig_distance distance;
};

/**
 * Compares two patterns. Each flow is in one pair at most. First, each flow of `a`, in order, makes
 * a pair with the first free flow of `b` that it matches (behaviour section 4) at distance 0; then
 * each that is still free, in order, with the first free one that it matches.
 *
 * The overall distance is the mean over the pairs, at their distances, and the flows without one,
 * at 1 each; 0 where neither pattern has a flow.
 * @param options  `same_hosts` and `match_random_ports` count; may be NULL
 * @return 0; IOTSIG_ERR_MEMORY; IOTSIG_ERR_LIMIT: a fraction is too long
 */
IOTSIG_API int iotsig_compare(struct iotsig_comparison **out, const struct iotsig_pattern *a,
                              const struct iotsig_pattern *b, const struct iotsig_options *options,
                              struct iotsig_error *error);

/** How many pairs there are. */
IOTSIG_API size_t iotsig_comparison_count(const struct iotsig_comparison *comparison);

/** Pair `index`, which must be less than the count; in the order of the first pattern. */
IOTSIG_API void iotsig_comparison_pair(const struct iotsig_comparison *comparison, size_t index,
                                       struct iotsig_pair *pair);

/**
 * The flows that are in no pair, in order: of the first pattern or, `second`, of the second.
 * @return whether there is one with this index; its number is then in `*flow`
 */
IOTSIG_API bool iotsig_comparison_only(const struct iotsig_comparison *comparison, bool second,
                                       size_t index, size_t *flow);

/** Whether the overall distance is 0: every flow has its pair, at distance 0. */
IOTSIG_API bool iotsig_comparison_is_equal(const struct iotsig_comparison *comparison);

/** The overall distance as a reduced fraction, such as "17/90"; borrowed. It may be long. */
IOTSIG_API const char *iotsig_comparison_distance(const struct iotsig_comparison *comparison);

/** The same with six decimals, rounded to the nearest: "0.188889"; borrowed. */
IOTSIG_API const char *iotsig_comparison_decimal(const struct iotsig_comparison *comparison);

/** NULL is allowed. */
IOTSIG_API void iotsig_comparison_free(struct iotsig_comparison *comparison);

struct iotsig_closest;

/**
 * For each flow of `a` the flow of `b` at the smallest distance, the first of several.
 * @param options  `match_random_ports` counts; may be NULL
 * @return 0; IOTSIG_ERR_EMPTY: `b` has no flow, and `a` has; IOTSIG_ERR_MEMORY; IOTSIG_ERR_LIMIT: a
 *         fraction is too long
 */
IOTSIG_API int iotsig_closest_new(struct iotsig_closest **out, const struct iotsig_pattern *a,
                                  const struct iotsig_pattern *b,
                                  const struct iotsig_options *options, struct iotsig_error *error);

/** What is closest to flow `index` of `a`, which must be less than the number of its flows. */
IOTSIG_API void iotsig_closest_get(const struct iotsig_closest *closest, size_t index,
                                   struct iotsig_pair *pair);

/** NULL is allowed. */
IOTSIG_API void iotsig_closest_free(struct iotsig_closest *closest);

#ifdef __cplusplus
}
#endif

#endif
