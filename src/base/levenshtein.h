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

#endif
