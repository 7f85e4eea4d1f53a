/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theory of operation: chains of entries by a keyed hash, and a list of all of them by use. An
 * entry is one piece of memory: its head, the value, the key.
 */
#include "base/recent.h"

#include <string.h>

#define BUCKETS_MIN 16
#define KEY_MOST    65536

struct iotsig_recent_entry {
    struct iotsig_recent_entry *chained; /* the next of its bucket */
    struct iotsig_recent_entry *older, *newer;
    uint64_t hash;
    size_t n; /* of the key */
    max_align_t value[];
};

void iotsig_recent_init(struct iotsig_recent *recent, const struct iotsig_allocator *allocator,
                        struct iotsig_hash_key key, size_t value_size, size_t most,
                        void (*leave)(void *user, void *value), void *user)
{
    const size_t align = sizeof(max_align_t);
    *recent = (struct iotsig_recent){.allocator = allocator,
                                     .key = key,
                                     .value_size = (value_size + align - 1) / align * align,
                                     .most = most > 0 ? most : 1,
                                     .leave = leave,
                                     .user = user};
}

static char *key_of(const struct iotsig_recent *recent, const struct iotsig_recent_entry *entry)
{
    return (char *)(uintptr_t)entry->value + recent->value_size;
}

static struct iotsig_recent_entry *entry_of(const void *value)
{
    char *at = (char *)(uintptr_t)value - offsetof(struct iotsig_recent_entry, value);
    return (struct iotsig_recent_entry *)(void *)at;
}

static struct iotsig_recent_entry **bucket_of(const struct iotsig_recent *recent, uint64_t hash)
{
    return &recent->buckets[hash & (recent->bucket_count - 1)];
}

static struct iotsig_recent_entry *find(const struct iotsig_recent *recent, uint64_t hash,
                                        const void *key, size_t n)
{
    if (recent->bucket_count == 0)
        return NULL;
    struct iotsig_recent_entry *entry = *bucket_of(recent, hash);
    while (entry != NULL &&
           (entry->hash != hash || entry->n != n || memcmp(key_of(recent, entry), key, n) != 0))
        entry = entry->chained;
    return entry;
}

static void unlink_use(struct iotsig_recent *recent, struct iotsig_recent_entry *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &recent->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &recent->newest) = entry->older;
}

static void link_use(struct iotsig_recent *recent, struct iotsig_recent_entry *entry)
{
    entry->older = recent->newest;
    entry->newer = NULL;
    *(entry->older != NULL ? &entry->older->newer : &recent->oldest) = entry;
    recent->newest = entry;
}

static void let_go(struct iotsig_recent *recent, struct iotsig_recent_entry *entry)
{
    if (recent->leave != NULL)
        recent->leave(recent->user, entry->value);
    struct iotsig_recent_entry **at = bucket_of(recent, entry->hash);
    while (*at != entry)
        at = &(*at)->chained;
    *at = entry->chained;
    unlink_use(recent, entry);
    recent->count--;
    iotsig_memory_free(recent->allocator, entry);
}

void iotsig_recent_fini(struct iotsig_recent *recent)
{
    while (recent->oldest != NULL)
        let_go(recent, recent->oldest);
    iotsig_memory_free(recent->allocator, recent->buckets);
    recent->buckets = NULL;
    recent->bucket_count = 0;
}

/* Twice as many buckets, or the first. */
static bool grow(struct iotsig_recent *recent)
{
    size_t count = recent->bucket_count == 0 ? BUCKETS_MIN : recent->bucket_count * 2;
    struct iotsig_recent_entry **buckets =
        iotsig_memory_get(recent->allocator, count * sizeof *buckets);
    if (buckets == NULL)
        return false;
    memset(buckets, 0, count * sizeof *buckets);
    iotsig_memory_free(recent->allocator, recent->buckets);
    recent->buckets = buckets;
    recent->bucket_count = count;
    for (struct iotsig_recent_entry *entry = recent->oldest; entry != NULL; entry = entry->newer) {
        struct iotsig_recent_entry **bucket = bucket_of(recent, entry->hash);
        entry->chained = *bucket;
        *bucket = entry;
    }
    return true;
}

static struct iotsig_recent_entry *add(struct iotsig_recent *recent, uint64_t hash, const void *key,
                                       size_t n)
{
    if (recent->count >= recent->bucket_count && !grow(recent))
        return NULL;
    size_t size = sizeof(struct iotsig_recent_entry) + recent->value_size;
    struct iotsig_recent_entry *entry = iotsig_memory_get(recent->allocator, size + n);
    if (entry == NULL)
        return NULL;
    memset(entry, 0, size);
    entry->hash = hash;
    entry->n = n;
    memcpy(key_of(recent, entry), key, n);
    while (recent->count >= recent->most) {
        recent->evicted++;
        let_go(recent, recent->oldest);
    }
    struct iotsig_recent_entry **bucket = bucket_of(recent, hash);
    entry->chained = *bucket;
    *bucket = entry;
    link_use(recent, entry);
    recent->count++;
    return entry;
}

void *iotsig_recent_find(const struct iotsig_recent *recent, const void *key, size_t n)
{
    struct iotsig_recent_entry *entry = find(recent, iotsig_hash(&recent->key, key, n), key, n);
    return entry != NULL ? entry->value : NULL;
}

void *iotsig_recent_get(struct iotsig_recent *recent, const void *key, size_t n, bool *added)
{
    if (n > KEY_MOST)
        return NULL;
    uint64_t hash = iotsig_hash(&recent->key, key, n);
    struct iotsig_recent_entry *entry = find(recent, hash, key, n);
    *added = entry == NULL;
    if (entry == NULL)
        entry = add(recent, hash, key, n);
    else
        iotsig_recent_use(recent, entry->value);
    return entry != NULL ? entry->value : NULL;
}

void iotsig_recent_use(struct iotsig_recent *recent, void *value)
{
    struct iotsig_recent_entry *entry = entry_of(value);
    if (recent->newest == entry)
        return;
    unlink_use(recent, entry);
    link_use(recent, entry);
}

const void *iotsig_recent_key(const struct iotsig_recent *recent, const void *value, size_t *n)
{
    const struct iotsig_recent_entry *entry = entry_of(value);
    *n = entry->n;
    return key_of(recent, entry);
}

void *iotsig_recent_next(const struct iotsig_recent *recent, const void *value)
{
    struct iotsig_recent_entry *entry = value == NULL ? recent->oldest : entry_of(value)->newer;
    return entry != NULL ? entry->value : NULL;
}
