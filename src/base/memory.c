/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void *default_resize(void *user, void *memory, size_t size)
{
    (void)user;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

const struct iotsig_allocator iotsig_allocator_default = {default_resize, NULL};

void *iotsig_memory_get(const struct iotsig_allocator *allocator, size_t size)
{
    return allocator->resize(allocator->user, NULL, size);
}

void iotsig_memory_free(const struct iotsig_allocator *allocator, void *memory)
{
    if (memory != NULL)
        allocator->resize(allocator->user, memory, 0);
}

bool iotsig_array_grow(const struct iotsig_allocator *allocator, void *items, size_t *capacity,
                       size_t need, size_t size)
{
    if (need <= *capacity)
        return true;
    size_t grown = *capacity <= SIZE_MAX / 2 ? *capacity * 2 : need;
    if (grown < need)
        grown = need;
    if (grown > SIZE_MAX / 2 / size)
        return false;

    /* `items` is the address of a pointer of any type: its bytes are copied, not converted. */
    void *old;
    memcpy(&old, items, sizeof old);
    void *memory = allocator->resize(allocator->user, old, grown * size);
    if (memory == NULL)
        return false;
    memcpy(items, &memory, sizeof memory);
    *capacity = grown;
    return true;
}

/* Blocks start small, because many arenas hold little, and double up to this. */
#define ARENA_BLOCK_MIN 4096
#define ARENA_BLOCK_MAX ((size_t)256 * 1024)

struct iotsig_arena_block {
    struct iotsig_arena_block *older;
    size_t size;
    max_align_t memory[];
};

void iotsig_arena_init(struct iotsig_arena *arena, const struct iotsig_allocator *allocator)
{
    *arena = (struct iotsig_arena){.allocator = allocator};
}

void iotsig_arena_fini(struct iotsig_arena *arena)
{
    struct iotsig_arena_block *older;
    for (struct iotsig_arena_block *block = arena->blocks; block != NULL; block = older) {
        older = block->older;
        iotsig_memory_free(arena->allocator, block);
    }
    arena->blocks = NULL;
    arena->used = 0;
}

static bool add_block(struct iotsig_arena *arena, size_t size)
{
    size_t room = arena->blocks == NULL ? ARENA_BLOCK_MIN : arena->blocks->size * 2;
    if (room > ARENA_BLOCK_MAX)
        room = ARENA_BLOCK_MAX;
    if (room < size)
        room = size;
    struct iotsig_arena_block *block = iotsig_memory_get(arena->allocator, sizeof *block + room);
    if (block == NULL)
        return false;
    block->older = arena->blocks;
    block->size = room;
    arena->blocks = block;
    arena->used = 0;
    return true;
}

void *iotsig_arena_get(struct iotsig_arena *arena, size_t size)
{
    const size_t align = sizeof(max_align_t);
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + align - 1) / align * align;
    if (arena->blocks == NULL || size > arena->blocks->size - arena->used) {
        if (!add_block(arena, size))
            return NULL;
    }
    char *memory = (char *)arena->blocks->memory + arena->used;
    arena->used += size;
    return memory;
}

char *iotsig_arena_text(struct iotsig_arena *arena, const char *text, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *copy = iotsig_arena_get(arena, n + 1);
    if (copy == NULL)
        return NULL;
    if (n > 0)
        memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

void iotsig_arena_reset(struct iotsig_arena *arena)
{
    struct iotsig_arena_block *keep = arena->blocks;
    if (keep != NULL) {
        arena->blocks = keep->older;
        iotsig_arena_fini(arena);
        keep->older = NULL;
        arena->blocks = keep;
    }
    arena->used = 0;
}
