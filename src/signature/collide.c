/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures of a library that match what another one describes. */
#include "base/error.h"
#include "signature/library.h"

/* Where a feature is in signatures. */
struct posting {
    size_t signature;
    const struct trait *trait;
};

struct index {
    size_t *starts; /* of each feature's postings, and the end */
    struct posting *postings;
    uint64_t *covered; /* of each signature, for one that is tried */
    bool *forbidden;
};

static bool make_index(const struct iotsig_library *library, struct iotsig_arena *arena,
                       struct index *index)
{
    size_t features = library->vocabulary.words.count, traits = 0;
    for (size_t i = 0; i < library->count; i++)
        traits += library->items[i]->count;
    index->starts = iotsig_arena_get(arena, (features + 2) * sizeof *index->starts);
    index->postings = iotsig_arena_get(arena, (traits + 1) * sizeof *index->postings);
    index->covered = iotsig_arena_get(arena, (library->count + 1) * sizeof *index->covered);
    index->forbidden = iotsig_arena_get(arena, (library->count + 1) * sizeof *index->forbidden);
    if (index->starts == NULL || index->postings == NULL || index->covered == NULL ||
        index->forbidden == NULL)
        return false;
    /* Counting, two places ahead: filling moves each start to where the next one begins. */
    memset(index->starts, 0, (features + 2) * sizeof *index->starts);
    for (size_t i = 0; i < library->count; i++)
        for (size_t j = 0; j < library->items[i]->count; j++)
            index->starts[library->items[i]->traits[j].feature + 2]++;
    for (size_t i = 2; i < features + 2; i++)
        index->starts[i] += index->starts[i - 1];
    for (size_t i = 0; i < library->count; i++)
        for (size_t j = 0; j < library->items[i]->count; j++) {
            const struct trait *trait = &library->items[i]->traits[j];
            index->postings[index->starts[trait->feature + 1]++] = (struct posting){i, trait};
        }
    return true;
}

/* Adds up what signatures find in what a signature describes. */
static void try_signature(const struct iotsig_library *library, struct index *index,
                          const struct iotsig_learned *learned, bool optional)
{
    memset(index->covered, 0, library->count * sizeof *index->covered);
    memset(index->forbidden, 0, library->count * sizeof *index->forbidden);
    for (size_t i = 0; i < learned->count; i++) {
        const struct trait *trait = &learned->traits[i];
        if (trait->role != IOTSIG_MANDATORY && !(optional && trait->role == IOTSIG_OPTIONAL))
            continue;
        for (size_t j = index->starts[trait->feature]; j < index->starts[trait->feature + 1]; j++) {
            const struct posting *posting = &index->postings[j];
            if (posting->trait->role == IOTSIG_MANDATORY)
                index->covered[posting->signature] += posting->trait->weight;
            /* What is optional may be absent, and then does not keep anything away. */
            else if (posting->trait->role == IOTSIG_FORBIDDEN && trait->role == IOTSIG_MANDATORY)
                index->forbidden[posting->signature] = true;
        }
    }
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

static bool would_match(const struct iotsig_library *library, const struct index *index,
                        const struct iotsig_learned *features, size_t i,
                        struct iotsig_ratio *coverage)
{
    const struct iotsig_learned *learned = library->items[i];
    if (learned->weight == 0 || index->forbidden[i] || is_called_otherwise(features, learned))
        return false;
    *coverage = iotsig_ratio_of(index->covered[i], learned->weight);
    return iotsig_ratio_compare(*coverage, learned->options.min_coverage) >= 0;
}

static int collide(const struct iotsig_library *library, struct index *index, bool *always,
                   int (*found)(void *user, const struct iotsig_collision *collision), void *user)
{
    int status = 0;
    for (size_t i = 0; i < library->count && status == 0; i++) {
        for (int optional = 0; optional < 2 && status == 0; optional++) {
            try_signature(library, index, library->items[i], optional);
            for (size_t j = 0; j < library->count && status == 0; j++) {
                struct iotsig_collision collision = {library->items[i], library->items[j],
                                                     !optional, RATIO_ZERO};
                bool matches =
                    would_match(library, index, library->items[i], j, &collision.coverage);
                if (i != j && matches && !(optional && always[j]))
                    status = found(user, &collision);
                always[j] = !optional && matches;
            }
        }
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
