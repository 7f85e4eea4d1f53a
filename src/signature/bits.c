/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature/bits.h"

/* Bits of a mantissa from 1 to below 2, and of a logarithm, behind the point. */
#define MANTISSA_BITS  31
#define LOGARITHM_BITS 24

uint64_t iotsig_probability(uint32_t k, uint32_t n)
{
    /* 2k + 1 < 2^33 would not leave room for 40 bits: the quotient and the rest go apart. */
    uint64_t num = 2 * (uint64_t)k + 1, den = 2 * ((uint64_t)n + 1), result = 0;
    for (int i = 0; i <= PROBABILITY_BITS; i++) {
        result = result << 1 | (num >= den);
        num = (num >= den ? num - den : num) << 1;
    }
    return result;
}

/* Shifts until the highest bit is bit 62, and says how far. */
static int normalise(uint64_t *number)
{
    int shift = 0;
    for (; *number < UINT64_C(1) << 62; shift++)
        *number <<= 1;
    return shift;
}

/* num / den, which is from 1 to below 2. */
static uint64_t mantissa(uint64_t num, uint64_t den)
{
    uint64_t result = 0;
    for (int i = 0; i <= MANTISSA_BITS; i++) {
        result = result << 1 | (num >= den);
        num = (num >= den ? num - den : num) << 1;
    }
    return result;
}

int32_t iotsig_hundredths_of_bits(uint64_t num, uint64_t den)
{
    int whole = normalise(&den) - normalise(&num);
    if (num < den) {
        whole--;
        den >>= 1;
    }
    uint64_t m = mantissa(num, den), fraction = 0;
    /* A bit of the logarithm of m is whether m squared is 2 or more. */
    for (int i = 0; i < LOGARITHM_BITS; i++) {
        m = m * m >> MANTISSA_BITS;
        uint64_t bit = m >> (MANTISSA_BITS + 1);
        fraction = fraction << 1 | bit;
        m >>= bit;
    }
    const uint64_t half = UINT64_C(1) << (LOGARITHM_BITS - 1);
    return whole * 100 + (int32_t)((fraction * 100 + half) >> LOGARITHM_BITS);
}
