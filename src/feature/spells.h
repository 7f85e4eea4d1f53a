/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When something was seen, in bounded memory: spells, in the order of their beginnings. Where there
 * would be too many, the two that are nearest to each other become one.
 */
#ifndef IOTSIG_FEATURE_SPELLS_H
#define IOTSIG_FEATURE_SPELLS_H

#include "base/memory.h"
#include "iotsig/feature.h"

struct spells {
    struct iotsig_spell *items; /**< the arena's */
    size_t count, capacity;
};

/** Empty ones; NULL when there is no memory. */
struct spells *iotsig_spells_new(struct iotsig_arena *arena);

/** Adds one; false when there is no memory. */
bool iotsig_spells_add(struct spells *spells, struct iotsig_arena *arena,
                       struct iotsig_spell spell);

/** Adds an instant, unless it is no time. */
static inline bool iotsig_spells_add_time(struct spells *spells, struct iotsig_arena *arena,
                                          struct iotsig_time time)
{
    return time.digits == 0 ||
           iotsig_spells_add(spells, arena, (struct iotsig_spell){time.ns, time.ns});
}

/** Adds all of another. */
bool iotsig_spells_add_all(struct spells *spells, struct iotsig_arena *arena,
                           const struct spells *from);

#endif
