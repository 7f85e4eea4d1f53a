/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A wanted name is a key: EXACT for the name itself, BELOW for those that end in a dot and it. So
 * the wanted keys of a name that an answer has are found by one look-up for each of its labels.
 */
#include "detect/resolved.h"

#include "app/app.h"
#include "base/error.h"
#include "host/hosts.h"

#define MDNS_PORT 5353

/* Names on the wire are at most this long (RFC 1035 section 2.3.4). */
#define RAW_MAX 255

/* Aliases of aliases of a table of names. */
#define ALIASES_MAX 16

#define NO_LINK UINT64_MAX

enum kind { EXACT = '=', BELOW = '.' };

struct resolved_link {
    const char *key; /* the map's: a kind and raw bytes */
    size_t n;
    uint64_t next;
};

struct key {
    char bytes[1 + RAW_MAX];
    size_t n;
};

void iotsig_resolved_init(struct resolved *resolved, const struct iotsig_context *context)
{
    *resolved = (struct resolved){.context = context};
    iotsig_map_init(&resolved->names, &context->allocator, context->hash_key);
    iotsig_map_init(&resolved->addresses, &context->allocator, context->hash_key);
}

void iotsig_resolved_fini(struct resolved *resolved)
{
    iotsig_map_fini(&resolved->names);
    iotsig_map_fini(&resolved->addresses);
    iotsig_memory_free(&resolved->context->allocator, resolved->links);
}

static bool want(struct resolved *resolved, enum kind kind, struct text raw)
{
    struct key key = {{(char)kind}, 1 + raw.n};
    bool added;
    if (raw.n > RAW_MAX)
        return true;
    memcpy(key.bytes + 1, raw.p, raw.n);
    return iotsig_map_put(&resolved->names, key.bytes, key.n, key.n, &added) != NULL;
}

bool iotsig_resolved_want(struct resolved *resolved, const struct policy_text *text)
{
    return (text->match == MATCH_BELOW || want(resolved, EXACT, text->bytes)) &&
           (text->match == MATCH_EXACT || want(resolved, BELOW, text->bytes));
}

/* Links an address to a key, if it is wanted and not linked yet. */
static int link_key(struct resolved *resolved, const struct address *address, const struct key *key,
                    struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &resolved->context->allocator;
    const uint64_t *wanted = iotsig_map_get(&resolved->names, key->bytes, key->n);
    bool added;
    if (wanted == NULL)
        return 0;
    const char *stored = iotsig_map_stored_key(wanted);
    uint64_t *first =
        iotsig_map_put(&resolved->addresses, address, sizeof *address, NO_LINK, &added);
    if (first == NULL)
        return iotsig_fail_memory(error);
    for (uint64_t i = *first; i != NO_LINK; i = resolved->links[i].next)
        if (resolved->links[i].key == stored)
            return 0;
    if (resolved->count >= resolved->context->max_flows)
        return iotsig_fail(error, IOTSIG_ERR_LIMIT,
                           "more than %lu names (raise --max-flows if this is meant)",
                           (unsigned long)resolved->context->max_flows);
    if (!iotsig_array_grow(allocator, &resolved->links, &resolved->capacity, resolved->count + 1,
                           sizeof *resolved->links))
        return iotsig_fail_memory(error);
    resolved->links[resolved->count] = (struct resolved_link){stored, key->n, *first};
    *first = resolved->count++;
    return 0;
}

/* The key of a kind for an escaped name; false: it is too long, or a label of it has a dot: no
 * host's name has, and it would look like another one. */
static bool make_key(struct key *key, enum kind kind, struct text name)
{
    *key = (struct key){{(char)kind}, 1};
    while (name.n > 0) {
        bool escaped = name.p[0] == '\\';
        uint8_t byte = iotsig_unescape_byte(&name);
        if (key->n == sizeof key->bytes || (escaped && byte == '.'))
            return false;
        key->bytes[key->n++] = (char)byte;
    }
    return true;
}

/* Past a label, its dot included. A dot that is a label's own is escaped. */
static struct text next_labels(struct text name)
{
    while (name.n > 0) {
        bool dot = name.p[0] == '.';
        (void)iotsig_unescape_byte(&name);
        if (dot)
            break;
    }
    return name;
}

/* An address has a name. */
static int add(struct resolved *resolved, const struct address *address, struct text name,
               struct iotsig_error *error)
{
    struct key key;
    int status = make_key(&key, EXACT, name) ? link_key(resolved, address, &key, error) : 0;
    while (status == 0 && (name = next_labels(name)).n > 0)
        if (make_key(&key, BELOW, name))
            status = link_key(resolved, address, &key, error);
    return status;
}

bool iotsig_text_holds_name(const struct policy_text *text, struct text name)
{
    if (text->match != MATCH_BELOW && iotsig_escaped_equal(name, text->bytes))
        return true;
    if (text->match == MATCH_EXACT)
        return false;
    while ((name = next_labels(name)).n > 0)
        if (iotsig_escaped_equal(name, text->bytes))
            return true;
    return false;
}

int iotsig_resolved_load(struct resolved *resolved, const struct iotsig_names *names,
                         struct iotsig_error *error)
{
    const struct iotsig_map_entry *entry = NULL;
    while ((entry = iotsig_map_next(&names->addresses, entry)) != NULL) {
        struct address address;
        size_t n;
        memcpy(&address, iotsig_map_key(entry, &n), sizeof address);
        uint64_t number = iotsig_map_value(entry);
        const uint64_t *alias = &number;
        for (int i = 0; i < ALIASES_MAX && alias != NULL; i++) {
            struct text name = names->texts.items[*alias];
            int status = add(resolved, &address, name, error);
            if (status != 0)
                return status;
            alias = iotsig_map_get(&names->aliases, name.p, name.n);
        }
    }
    return 0;
}

static struct text text_of_name(const struct dns_name *name)
{
    return (struct text){name->text, name->n};
}

/* How many names of the chain lead to a name, itself counted; 0: it is not in the chain. */
static size_t find_in_chain(const struct resolved *resolved, size_t length,
                            const struct dns_name *name)
{
    for (size_t i = 0; i < length; i++)
        if (text_equal(text_of_name(&resolved->chain[i]), text_of_name(name)))
            return i + 1;
    return 0;
}

/* The address of a record belongs to its owner, and to the names that led there. */
static int learn_address(struct resolved *resolved, uint8_t version, size_t length,
                         struct iotsig_error *error)
{
    struct dns_record *record = &resolved->record;
    struct address address = {.version = version};
    cursor_copy(&record->data, address.bytes, version == 4 ? 4 : 16);
    if (record->data.failed || record->data.left > 0)
        return 0;
    int status = add(resolved, &address, text_of_name(&record->owner), error);
    size_t leading = find_in_chain(resolved, length, &record->owner);
    for (size_t i = 0; i < leading && status == 0; i++)
        status = add(resolved, &address, text_of_name(&resolved->chain[i]), error);
    return status;
}

/* Takes the current record; the chain may become longer by an alias. */
static int learn_record(struct resolved *resolved, size_t *length, struct iotsig_error *error)
{
    struct dns_record *record = &resolved->record;
    if (record->section == DNS_QUESTION) {
        if (*length == 0)
            resolved->chain[(*length)++] = record->owner;
        return 0;
    }
    if (record->section == DNS_AUTHORITY)
        return 0;
    if (record->type == DNS_A)
        return learn_address(resolved, 4, *length, error);
    if (record->type == DNS_AAAA)
        return learn_address(resolved, 6, *length, error);
    if (record->type == DNS_CNAME && *length < RESOLVED_CHAIN &&
        find_in_chain(resolved, *length, &record->owner) == *length && *length > 0 &&
        iotsig_dns_data_name(&resolved->reader, record, 0, &resolved->chain[*length]))
        ++*length;
    return 0;
}

int iotsig_resolved_learn(struct resolved *resolved, const struct packet *packet,
                          struct iotsig_error *error)
{
    size_t length = 0;
    int status = 0;
    if (iotsig_map_count(&resolved->names) == 0 || packet->transport == 0 ||
        !iotsig_dns_recognise(packet) || app_has_port(packet, IOTSIG_UDP, MDNS_PORT) ||
        !iotsig_dns_start(&resolved->reader, iotsig_dns_message(packet)) ||
        !resolved->reader.response)
        return 0;
    while (status == 0 && iotsig_dns_next(&resolved->reader, &resolved->record) == 1)
        status = learn_record(resolved, &length, error);
    return status;
}

bool iotsig_resolved_holds(const struct resolved *resolved, const struct address *address,
                           const struct policy_text *text)
{
    const uint64_t *first = iotsig_map_get(&resolved->addresses, address, sizeof *address);
    for (uint64_t i = first == NULL ? NO_LINK : *first; i != NO_LINK; i = resolved->links[i].next) {
        const struct resolved_link *link = &resolved->links[i];
        bool fits = link->key[0] == EXACT ? text->match != MATCH_BELOW : text->match != MATCH_EXACT;
        if (fits && text_equal((struct text){link->key + 1, link->n - 1}, text->bytes))
            return true;
    }
    return false;
}
