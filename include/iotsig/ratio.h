/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iotsig/ratio.h - exact fractions from 0 on. */
#ifndef IOTSIG_RATIO_H
#define IOTSIG_RATIO_H

#include "iotsig/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A fraction in lowest terms; the denominator is never 0. */
struct iotsig_ratio {
    uint64_t num, den;
};

/** The longest text of a ratio, with its NUL: two numbers of 20 digits and a slash. */
#define IOTSIG_RATIO_TEXT 42

/** Writes "17/90", or the number alone where the denominator is 1, and a NUL. */
IOTSIG_API void iotsig_ratio_text(struct iotsig_ratio ratio, char text[IOTSIG_RATIO_TEXT]);

/**
 * Reads "9/10", "1" or "0.9". False when it is none of these, or a number needs more than 64 bits;
 * `*ratio` is then unchanged.
 */
IOTSIG_API bool iotsig_ratio_parse(const char *text, struct iotsig_ratio *ratio);

/** -1, 0 or 1: as `a` is less than, equal to, or greater than `b`. Exact. */
IOTSIG_API int iotsig_ratio_compare(struct iotsig_ratio a, struct iotsig_ratio b);

#ifdef __cplusplus
}
#endif

#endif
