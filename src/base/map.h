/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A map from bytes to a number, in the order of insertion: uthash behind a keyed hash.
 *
 * Keys are copied; entries live as long as the map. What is mapped is usually an index into an
 * array of the caller's.
 */
#ifndef IOTSIG_BASE_MAP_H
#define IOTSIG_BASE_MAP_H

#include "base/hash.h"
#include "base/memory.h"

struct iotsig_map_entry;

struct iotsig_map {
    struct iotsig_arena arena;
    struct iotsig_hash_key key;
    struct iotsig_map_entry *entries; /**< uthash's head */
};

void iotsig_map_init(struct iotsig_map *map, const struct iotsig_allocator *allocator,
                     struct iotsig_hash_key key);
void iotsig_map_fini(struct iotsig_map *map);

/** How many keys it holds. */
size_t iotsig_map_count(const struct iotsig_map *map);

/** The value of a key, to read or change; NULL when it is not there. */
uint64_t *iotsig_map_get(const struct iotsig_map *map, const void *key, size_t n);

/**
 * The value of a key, added as `value` when it is not there yet (`*added` says so).
 * NULL when there is no memory; the map stays as it was.
 */
uint64_t *iotsig_map_put(struct iotsig_map *map, const void *key, size_t n, uint64_t value,
                         bool *added);

/** The map's own copy of the key of a value that it gave, with a NUL behind it. */
const char *iotsig_map_stored_key(const uint64_t *value);

/** Iterates in the order of insertion: start with NULL, ends with NULL. */
const struct iotsig_map_entry *iotsig_map_next(const struct iotsig_map *map,
                                               const struct iotsig_map_entry *entry);
const void *iotsig_map_key(const struct iotsig_map_entry *entry, size_t *n);
uint64_t iotsig_map_value(const struct iotsig_map_entry *entry);

#endif
