/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/spells.h"

#include <string.h>

struct spells *iotsig_spells_new(struct iotsig_arena *arena)
{
    struct spells *spells = iotsig_arena_get(arena, sizeof *spells);
    if (spells != NULL)
        *spells = (struct spells){0};
    return spells;
}

/* Room for one more; most features are seen once. */
static bool reserve(struct spells *spells, struct iotsig_arena *arena)
{
    if (spells->count < spells->capacity)
        return true;
    size_t capacity = spells->capacity == 0 ? 1 : 2 * spells->capacity;
    struct iotsig_spell *items = iotsig_arena_get(arena, capacity * sizeof *items);
    if (items == NULL)
        return false;
    if (spells->count > 0)
        memcpy(items, spells->items, spells->count * sizeof *items);
    spells->items = items;
    spells->capacity = capacity;
    return true;
}

/* Times may be at the ends of what 64 bits hold. */
static uint64_t gap(const struct iotsig_spell *one, const struct iotsig_spell *next)
{
    return next->first_ns <= one->last_ns ? 0 : (uint64_t)next->first_ns - (uint64_t)one->last_ns;
}

static void join_nearest(struct spells *spells)
{
    struct iotsig_spell *items = spells->items;
    size_t best = 0;
    for (size_t i = 1; i + 1 < spells->count; i++)
        if (gap(&items[i], &items[i + 1]) < gap(&items[best], &items[best + 1]))
            best = i;
    if (items[best + 1].last_ns > items[best].last_ns)
        items[best].last_ns = items[best + 1].last_ns;
    spells->count--;
    memmove(items + best + 1, items + best + 2, (spells->count - best - 1) * sizeof *items);
}

bool iotsig_spells_add(struct spells *spells, struct iotsig_arena *arena, struct iotsig_spell spell)
{
    size_t at = spells->count;
    while (at > 0 && spells->items[at - 1].first_ns > spell.first_ns)
        at--;
    if (at > 0 && spells->items[at - 1].last_ns >= spell.last_ns)
        return true;
    if (!reserve(spells, arena))
        return false;
    memmove(spells->items + at + 1, spells->items + at,
            (spells->count - at) * sizeof *spells->items);
    spells->items[at] = spell;
    spells->count++;
    if (spells->count > IOTSIG_SPELLS_MAX)
        join_nearest(spells);
    return true;
}

bool iotsig_spells_add_all(struct spells *spells, struct iotsig_arena *arena,
                           const struct spells *from)
{
    bool done = true;
    for (size_t i = 0; i < from->count && done; i++)
        done = iotsig_spells_add(spells, arena, from->items[i]);
    return done;
}
