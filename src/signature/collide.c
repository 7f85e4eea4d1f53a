/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures of a library that match what another one describes. */
#include <stdlib.h>

#include "base/error.h"
#include "signature/library.h"

/* How a feature is in what a signature describes. */
enum part { NO_PART, PART_OPTIONAL, PART_MANDATORY };

struct index {
    size_t *starts;       /* of each feature, where the signatures start that it is an anchor of */
    uint32_t *signatures; /* those */
    uint8_t *parts;       /* by feature, of one signature at a time */
    bool *is_met;
    uint32_t *met; /* signatures that may match what this one describes */
};

static bool make_index(const struct iotsig_library *library, struct iotsig_arena *arena,
                       struct index *index)
{
    size_t features = library->vocabulary.words.count, anchors = 0, count = library->count + 1;
    for (size_t i = 0; i < library->count; i++)
        anchors += iotsig_learned_anchors(library->items[i]);
    index->starts = iotsig_arena_get(arena, (features + 2) * sizeof *index->starts);
    index->signatures = iotsig_arena_get(arena, (anchors + 1) * sizeof *index->signatures);
    index->parts = iotsig_arena_get(arena, features + 1);
    index->is_met = iotsig_arena_get(arena, count * sizeof *index->is_met);
    index->met = iotsig_arena_get(arena, count * sizeof *index->met);
    if (index->starts == NULL || index->signatures == NULL || index->parts == NULL ||
        index->is_met == NULL || index->met == NULL)
        return false;
    memset(index->parts, NO_PART, features + 1);
    memset(index->is_met, 0, count * sizeof *index->is_met);
    /* Counting, two places ahead: filling moves each start to where the next one begins. */
    memset(index->starts, 0, (features + 2) * sizeof *index->starts);
    for (size_t i = 0; i < library->count; i++)
        for (size_t j = 0; j < iotsig_learned_anchors(library->items[i]); j++)
            index->starts[library->items[i]->traits[j].feature + 2]++;
    for (size_t i = 2; i < features + 2; i++)
        index->starts[i] += index->starts[i - 1];
    for (size_t i = 0; i < library->count; i++)
        for (size_t j = 0; j < iotsig_learned_anchors(library->items[i]); j++)
            index->signatures[index->starts[library->items[i]->traits[j].feature + 1]++] =
                (uint32_t)i;
    return true;
}

static int by_number(const void *one, const void *other)
{
    const uint32_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

/* Notes what a signature describes; answers how many may match that, in their order. */
static size_t describe(const struct index *index, const struct iotsig_learned *learned)
{
    size_t n = 0;
    for (size_t i = 0; i < learned->count; i++) {
        const struct trait *trait = &learned->traits[i];
        if (trait->role == IOTSIG_FORBIDDEN)
            continue;
        index->parts[trait->feature] =
            trait->role == IOTSIG_MANDATORY ? PART_MANDATORY : PART_OPTIONAL;
        for (size_t j = index->starts[trait->feature]; j < index->starts[trait->feature + 1]; j++) {
            uint32_t other = index->signatures[j];
            if (!index->is_met[other])
                index->met[n++] = other;
            index->is_met[other] = true;
        }
    }
    for (size_t i = 0; i < n; i++)
        index->is_met[index->met[i]] = false;
    if (n > 0)
        qsort(index->met, n, sizeof *index->met, by_number);
    return n;
}

static void forget(const struct index *index, const struct iotsig_learned *learned)
{
    for (size_t i = 0; i < learned->count; i++)
        index->parts[learned->traits[i].feature] = NO_PART;
}

/* What a signature finds of what is described. */
static uint64_t find_covered(const struct index *index, const struct iotsig_learned *learned,
                             bool optional, bool *forbidden)
{
    uint64_t covered = 0;
    *forbidden = false;
    for (size_t i = 0; i < learned->count; i++) {
        const struct trait *trait = &learned->traits[i];
        enum part part = index->parts[trait->feature];
        if (trait->role == IOTSIG_MANDATORY &&
            (part == PART_MANDATORY || (optional && part == PART_OPTIONAL)))
            covered += trait->weight;
        /* What is optional may be absent, and then does not keep anything away. */
        *forbidden |= trait->role == IOTSIG_FORBIDDEN && part == PART_MANDATORY;
    }
    return covered;
}

/* Whether a signature requires a name that the device would have otherwise by another one. */
static bool is_called_otherwise(const struct iotsig_learned *features,
                                const struct iotsig_learned *learned)
{
    struct iotsig_trait trait;
    for (size_t i = 0; (features->slots & learned->slots) != 0 && i < features->count; i++) {
        iotsig_learned_trait(features, i, &trait);
        if (trait.role == IOTSIG_MANDATORY &&
            iotsig_learned_contradicts(learned, trait.family, trait.text))
            return true;
    }
    return false;
}

static bool would_match(const struct index *index, const struct iotsig_learned *features,
                        const struct iotsig_learned *learned, bool optional,
                        struct iotsig_ratio *coverage)
{
    bool forbidden;
    uint64_t covered = find_covered(index, learned, optional, &forbidden);
    if (learned->weight == 0 || forbidden || is_called_otherwise(features, learned))
        return false;
    *coverage = iotsig_ratio_of(covered, learned->weight);
    return iotsig_ratio_compare(*coverage, learned->options.min_coverage) >= 0;
}

static int collide(const struct iotsig_library *library, const struct index *index, bool *always,
                   int (*found)(void *user, const struct iotsig_collision *collision), void *user)
{
    int status = 0;
    for (size_t i = 0; i < library->count && status == 0; i++) {
        const struct iotsig_learned *features = library->items[i];
        size_t met = describe(index, features);
        for (int optional = 0; optional < 2; optional++) {
            for (size_t k = 0; k < met && status == 0; k++) {
                uint32_t j = index->met[k];
                struct iotsig_collision collision = {features, library->items[j], !optional,
                                                     RATIO_ZERO};
                bool matches =
                    would_match(index, features, library->items[j], optional, &collision.coverage);
                if (i != j && matches && !(optional && always[j]))
                    status = found(user, &collision);
                always[j] = !optional && matches;
            }
        }
        forget(index, features);
    }
    return status;
}

int iotsig_library_collide(const struct iotsig_library *library, struct iotsig_context *context,
                           int (*found)(void *user, const struct iotsig_collision *collision),
                           void *user, struct iotsig_error *error)
{
    struct index index;
    struct iotsig_arena arena;
    iotsig_arena_init(&arena, &context->allocator);
    bool *always = iotsig_arena_get(&arena, (library->count + 1) * sizeof *always);
    int status = always != NULL && make_index(library, &arena, &index)
                     ? collide(library, &index, always, found, user)
                     : iotsig_fail_memory(error);
    iotsig_arena_fini(&arena);
    return status;
}
