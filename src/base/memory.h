/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory: the allocator hook, growable arrays, and arenas.
 *
 * Everything the library allocates goes through `struct iotsig_allocator`, so that a test can
 * make the Nth allocation fail. An arena hands out memory that is freed all at once.
 */
#ifndef IOTSIG_BASE_MEMORY_H
#define IOTSIG_BASE_MEMORY_H

#include "iotsig/base.h"

/** malloc, realloc and free. */
extern const struct iotsig_allocator iotsig_allocator_default;

/** New memory of `size` > 0 bytes, not cleared; NULL when there is none. */
void *iotsig_memory_get(const struct iotsig_allocator *allocator, size_t size);

/** Frees what iotsig_memory_get() or iotsig_array_grow() gave; NULL is allowed. */
void iotsig_memory_free(const struct iotsig_allocator *allocator, void *memory);

/**
 * Makes room for `need` elements of `size` bytes in the array `*items` of capacity `*capacity`,
 * by doubling. False when there is no memory or the product overflows; the array stays as it was.
 */
bool iotsig_array_grow(const struct iotsig_allocator *allocator, void *items, size_t *capacity,
                       size_t need, size_t size);

struct iotsig_arena_block;

/** Memory that lives together. Zero it with iotsig_arena_init(). */
struct iotsig_arena {
    const struct iotsig_allocator *allocator;
    struct iotsig_arena_block *blocks; /**< newest first */
    size_t used;                       /**< bytes of the newest that are taken */
};

void iotsig_arena_init(struct iotsig_arena *arena, const struct iotsig_allocator *allocator);
void iotsig_arena_fini(struct iotsig_arena *arena);

/** Memory for any type; NULL when there is none. A size of 0 gives a valid pointer. */
void *iotsig_arena_get(struct iotsig_arena *arena, size_t size);

/** A copy of `n` bytes with a NUL behind them; NULL when there is no memory. */
char *iotsig_arena_text(struct iotsig_arena *arena, const char *text, size_t n);

/** Forgets all that was handed out, and keeps one block for reuse. */
void iotsig_arena_reset(struct iotsig_arena *arena);

#endif
