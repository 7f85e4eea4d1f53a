/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A keyed hash, SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012),
 * so that nobody who does not know the key can make a capture whose flows collide.
 */
#ifndef IOTSIG_BASE_HASH_H
#define IOTSIG_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct iotsig_hash_key {
    uint64_t k0, k1;
};

uint64_t iotsig_hash(const struct iotsig_hash_key *key, const void *data, size_t n);

/** The hash of two numbers: for keys that are hashes themselves. */
uint64_t iotsig_hash_pair(const struct iotsig_hash_key *key, uint64_t a, uint64_t b);

#endif
