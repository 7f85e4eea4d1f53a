/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/map.h"

#include <string.h>

/* uthash's memory comes from the map's allocator, and a failure is told instead of ending the
 * process. These names are looked up where the macros are used: in functions with a `map`. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) iotsig_memory_get(map->arena.allocator, (size))
#define uthash_free(memory, size) iotsig_memory_free(map->arena.allocator, (memory))
#define uthash_nonfatal_oom(entry) (failed = true)
#include <uthash.h>

struct iotsig_map_entry {
    UT_hash_handle hh;
    uint64_t value;
    char key[];
};

void iotsig_map_init(struct iotsig_map *map, const struct iotsig_allocator *allocator,
                     struct iotsig_hash_key key)
{
    *map = (struct iotsig_map){.key = key};
    iotsig_arena_init(&map->arena, allocator);
}

void iotsig_map_fini(struct iotsig_map *map)
{
    HASH_CLEAR(hh, map->entries);
    iotsig_arena_fini(&map->arena);
}

size_t iotsig_map_count(const struct iotsig_map *map)
{
    return HASH_COUNT(map->entries);
}

static unsigned hash_of(const struct iotsig_map *map, const void *key, size_t n)
{
    return (unsigned)iotsig_hash(&map->key, key, n);
}

uint64_t *iotsig_map_get(const struct iotsig_map *map, const void *key, size_t n)
{
    struct iotsig_map_entry *entry;
    HASH_FIND_BYHASHVALUE(hh, map->entries, key, n, hash_of(map, key, n), entry);
    return entry == NULL ? NULL : &entry->value;
}

uint64_t *iotsig_map_put(struct iotsig_map *map, const void *key, size_t n, uint64_t value,
                         bool *added)
{
    unsigned hash = hash_of(map, key, n);
    struct iotsig_map_entry *entry;
    bool failed = false;

    *added = false;
    HASH_FIND_BYHASHVALUE(hh, map->entries, key, n, hash, entry);
    if (entry != NULL)
        return &entry->value;
    if (n > UINT32_MAX)
        return NULL;
    entry = iotsig_arena_get(&map->arena, sizeof *entry + n + 1);
    if (entry == NULL)
        return NULL;
    entry->value = value;
    memcpy(entry->key, key, n);
    entry->key[n] = '\0';
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, map->entries, entry->key, n, hash, entry);
    if (failed)
        return NULL;
    *added = true;
    return &entry->value;
}

const char *iotsig_map_stored_key(const uint64_t *value)
{
    const char *entry = (const char *)value - offsetof(struct iotsig_map_entry, value);
    return entry + offsetof(struct iotsig_map_entry, key);
}

const struct iotsig_map_entry *iotsig_map_next(const struct iotsig_map *map,
                                               const struct iotsig_map_entry *entry)
{
    return entry == NULL ? map->entries : entry->hh.next;
}

const void *iotsig_map_key(const struct iotsig_map_entry *entry, size_t *n)
{
    *n = entry->hh.keylen;
    return entry->key;
}

uint64_t iotsig_map_value(const struct iotsig_map_entry *entry)
{
    return entry->value;
}
