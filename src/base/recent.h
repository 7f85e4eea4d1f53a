/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table of bounded size: from a key of bytes to a value of the caller's type. What was not used
 * for the longest time makes room for what is new. Values stay where they are while they are in it.
 */
#ifndef IOTSIG_BASE_RECENT_H
#define IOTSIG_BASE_RECENT_H

#include "base/hash.h"
#include "base/memory.h"

struct iotsig_recent_entry;

struct iotsig_recent {
    const struct iotsig_allocator *allocator;
    struct iotsig_hash_key key;
    size_t value_size; /**< bytes of a value */
    size_t count, most;
    struct iotsig_recent_entry **buckets; /**< a power of two of them */
    size_t bucket_count;
    struct iotsig_recent_entry *oldest, *newest;
    void (*leave)(void *user, void *value); /**< called before a value goes, whyever it does */
    void *user;
    uint64_t evicted; /**< how many made room */
};

void iotsig_recent_init(struct iotsig_recent *recent, const struct iotsig_allocator *allocator,
                        struct iotsig_hash_key key, size_t value_size, size_t most,
                        void (*leave)(void *user, void *value), void *user);
/** Lets all go. */
void iotsig_recent_fini(struct iotsig_recent *recent);

/** The value of a key, or NULL; looking is no use of it. */
void *iotsig_recent_find(const struct iotsig_recent *recent, const void *key, size_t n);

/**
 * The value of a key, and uses it; a new one is all zero, and `*added` says so. NULL: no memory,
 * or `n` above 64 KiB.
 */
void *iotsig_recent_get(struct iotsig_recent *recent, const void *key, size_t n, bool *added);

/** Makes a value the one that was used last. */
void iotsig_recent_use(struct iotsig_recent *recent, void *value);

/** The key of a value. */
const void *iotsig_recent_key(const struct iotsig_recent *recent, const void *value, size_t *n);

/** Iterates from the one that was not used for the longest time: start with NULL, ends with NULL.
 */
void *iotsig_recent_next(const struct iotsig_recent *recent, const void *value);

#endif
