/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features, numbered: each is a family and a text, stored once as "family\0text". */
#ifndef IOTSIG_SIGNATURE_VOCABULARY_H
#define IOTSIG_SIGNATURE_VOCABULARY_H

#include "base/context.h"
#include "base/strings.h"
#include "iotsig/feature.h"

/** The longest family and text together. */
#define WORD_MAX 1200

struct vocabulary {
    struct iotsig_strings words;
};

void iotsig_vocabulary_init(struct vocabulary *vocabulary, const struct iotsig_context *context);
void iotsig_vocabulary_fini(struct vocabulary *vocabulary);

/** The number of a feature, added when it is new; IOTSIG_NO_STRING: no memory, or it is too long.
 */
uint32_t iotsig_vocabulary_add(struct vocabulary *vocabulary, const char *family, const char *text);

/** The number of a feature; IOTSIG_NO_STRING when it is not there. */
uint32_t iotsig_vocabulary_find(const struct vocabulary *vocabulary, const char *family,
                                const char *text);

static inline const char *vocabulary_family(const struct vocabulary *vocabulary, uint32_t word)
{
    return vocabulary->words.items[word].p;
}

static inline const char *vocabulary_text(const struct vocabulary *vocabulary, uint32_t word)
{
    const char *family = vocabulary_family(vocabulary, word);
    return family + strlen(family) + 1;
}

/** As iotsig_feature_slot(). */
static inline unsigned vocabulary_slot(const struct vocabulary *vocabulary, uint32_t word)
{
    return iotsig_feature_slot(vocabulary_family(vocabulary, word),
                               vocabulary_text(vocabulary, word));
}

/** By family, then by text, bytewise. */
int iotsig_vocabulary_compare(const struct vocabulary *vocabulary, uint32_t a, uint32_t b);

#endif
