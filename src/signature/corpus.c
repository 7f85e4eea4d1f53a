/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature/corpus.h"

#include "base/error.h"
#include "signature/library.h"

int iotsig_event_check(const char *event, struct iotsig_error *error)
{
    enum { BYTES_MAX = 200 }; /* with an ending, and what a temporary name adds, below 255 */
    struct bytes rest = {(const uint8_t *)event, strlen(event)};
    bool good = rest.n > 0 && rest.n <= BYTES_MAX && event[0] != '.';
    while (good && rest.n > 0) {
        size_t n = iotsig_utf8_length(rest);
        bool control = (n == 1 && !is_printable(rest.p[0])) ||
                       (n == 2 && rest.p[0] == 0xc2 && rest.p[1] < 0xa0);
        good = n > 0 && !control && rest.p[0] != '/';
        rest = (struct bytes){rest.p + n, rest.n - n};
    }
    if (good)
        return 0;
    iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                "cannot be the name of an event (use UTF-8 without control characters)");
    return iotsig_fail_in(error, IOTSIG_ERR_ARGUMENT, event);
}

int iotsig_corpus_new(struct iotsig_corpus **out, struct iotsig_context *context,
                      struct iotsig_error *error)
{
    struct iotsig_corpus *corpus = iotsig_memory_get(&context->allocator, sizeof *corpus);
    if (corpus == NULL)
        return iotsig_fail_memory(error);
    *corpus = (struct iotsig_corpus){.context = context};
    iotsig_arena_init(&corpus->arena, &context->allocator);
    iotsig_vocabulary_init(&corpus->vocabulary, context);
    iotsig_strings_init(&corpus->events, &context->allocator, context->hash_key);
    *out = corpus;
    return 0;
}

void iotsig_corpus_free(struct iotsig_corpus *corpus)
{
    if (corpus == NULL)
        return;
    const struct iotsig_allocator *allocator = &corpus->context->allocator;
    iotsig_memory_free(allocator, corpus->samples);
    iotsig_strings_fini(&corpus->events);
    iotsig_vocabulary_fini(&corpus->vocabulary);
    iotsig_arena_fini(&corpus->arena);
    iotsig_memory_free(allocator, corpus);
}

static bool copy_origin(struct iotsig_arena *arena, const struct iotsig_origin *origin,
                        struct iotsig_origin *copy)
{
    *copy = *origin;
    copy->name = iotsig_arena_string(arena, origin->name);
    copy->device = iotsig_arena_string(arena, origin->device);
    copy->left_out = NULL;
    return copy->name != NULL && (origin->device == NULL || copy->device != NULL);
}

static bool copy_features(struct iotsig_corpus *corpus, const struct iotsig_features *features,
                          struct sample *sample)
{
    struct iotsig_feature feature;
    sample->count = iotsig_features_count(features);
    sample->features = iotsig_arena_get(&corpus->arena, sample->count * sizeof *sample->features);
    sample->counts = iotsig_arena_get(&corpus->arena, sample->count * sizeof *sample->counts);
    if (sample->features == NULL || sample->counts == NULL)
        return false;
    for (size_t i = 0; i < sample->count; i++) {
        iotsig_features_get(features, i, &feature);
        sample->features[i] =
            iotsig_vocabulary_add(&corpus->vocabulary, feature.family, feature.text);
        sample->counts[i] = feature.count;
        if (sample->features[i] == IOTSIG_NO_STRING)
            return false;
    }
    return true;
}

int iotsig_corpus_add(struct iotsig_corpus *corpus, const char *event,
                      const struct iotsig_features *features, const struct iotsig_origin *origin,
                      struct iotsig_error *error)
{
    struct sample sample = {.event = NO_EVENT};
    if (event != NULL) {
        int status = iotsig_event_check(event, error);
        if (status != 0)
            return status;
        sample.event = iotsig_strings_add(&corpus->events, text_of(event));
        if (sample.event == IOTSIG_NO_STRING)
            return iotsig_fail_memory(error);
    }
    if (!copy_features(corpus, features, &sample) ||
        !copy_origin(&corpus->arena, origin, &sample.origin) ||
        !iotsig_array_grow(&corpus->context->allocator, &corpus->samples, &corpus->capacity,
                           corpus->count + 1, sizeof *corpus->samples))
        return iotsig_fail_memory(error);
    corpus->samples[corpus->count++] = sample;
    return 0;
}

size_t iotsig_corpus_count(const struct iotsig_corpus *corpus)
{
    return corpus->count;
}

const char *iotsig_corpus_event(const struct iotsig_corpus *corpus, size_t i)
{
    uint32_t event = corpus->samples[i].event;
    return event == NO_EVENT ? NULL : corpus->events.items[event].p;
}

void iotsig_corpus_origin(const struct iotsig_corpus *corpus, size_t i,
                          struct iotsig_origin *origin)
{
    *origin = corpus->samples[i].origin;
}

size_t iotsig_corpus_features(const struct iotsig_corpus *corpus, size_t i)
{
    return corpus->samples[i].count;
}
