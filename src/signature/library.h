/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Libraries of learned signatures, as they are in memory, and how they are put together. */
#ifndef IOTSIG_SIGNATURE_LIBRARY_H
#define IOTSIG_SIGNATURE_LIBRARY_H

#include "base/ratio.h"
#include "iotsig/learn.h"
#include "signature/vocabulary.h"

struct trait {
    uint32_t feature; /**< of the library's vocabulary */
    enum iotsig_role role;
    uint32_t weight;
    uint64_t support, least, most;
};

struct texts {
    const char **items;
    size_t count, capacity;
};

struct iotsig_learned {
    struct iotsig_library *library;
    const char *event;
    uint64_t captures;
    struct iotsig_learn_options options;
    struct trait *traits;
    size_t count, capacity;
    uint64_t weight; /**< of all mandatory traits */
    unsigned slots;  /**< in which it has a mandatory trait: bit i for slot i */
    struct iotsig_origin *origins;
    size_t origin_count, origin_capacity;
    uint64_t against_events, against_captures;
    int64_t duration_ns;
    struct texts group, warnings;
};

struct iotsig_library {
    struct iotsig_context *context;
    struct iotsig_arena arena; /**< of signatures and texts */
    struct vocabulary vocabulary;
    struct iotsig_learned **items; /**< in the order of their events' names */
    size_t count, capacity;
};

/**
 * Adds the signature of an event, which must not have one yet: without traits, with these options.
 * NULL when there is no memory. All of these copy what they are given; false: no memory.
 */
struct iotsig_learned *iotsig_library_add(struct iotsig_library *library, const char *event,
                                          const struct iotsig_learn_options *options);
/** Takes out a signature that could not be completed. */
void iotsig_library_remove(struct iotsig_library *library, const struct iotsig_learned *learned);

bool iotsig_learned_add_trait(struct iotsig_learned *learned, const struct iotsig_trait *trait);
bool iotsig_learned_add_origin(struct iotsig_learned *learned, const struct iotsig_origin *origin);
bool iotsig_learned_add_akin(struct iotsig_learned *learned, const char *event);
bool iotsig_learned_add_warning(struct iotsig_learned *learned, const char *warning);

/** Whether it was learned from a device, by its address. */
bool iotsig_learned_knows(const struct iotsig_learned *learned, const char *device);

/** Puts traits into their order; forbidden ones stay last, in theirs. False: no memory. */
bool iotsig_learned_sort(struct iotsig_learned *learned);

/**
 * How many of its traits, which are sorted, are its *anchors*: nothing matches that has none of the
 * heaviest features, as without them the rest is less than its least coverage. Only by these a
 * signature needs to be found (prefix filtering: Chaudhuri et al., "A Primitive Operator for
 * Similarity Joins in Data Cleaning", 2006).
 */
size_t iotsig_learned_anchors(const struct iotsig_learned *learned);

/** Copies a text into an arena's memory; NULL stays NULL, and is the answer when there is none. */
const char *iotsig_arena_string(struct iotsig_arena *arena, const char *string);

#endif
