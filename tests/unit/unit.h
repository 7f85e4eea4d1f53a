/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every unit test includes: cmocka, and a generator of numbers that is the same everywhere. */
#ifndef IOTSIG_TESTS_UNIT_H
#define IOTSIG_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* xorshift64 (Marsaglia, "Xorshift RNGs", 2003). */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline size_t below(uint64_t *state, size_t n)
{
    return (size_t)(next_random(state) % n);
}

/* Sets `count` of n bytes to others. Where comes before what: compilers differ in the order of an assignment's sides. */
static inline void damage(uint64_t *state, uint8_t *bytes, size_t n, size_t count)
{
    for (; count > 0; count--) {
        size_t at = below(state, n);
        bytes[at] = (uint8_t)next_random(state);
    }
}

#endif
