/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Captures of known events, each as the set of its features. */
#ifndef IOTSIG_SIGNATURE_CORPUS_H
#define IOTSIG_SIGNATURE_CORPUS_H

#include "iotsig/learn.h"
#include "signature/vocabulary.h"

/** The event of a foreign capture. */
#define NO_EVENT UINT32_MAX

struct sample {
    uint32_t event;     /**< of the corpus's events, or NO_EVENT */
    uint32_t *features; /**< of its vocabulary */
    uint64_t *counts;   /**< how often each was seen */
    size_t count;
    struct iotsig_origin origin;
};

struct iotsig_corpus {
    struct iotsig_context *context;
    struct iotsig_arena arena; /**< of samples and their texts */
    struct vocabulary vocabulary;
    struct iotsig_strings events;
    struct sample *samples;
    size_t count, capacity;
};

#endif
