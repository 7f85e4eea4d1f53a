/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/index.h"

#include "base/error.h"

#define SECOND INT64_C(1000000000)

#define WINDOW_MIN   (5 * SECOND)
#define PATIENCE_MIN SECOND
#define PATIENCE_MAX (30 * SECOND)

/* Longer captures are believed to be so long: twelve days. */
#define DURATION_MAX (1000000 * SECOND)

/* How many of the first traits are such that without all of them it cannot match. */
static size_t count_anchors(const struct iotsig_learned *learned)
{
    uint64_t rest = learned->weight;
    size_t i = 0;
    for (; i < learned->count && learned->traits[i].role == IOTSIG_MANDATORY; i++) {
        struct iotsig_ratio share = iotsig_ratio_of(rest, learned->weight);
        if (iotsig_ratio_compare(share, learned->options.min_coverage) < 0)
            break;
        rest -= learned->traits[i].weight;
    }
    return i;
}

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
        .anchors = learned->weight > 0 ? count_anchors(learned) : 0,
        .is_plain = plain,
    };
}

static size_t count_mandatory(const struct iotsig_learned *learned)
{
    size_t i = 0;
    while (i < learned->count && learned->traits[i].role == IOTSIG_MANDATORY)
        i++;
    return i;
}

/* How many traits of a signature are in postings, from the first on. */
static size_t count_posted(const struct detect_index *index, size_t i, bool all)
{
    return all ? count_mandatory(index->library->items[i]) : index->times[i].anchors;
}

/* Counts the signatures of each feature, and puts each where its feature's start. */
static bool post(const struct detect_index *index, struct postings *postings, bool all)
{
    const struct iotsig_library *library = index->library;
    size_t total = 0, size = ((size_t)index->features + 1) * sizeof *postings->starts;
    size_t *filled = iotsig_memory_get(index->allocator, size);
    postings->starts = iotsig_memory_get(index->allocator, size);
    if (postings->starts != NULL && filled != NULL) {
        memset(postings->starts, 0, size);
        for (size_t i = 0; i < library->count; i++)
            for (size_t j = 0; j < count_posted(index, i, all); j++, total++)
                postings->starts[library->items[i]->traits[j].feature + 1]++;
        for (size_t i = 0; i < index->features; i++)
            postings->starts[i + 1] += postings->starts[i];
        memcpy(filled, postings->starts, size);
        postings->signatures =
            iotsig_memory_get(index->allocator, (total + 1) * sizeof *postings->signatures);
    }
    for (size_t i = 0; i < library->count && postings->signatures != NULL; i++)
        for (size_t j = 0; j < count_posted(index, i, all); j++)
            postings->signatures[filled[library->items[i]->traits[j].feature]++] = (uint32_t)i;
    iotsig_memory_free(index->allocator, filled);
    return postings->signatures != NULL;
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
    bool done = index->times != NULL && index->slots != NULL && index->shared != NULL;
    if (done) {
        for (uint32_t i = 0; i < features; i++)
            index->slots[i] = (uint8_t)vocabulary_slot(&library->vocabulary, i);
        set_times(index);
        done = post(index, &index->anchors, false) && post(index, &index->mandatory, true);
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
    iotsig_memory_free(index->allocator, index->anchors.signatures);
    iotsig_memory_free(index->allocator, index->mandatory.starts);
    iotsig_memory_free(index->allocator, index->mandatory.signatures);
    iotsig_memory_free(index->allocator, index->shared);
    iotsig_memory_free(index->allocator, index->slots);
}

static uint32_t weight_in(const struct iotsig_learned *learned, uint32_t feature)
{
    size_t i = 0;
    while (learned->traits[i].feature != feature || learned->traits[i].role != IOTSIG_MANDATORY)
        i++;
    return learned->traits[i].weight;
}

/* The weight that each signature shares with one. */
static void find_shared(const struct detect_index *index, uint32_t i)
{
    const struct iotsig_learned *learned = index->library->items[i];
    memset(index->shared, 0, index->library->count * sizeof *index->shared);
    for (size_t j = 0; j < count_mandatory(learned); j++) {
        uint32_t feature = learned->traits[j].feature;
        size_t end = index->mandatory.starts[feature + 1];
        for (size_t k = index->mandatory.starts[feature]; k < end; k++) {
            uint32_t other = index->mandatory.signatures[k];
            index->shared[other] += weight_in(index->library->items[other], feature);
        }
    }
}

bool iotsig_detect_index_has_rival(const struct detect_index *index, uint32_t i)
{
    struct pattern_times *times = &index->times[i];
    if (times->rival != RIVAL_UNKNOWN)
        return times->rival == RIVAL_SOME;
    times->rival = RIVAL_NONE;
    find_shared(index, i);
    for (uint32_t j = 0; j < index->library->count; j++) {
        const struct iotsig_learned *other = index->library->items[j];
        uint64_t shared = index->shared[j] < other->weight ? index->shared[j] : other->weight;
        if (j == i || shared == 0)
            continue;
        struct iotsig_ratio left = iotsig_ratio_of(other->weight - shared, other->weight);
        if (iotsig_ratio_compare(left, other->options.min_coverage) < 0)
            times->rival = RIVAL_SOME;
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
