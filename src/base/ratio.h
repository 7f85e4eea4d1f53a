/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exact fractions, from 0 on, and their sums.
 *
 * A ratio has 64 bits for each number, and an operation that would need more says so. The sum of
 * many ratios needs more: `struct ratio_sum` has SUM_LIMBS words for each.
 */
#ifndef IOTSIG_BASE_RATIO_H
#define IOTSIG_BASE_RATIO_H

#include "iotsig/ratio.h"

struct iotsig_output;

#define RATIO_ZERO ((struct iotsig_ratio){0, 1})
#define RATIO_ONE  ((struct iotsig_ratio){1, 1})

/** num/den, reduced; `den` must not be 0. */
struct iotsig_ratio iotsig_ratio_of(uint64_t num, uint64_t den);

/** a + b. False when it does not fit; `*sum` is then unchanged. */
bool iotsig_ratio_add(struct iotsig_ratio a, struct iotsig_ratio b, struct iotsig_ratio *sum);

/** a * b, likewise. */
bool iotsig_ratio_times(struct iotsig_ratio a, struct iotsig_ratio b, struct iotsig_ratio *product);

/** The decimals that follow a ratio in outputs. */
#define RATIO_DECIMALS 6

/** 8192 bits: the least common multiple of all denominators that the lengths of two thousand
 * characters can make has less than 6000. */
#define SUM_LIMBS 256

/** A number from 0 on: 32 bits a limb, the lowest first, no zeros at the end. */
struct big {
    size_t n;
    uint32_t limb[SUM_LIMBS];
};

/** A sum of ratios. Start with iotsig_sum_init(). */
struct ratio_sum {
    struct big num, den;
};

void iotsig_sum_init(struct ratio_sum *sum);

/** Adds `times` times the ratio. False when it does not fit; the sum is then of no use. */
bool iotsig_sum_add(struct ratio_sum *sum, struct iotsig_ratio ratio, uint32_t times);

/** Divides by a number that is not 0, likewise. */
bool iotsig_sum_divide(struct ratio_sum *sum, uint32_t by);

/** Brings it to lowest terms. */
void iotsig_sum_reduce(struct ratio_sum *sum);

bool iotsig_sum_is_zero(const struct ratio_sum *sum);

/** Writes a sum from 0 to 1, which must be reduced, as iotsig_ratio_text() does. */
void iotsig_put_sum(struct iotsig_output *output, const struct ratio_sum *sum);

/** Writes it with RATIO_DECIMALS decimals, rounded to the nearest, half up. */
void iotsig_put_sum_decimal(struct iotsig_output *output, const struct ratio_sum *sum);

void iotsig_put_ratio(struct iotsig_output *output, struct iotsig_ratio ratio);
void iotsig_put_quoted_ratio(struct iotsig_output *output, struct iotsig_ratio ratio);
void iotsig_put_ratio_decimal(struct iotsig_output *output, struct iotsig_ratio ratio);

#endif
