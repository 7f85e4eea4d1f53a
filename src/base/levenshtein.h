/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IOTSIG_BASE_LEVENSHTEIN_H
#define IOTSIG_BASE_LEVENSHTEIN_H

#include "base/memory.h"
#include "base/text.h"

/**
 * The least number of characters to insert, delete or replace that makes one text the other
 * (Levenshtein, 1966). Texts of the library are ASCII, so bytes are characters. Takes a.n * b.n /
 * 64 steps.
 * @return false when there is no memory
 */
bool iotsig_levenshtein(const struct iotsig_allocator *allocator, struct text a, struct text b,
                        size_t *distance);

/**
 * The same of texts of any characters. Those that only one text has need no number of their own, so
 * nearly all are compared as bytes; texts that have over 254 in common take a.n * b.n steps.
 */
bool iotsig_levenshtein_wide(const struct iotsig_allocator *allocator, const uint32_t *a, size_t an,
                             const uint32_t *b, size_t bn, size_t *distance);

#endif
