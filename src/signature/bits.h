/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probabilities and their logarithms in integers, so that weights are the same everywhere. */
#ifndef IOTSIG_SIGNATURE_BITS_H
#define IOTSIG_SIGNATURE_BITS_H

#include <stdint.h>

/** Bits behind the point of a probability. */
#define PROBABILITY_BITS 40

/** That a capture has a feature that `k` of `n` captures have: (k + 1/2) / (n + 1). */
uint64_t iotsig_probability(uint32_t k, uint32_t n);

/** log2(num / den) in hundredths, to the nearest, half up; both from 1 to 2^62. */
int32_t iotsig_hundredths_of_bits(uint64_t num, uint64_t den);

#endif
