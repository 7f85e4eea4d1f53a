/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/index.h"

#include <stdlib.h>

#include "base/error.h"

#define SECOND INT64_C(1000000000)

#define WINDOW_MIN   (5 * SECOND)
#define PATIENCE_MIN SECOND
#define PATIENCE_MAX (30 * SECOND)

/* Longer captures are believed to be so long: twelve days. */
#define DURATION_MAX (1000000 * SECOND)

static struct pattern_times times_of(const struct iotsig_learned *learned)
{
    int64_t duration = learned->duration_ns > 0 ? learned->duration_ns : 0;
    if (duration > DURATION_MAX)
        duration = DURATION_MAX;
    int64_t window = duration + duration / 2, patience = duration / 4;
    bool plain = learned->slots == 0;
    for (size_t i = 0; i < learned->count; i++)
        plain &= learned->traits[i].role != IOTSIG_FORBIDDEN;
    return (struct pattern_times){
        .window = window > WINDOW_MIN ? window : WINDOW_MIN,
        .patience = patience < PATIENCE_MIN   ? PATIENCE_MIN
                    : patience > PATIENCE_MAX ? PATIENCE_MAX
                                              : patience,
        .anchors = iotsig_learned_anchors(learned),
        .is_plain = plain,
    };
}

/* Whether a trait is an anchor, or else whether it tells anything: optional ones are names only. */
static bool is_posted(const struct detect_index *index, size_t i, size_t j, bool anchors)
{
    const struct trait *trait = &index->library->items[i]->traits[j];
    return anchors ? j < index->times[i].anchors
                   : trait->role != IOTSIG_OPTIONAL || index->slots[trait->feature] > 0;
}

/* Counts the shares of each feature, and puts each where its feature's start. */
static bool post(const struct detect_index *index, struct shares *shares, const uint32_t *order,
                 bool anchors)
{
    const struct iotsig_library *library = index->library;
    size_t total = 0, size = ((size_t)index->features + 1) * sizeof *shares->starts;
    size_t *filled = iotsig_memory_get(index->allocator, size);
    shares->starts = iotsig_memory_get(index->allocator, size);
    if (shares->starts != NULL && filled != NULL) {
        memset(shares->starts, 0, size);
        for (size_t i = 0; i < library->count; i++)
            for (size_t j = 0; j < library->items[i]->count; j++)
                if (is_posted(index, i, j, anchors))
                    shares->starts[library->items[i]->traits[j].feature + 1]++, total++;
        for (size_t i = 0; i < index->features; i++)
            shares->starts[i + 1] += shares->starts[i];
        memcpy(filled, shares->starts, size);
        shares->items = iotsig_memory_get(index->allocator, (total + 1) * sizeof *shares->items);
    }
    for (size_t n = 0; n < library->count && shares->items != NULL; n++) {
        const struct iotsig_learned *learned = library->items[order[n]];
        for (size_t j = 0; j < learned->count; j++)
            if (is_posted(index, order[n], j, anchors))
                shares->items[filled[learned->traits[j].feature]++] =
                    (struct share){order[n], (uint32_t)j};
    }
    iotsig_memory_free(index->allocator, filled);
    return shares->items != NULL;
}

/* A signature, to be sorted. */
struct ordered {
    int64_t window;
    uint32_t signature;
};

static int by_window(const void *one, const void *other)
{
    const struct ordered *a = one, *b = other;
    if (a->window != b->window)
        return a->window < b->window ? -1 : 1;
    return (a->signature > b->signature) - (a->signature < b->signature);
}

/* Posts all, by window. */
static bool post_all(struct detect_index *index)
{
    size_t count = index->library->count;
    struct ordered *ordered = iotsig_memory_get(index->allocator, (count + 1) * sizeof *ordered);
    uint32_t *order = iotsig_memory_get(index->allocator, (count + 1) * sizeof *order);
    bool done = ordered != NULL && order != NULL;
    if (done) {
        for (uint32_t i = 0; i < count; i++)
            ordered[i] = (struct ordered){index->times[i].window, i};
        qsort(ordered, count, sizeof *ordered, by_window);
        for (size_t i = 0; i < count; i++)
            order[i] = ordered[i].signature;
        done =
            post(index, &index->anchors, order, true) && post(index, &index->shares, order, false);
    }
    iotsig_memory_free(index->allocator, ordered);
    iotsig_memory_free(index->allocator, order);
    return done;
}

static void set_times(struct detect_index *index)
{
    index->shortest = index->longest = WINDOW_MIN;
    for (size_t i = 0; i < index->library->count; i++) {
        index->times[i] = times_of(index->library->items[i]);
        int64_t window = index->times[i].window;
        index->shortest = i == 0 || window < index->shortest ? window : index->shortest;
        index->longest = window > index->longest ? window : index->longest;
    }
}

int iotsig_detect_index_init(struct detect_index *index, struct iotsig_context *context,
                             const struct iotsig_library *library, struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &context->allocator;
    uint32_t features = library->vocabulary.words.count;
    *index =
        (struct detect_index){.library = library, .allocator = allocator, .features = features};
    index->times = iotsig_memory_get(allocator, (library->count + 1) * sizeof *index->times);
    index->slots = iotsig_memory_get(allocator, (size_t)features + 1);
    index->shared = iotsig_memory_get(allocator, (library->count + 1) * sizeof *index->shared);
    index->marks = iotsig_memory_get(allocator, (size_t)features + 1);
    bool done = index->times != NULL && index->slots != NULL && index->shared != NULL &&
                index->marks != NULL;
    if (done) {
        memset(index->shared, 0, (library->count + 1) * sizeof *index->shared);
        memset(index->marks, 0, (size_t)features + 1);
        for (uint32_t i = 0; i < features; i++)
            index->slots[i] = (uint8_t)vocabulary_slot(&library->vocabulary, i);
        set_times(index);
        done = post_all(index);
    }
    if (done)
        return 0;
    iotsig_detect_index_fini(index);
    return iotsig_fail_memory(error);
}

void iotsig_detect_index_fini(struct detect_index *index)
{
    iotsig_memory_free(index->allocator, index->times);
    iotsig_memory_free(index->allocator, index->anchors.starts);
    iotsig_memory_free(index->allocator, index->anchors.items);
    iotsig_memory_free(index->allocator, index->shares.starts);
    iotsig_memory_free(index->allocator, index->shares.items);
    iotsig_memory_free(index->allocator, index->shared);
    iotsig_memory_free(index->allocator, index->marks);
    iotsig_memory_free(index->allocator, index->slots);
}

/* Whether a signature cannot match any more without a weight of its own. */
static bool is_lost(const struct iotsig_learned *learned, uint64_t weight)
{
    uint64_t shared = weight < learned->weight ? weight : learned->weight;
    if (shared == 0)
        return false;
    struct iotsig_ratio left = iotsig_ratio_of(learned->weight - shared, learned->weight);
    return iotsig_ratio_compare(left, learned->options.min_coverage) < 0;
}

/* Adds up, for each signature, the weights of the mandatory features that it shares with one, until
 * one of them is lost without these: answers that; or clears the sums. */
static bool share_out(const struct detect_index *index, uint32_t i, bool clear)
{
    const struct iotsig_learned *learned = index->library->items[i];
    for (size_t j = 0; j < learned->count && learned->traits[j].role == IOTSIG_MANDATORY; j++) {
        uint32_t feature = learned->traits[j].feature;
        for (size_t k = index->shares.starts[feature]; k < index->shares.starts[feature + 1]; k++) {
            struct share share = index->shares.items[k];
            const struct iotsig_learned *other = index->library->items[share.signature];
            const struct trait *trait = &other->traits[share.trait];
            uint64_t *shared = &index->shared[share.signature];
            if (share.signature == i || trait->role != IOTSIG_MANDATORY)
                continue;
            *shared = clear ? 0 : *shared + trait->weight;
            if (!clear && is_lost(other, *shared))
                return true;
        }
    }
    return false;
}

bool iotsig_detect_index_has_rival(const struct detect_index *index, uint32_t i)
{
    struct pattern_times *times = &index->times[i];
    if (times->rival == RIVAL_UNKNOWN) {
        times->rival = share_out(index, i, false) ? RIVAL_SOME : RIVAL_NONE;
        share_out(index, i, true);
    }
    return times->rival == RIVAL_SOME;
}

uint32_t iotsig_detect_index_number(const struct detect_index *index, const char *family,
                                    const char *text)
{
    uint32_t feature = iotsig_vocabulary_find(&index->library->vocabulary, family, text);
    if (feature != IOTSIG_NO_STRING)
        return feature;
    unsigned slot = iotsig_feature_slot(family, text);
    return slot > 0 ? index_of_slot(index, slot) : IOTSIG_NO_STRING;
}
