/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/hosts.h"

#include "decode/address.h"
#include "host/names.h"
#include "host/same.h"

void iotsig_hosts_init(struct hosts *hosts, const struct iotsig_context *context)
{
    *hosts = (struct hosts){.context = context};
    iotsig_strings_init(&hosts->strings, &context->allocator, context->hash_key);
}

void iotsig_hosts_fini(struct hosts *hosts)
{
    iotsig_memory_free(&hosts->context->allocator, hosts->items);
    iotsig_strings_fini(&hosts->strings);
}

/* A NUL would end the copy early: what has one is no address. */
static bool parse_address(struct text text, struct address *address)
{
    char copy[IOTSIG_ADDRESS_TEXT];
    if (text.n >= sizeof copy || (text.n > 0 && memchr(text.p, '\0', text.n) != NULL))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return iotsig_address_parse(copy, address);
}

static struct host host_of(struct text text)
{
    struct address address;
    if (parse_address(text, &address))
        return (struct host){{text, text.n}, HOST_ADDRESS};
    return (struct host){iotsig_name_of(text), iotsig_name_is_host(text) ? HOST_DOMAIN : HOST_OTHER};
}

uint32_t iotsig_hosts_add(struct hosts *hosts, struct text text)
{
    if (!iotsig_array_grow(&hosts->context->allocator, &hosts->items, &hosts->capacity,
                           (size_t)hosts->strings.count + 1, sizeof *hosts->items))
        return NO_HOST;
    uint32_t count = hosts->strings.count;
    uint32_t number = iotsig_strings_add(&hosts->strings, text);
    if (number == count)
        hosts->items[number] = host_of(hosts->strings.items[number]);
    return number;
}

static bool by_rule(const struct host *a, const struct host *b, enum name_rule rule)
{
    if (rule == RULE_HOST && (a->kind != HOST_DOMAIN || b->kind != HOST_DOMAIN))
        return text_equal(a->name.text, b->name.text);
    return iotsig_name_related(&a->name, &b->name);
}

bool iotsig_host_equal(const struct host *a, const struct host *b, enum name_rule rule,
                       const struct iotsig_same_hosts *same)
{
    if (by_rule(a, b, rule))
        return true;
    const struct host *other;
    for (size_t i = 0; (other = iotsig_same_hosts_partner(same, a, &i)) != NULL;)
        if (by_rule(other, b, rule))
            return true;
    for (size_t i = 0; (other = iotsig_same_hosts_partner(same, b, &i)) != NULL;)
        if (by_rule(a, other, rule))
            return true;
    return false;
}

static bool add_keys(struct host_keys *keys, const struct host *host, enum key_side side,
                     enum name_rule rule, const struct iotsig_context *context)
{
    struct name_keys found = {.n = 0};
    struct name name = host->name;
    if (rule == RULE_HOST && host->kind != HOST_DOMAIN)
        name.registrable = name.text.n; /* related to itself only */
    iotsig_name_keys(&name, side, &context->hash_key, &found);
    if (!iotsig_array_grow(&context->allocator, &keys->key, &keys->capacity, keys->n + found.n,
                           sizeof *keys->key))
        return false;
    memcpy(keys->key + keys->n, found.key, found.n * sizeof *keys->key);
    keys->n += found.n;
    return true;
}

/* Has keys from `from` on meet those of partners, and none else. */
static void turn_to_partners(struct host_keys *keys, size_t from)
{
    for (size_t i = from; i < keys->n; i++)
        keys->key[i] = ~keys->key[i];
}

/* A host is another's by itself or by its partners, but their partners are not each other's: so its
 * own left keys meet right keys of both kinds, those of its partners own ones only. */
bool iotsig_host_keys(struct host_keys *keys, const struct host *host, enum key_side side,
                      enum name_rule rule, const struct iotsig_same_hosts *same,
                      const struct iotsig_context *context)
{
    keys->n = 0;
    if (!add_keys(keys, host, side, rule, context))
        return false;
    size_t own = keys->n;
    if (side == KEY_LEFT && same != NULL) {
        if (!add_keys(keys, host, side, rule, context))
            return false;
        turn_to_partners(keys, own);
        own = keys->n;
    }
    const struct host *other;
    for (size_t i = 0; (other = iotsig_same_hosts_partner(same, host, &i)) != NULL;)
        if (!add_keys(keys, other, side, rule, context))
            return false;
    if (side == KEY_RIGHT)
        turn_to_partners(keys, own);
    return true;
}

void iotsig_host_keys_fini(struct host_keys *keys, const struct iotsig_context *context)
{
    iotsig_memory_free(&context->allocator, keys->key);
    *keys = (struct host_keys){0};
}

bool iotsig_hosts_apart(const struct host *a, const struct host *b,
                        const struct iotsig_same_hosts *same)
{
    if (same != NULL)
        return false;
    if (a->kind != HOST_DOMAIN || b->kind != HOST_DOMAIN)
        return !text_equal(a->name.text, b->name.text);
    struct text x = a->name.text, y = b->name.text;
    size_t i = a->name.registrable, j = b->name.registrable;
    return !text_equal((struct text){x.p + i, x.n - i}, (struct text){y.p + j, y.n - j}) ||
           (i == x.n && j == y.n && !text_equal(x, y));
}

/* The byte at `*at`, unescaped (RFC 1035 section 5.1), and past it. */
static uint8_t unescape(struct text text, size_t *at, bool *escaped)
{
    uint8_t c = (uint8_t)text.p[(*at)++];
    *escaped = c == '\\' && *at < text.n;
    if (!*escaped)
        return c;
    uint64_t value;
    if (text.n - *at >= 3 && iotsig_number((struct text){text.p + *at, 3}, 255, &value)) {
        *at += 3;
        return (uint8_t)value;
    }
    return (uint8_t)text.p[(*at)++];
}

bool iotsig_host_clean(char *to, size_t room, struct text text, struct text *clean)
{
    struct address address;
    if (room >= IOTSIG_ADDRESS_TEXT && parse_address(text, &address)) {
        *clean = (struct text){to, (size_t)(iotsig_address_write(to, &address) - to)};
        return true;
    }
    return iotsig_name_clean(to, room, text, clean);
}

bool iotsig_name_clean(char *to, size_t room, struct text text, struct text *clean)
{
    char *end = to;
    bool dot = false; /* a label ended: a second dot behind it is no final one, and is kept */
    for (size_t at = 0; at < text.n;) {
        bool escaped;
        uint8_t c = lower(unescape(text, &at, &escaped));
        if (room - (size_t)(end - to) < IOTSIG_ESCAPED_MAX)
            return false;
        if (c == '.' && escaped)
            *end++ = '\\', *end++ = '.';
        else if (c == '.' && at == text.n && text.n > 1 && !dot)
            break;
        else
            end = iotsig_escape_byte(end, c);
        dot = c == '.' && !escaped;
    }
    *clean = (struct text){to, (size_t)(end - to)};
    return true;
}

/* Hosts as texts. One that is too long for a host is no other's. */

struct written {
    char room[IOTSIG_NAME_TEXT];
    struct host host;
};

static bool read_host(struct written *written, const char *text, bool is_name)
{
    struct text clean;
    bool fits = is_name
                    ? iotsig_name_clean(written->room, sizeof written->room, text_of(text), &clean)
                    : iotsig_host_clean(written->room, sizeof written->room, text_of(text), &clean);
    if (fits)
        written->host = host_of(clean);
    return fits;
}

enum iotsig_host_kind iotsig_host_kind(const char *text)
{
    struct written host;
    struct address address;
    if (iotsig_address_parse(text, &address))
        return address.version == 4 ? IOTSIG_HOST_IPV4 : IOTSIG_HOST_IPV6;
    if (!read_host(&host, text, false))
        return IOTSIG_HOST_OTHER;
    return host.host.kind == HOST_DOMAIN ? IOTSIG_HOST_DOMAIN : IOTSIG_HOST_OTHER;
}

static bool texts_equal(const char *a, const char *b, bool are_names,
                        const struct iotsig_same_hosts *same)
{
    struct written x, y;
    if (!read_host(&x, a, are_names) || !read_host(&y, b, are_names))
        return strcmp(a, b) == 0;
    return iotsig_host_equal(&x.host, &y.host, are_names ? RULE_NAME : RULE_HOST, same);
}

bool iotsig_hosts_equal(const char *a, const char *b, const struct iotsig_same_hosts *same)
{
    return texts_equal(a, b, false, same);
}

bool iotsig_names_equal(const char *a, const char *b, const struct iotsig_same_hosts *same)
{
    return texts_equal(a, b, true, same);
}
