/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Captures made by hand: of an event, with features in words. */
#ifndef IOTSIG_TESTS_CORPUS_H
#define IOTSIG_TESTS_CORPUS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signature/corpus.h"
#include "unit.h"

static inline struct iotsig_context *new_context(uint64_t seed)
{
    const struct iotsig_settings settings = {.hash_seed = {seed, seed + 1}};
    struct iotsig_context *context;
    assert_int_equal(iotsig_context_new(&context, &settings, NULL), 0);
    return context;
}

static inline struct iotsig_corpus *new_corpus(struct iotsig_context *context)
{
    struct iotsig_corpus *corpus;
    assert_int_equal(iotsig_corpus_new(&corpus, context, NULL), 0);
    return corpus;
}

/* Adds a capture, as iotsig_corpus_add() would: `features` is "family text|family text"; `event`
 * NULL: a foreign one. */
static inline void add_capture(struct iotsig_corpus *corpus, const char *event, const char *name,
                               const char *device, const char *features)
{
    char words[2000];
    struct sample sample = {.event = NO_EVENT};
    struct iotsig_arena *arena = &corpus->arena;
    if (event != NULL)
        sample.event = iotsig_strings_add(&corpus->events, text_of(event));
    sample.origin.name = iotsig_arena_text(arena, name, strlen(name));
    if (device != NULL)
        sample.origin.device = iotsig_arena_text(arena, device, strlen(device));
    assert_true(strlen(features) < sizeof words);
    strcpy(words, features);
    sample.features = iotsig_arena_get(arena, strlen(words) * sizeof *sample.features);
    sample.counts = iotsig_arena_get(arena, strlen(words) * sizeof *sample.counts);
    for (char *word = words, *end; *word != '\0'; word = end) {
        end = word + strcspn(word, "|");
        if (*end != '\0')
            *end++ = '\0';
        char *text = strchr(word, ' ');
        assert_non_null(text);
        *text++ = '\0';
        sample.features[sample.count] = iotsig_vocabulary_add(&corpus->vocabulary, word, text);
        sample.counts[sample.count++] = 1;
    }
    assert_true(iotsig_array_grow(&corpus->context->allocator, &corpus->samples, &corpus->capacity,
                                  corpus->count + 1, sizeof *corpus->samples));
    corpus->samples[corpus->count++] = sample;
}

/* Adds `n` captures that are alike but for their names. */
static inline void add_captures(struct iotsig_corpus *corpus, const char *event, size_t n,
                                const char *features)
{
    for (size_t i = 0; i < n; i++) {
        char name[40];
        snprintf(name, sizeof name, "%03zu", corpus->count);
        add_capture(corpus, event, name, NULL, features);
    }
}

#endif
