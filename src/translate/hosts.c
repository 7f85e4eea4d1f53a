/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host words: what `gateway`, `local`, `mdns` stand for, in a home and by standard. */
#include "translate/range.h"

#define SELF     "self"
#define EXTERNAL "external"

/* Those that are the same everywhere, or have a usual value; NULL: a home must say. */
static const struct standard_word {
    const char *word;
    uint8_t family;
    const char *networks[2];
} standard_words[] = {
    {SELF, 4, {NULL, NULL}},
    {SELF, 6, {NULL, NULL}},
    {EXTERNAL, 4, {NULL, NULL}},
    {EXTERNAL, 6, {NULL, NULL}},
    {"local", 4, {"192.168.0.0/16", NULL}},
    {"local", 6, {"fe80::/10", "fc00::/7"}},
    {"gateway", 4, {NULL, NULL}},
    {"gateway", 6, {NULL, NULL}},
    {"gateway-local", 6, {NULL, NULL}},
    {"phone", 4, {NULL, NULL}},
    {"phone", 6, {NULL, NULL}},
    {"broadcast", 4, {"255.255.255.255", NULL}},
    {"udp-broadcast", 4, {NULL, NULL}},
    {"igmpv3", 4, {"224.0.0.22", NULL}},
    {"all", 4, {"224.0.0.2", NULL}},
    {"mdns", 4, {"224.0.0.251", NULL}},
    {"mdns", 6, {"ff02::fb", NULL}},
    {"ssdp", 4, {"239.255.255.250", NULL}},
    {"coap", 4, {"224.0.1.187", NULL}},
    {"coap", 6, {"ff02::158", NULL}},
    {"default", 6, {"::", NULL}},
    {"multicast", 6, {"ff02::/16", NULL}},
    {"all-nodes", 6, {"ff02::1", NULL}},
    {"all-routers", 6, {"ff02::2", NULL}},
    {"all-mldv2-routers", 6, {"ff02::16", NULL}},
};

#define STANDARD_WORDS (sizeof standard_words / sizeof *standard_words)

bool iotsig_is_host_word(const char *text)
{
    for (size_t i = 0; i < STANDARD_WORDS; i++)
        if (strcmp(standard_words[i].word, text) == 0)
            return true;
    return false;
}

static struct host_word *find_word(const struct profile *profile, const char *word)
{
    for (size_t i = 0; i < profile->word_count; i++)
        if (strcmp(profile->words[i].word, word) == 0)
            return &profile->words[i];
    return NULL;
}

const struct host_word *iotsig_host_defined(const struct profile *profile, const char *word)
{
    return find_word(profile, word);
}

/* Letters, digits and hyphens: no name with a dot, so that none is hidden by a word. */
static bool is_word(const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n <= 63 && word[n] == '\0' && word[0] != '-' && strcmp(word, SELF) != 0 &&
           strcmp(word, EXTERNAL) != 0;
}

static struct host_word *add_word(struct profile *profile, const char *word)
{
    struct host_word *known = find_word(profile, word);
    struct iotsig_profiles *list = profile->list;
    if (known != NULL)
        return known;
    char *copy = iotsig_arena_text(&list->arena, word, strlen(word));
    if (copy == NULL ||
        !iotsig_array_grow(&list->context->allocator, &profile->words, &profile->word_capacity,
                           profile->word_count + 1, sizeof *profile->words))
        return NULL;
    known = &profile->words[profile->word_count++];
    *known = (struct host_word){.word = copy};
    return known;
}

static int add_range(struct profile *profile, const char *word, const struct address_range *range)
{
    struct host_word *known = add_word(profile, word);
    size_t family = range->low.version == 4 ? 0 : 1;
    if (known == NULL)
        return IOTSIG_ERR_MEMORY;
    if (known->family[family].settled)
        return 0;
    if (!iotsig_array_grow(&profile->list->context->allocator, &known->family[family].ranges,
                           &known->family[family].capacity, known->family[family].count + 1,
                           sizeof *range))
        return IOTSIG_ERR_MEMORY;
    known->family[family].ranges[known->family[family].count++] = *range;
    return 0;
}

static int set_mac(struct profile *profile, const char *word, uint64_t mac)
{
    struct host_word *known = add_word(profile, word);
    if (known == NULL)
        return IOTSIG_ERR_MEMORY;
    if (!known->mac_settled)
        known->mac = mac;
    known->has_mac = true;
    return 0;
}

int iotsig_host_define(struct profile *profile, const char *word, const char *value)
{
    struct address_range range;
    uint64_t mac;
    if (!is_word(word))
        return IOTSIG_ERR_ARGUMENT;
    if (iotsig_mac_parse(value, &mac))
        return set_mac(profile, word, mac);
    if (iotsig_range_parse(value, &range))
        return add_range(profile, word, &range);
    return IOTSIG_ERR_ARGUMENT;
}

int iotsig_host_declare(struct profile *profile, const char *word)
{
    if (!is_word(word))
        return IOTSIG_ERR_ARGUMENT;
    return add_word(profile, word) == NULL ? IOTSIG_ERR_MEMORY : 0;
}

void iotsig_hosts_settle(struct profile *profile)
{
    for (size_t i = 0; i < profile->word_count; i++) {
        struct host_word *word = &profile->words[i];
        for (size_t family = 0; family < 2; family++)
            word->family[family].settled = word->family[family].count > 0;
        word->mac_settled = word->has_mac;
    }
}

void iotsig_hosts_free(struct profile *profile)
{
    const struct iotsig_allocator *allocator = &profile->list->context->allocator;
    for (size_t i = 0; i < profile->word_count; i++)
        for (size_t family = 0; family < 2; family++)
            iotsig_memory_free(allocator, profile->words[i].family[family].ranges);
    iotsig_memory_free(allocator, profile->words);
}

/* The device's own address; false: it has none of this family. */
static bool own_range(const struct profile *profile, uint8_t family, struct address_range *range)
{
    const char *own = family == 4 ? profile->device.ipv4 : profile->device.ipv6;
    return own != NULL && iotsig_range_parse(own, range);
}

static bool add_standard(const struct standard_word *word, struct ranges *to)
{
    struct address_range range;
    for (size_t i = 0; i < 2 && word->networks[i] != NULL; i++)
        if (!iotsig_range_parse(word->networks[i], &range) || !iotsig_ranges_add(to, &range))
            return false;
    return true;
}

enum host_word_result iotsig_host_word(const struct profile *profile, const char *word,
                                       uint8_t family, struct ranges *to)
{
    const struct host_word *known = find_word(profile, word);
    size_t i = family == 4 ? 0 : 1;
    struct address_range range;
    if (known != NULL && known->family[i].count > 0) {
        for (size_t j = 0; j < known->family[i].count; j++)
            if (!iotsig_ranges_add(to, &known->family[i].ranges[j]))
                return HOST_NO_MEMORY;
        return HOST_DEFINED;
    }
    if (strcmp(word, SELF) == 0) {
        if (!own_range(profile, family, &range))
            return HOST_UNDEFINED;
        return iotsig_ranges_add(to, &range) ? HOST_DEFINED : HOST_NO_MEMORY;
    }
    if (strcmp(word, EXTERNAL) == 0) {
        enum host_word_result result = iotsig_host_word(profile, "local", family, to);
        return result == HOST_DEFINED ? HOST_OUTSIDE : result;
    }
    for (i = 0; i < STANDARD_WORDS; i++)
        if (standard_words[i].family == family && strcmp(standard_words[i].word, word) == 0 &&
            standard_words[i].networks[0] != NULL)
            return add_standard(&standard_words[i], to) ? HOST_DEFINED : HOST_NO_MEMORY;
    return known != NULL || iotsig_is_host_word(word) ? HOST_UNDEFINED : HOST_NO_WORD;
}
