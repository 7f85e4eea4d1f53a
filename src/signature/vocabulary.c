/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature/vocabulary.h"

void iotsig_vocabulary_init(struct vocabulary *vocabulary, const struct iotsig_context *context)
{
    iotsig_strings_init(&vocabulary->words, &context->allocator, context->hash_key);
}

void iotsig_vocabulary_fini(struct vocabulary *vocabulary)
{
    iotsig_strings_fini(&vocabulary->words);
}

/* The key of a feature; its length 0: it is too long. */
static struct text key_of(char room[WORD_MAX], const char *family, const char *text)
{
    size_t first = strlen(family) + 1, second = strlen(text);
    if (first > WORD_MAX || second > WORD_MAX - first)
        return (struct text){room, 0};
    memcpy(room, family, first);
    memcpy(room + first, text, second);
    return (struct text){room, first + second};
}

uint32_t iotsig_vocabulary_add(struct vocabulary *vocabulary, const char *family, const char *text)
{
    char room[WORD_MAX];
    struct text key = key_of(room, family, text);
    return key.n == 0 ? IOTSIG_NO_STRING : iotsig_strings_add(&vocabulary->words, key);
}

uint32_t iotsig_vocabulary_find(const struct vocabulary *vocabulary, const char *family,
                                const char *text)
{
    char room[WORD_MAX];
    struct text key = key_of(room, family, text);
    const uint64_t *number =
        key.n == 0 ? NULL : iotsig_map_get(&vocabulary->words.map, key.p, key.n);
    return number == NULL ? IOTSIG_NO_STRING : (uint32_t)*number;
}

int iotsig_vocabulary_compare(const struct vocabulary *vocabulary, uint32_t a, uint32_t b)
{
    struct text one = vocabulary->words.items[a], other = vocabulary->words.items[b];
    int by_bytes = memcmp(one.p, other.p, one.n < other.n ? one.n : other.n);
    return by_bytes != 0 ? by_bytes : (one.n > other.n) - (one.n < other.n);
}
