/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/names.h"

#include "base/error.h"
#include "base/text.h"
#include "host/hosts.h"

int iotsig_names_new(struct iotsig_names **out, struct iotsig_context *context,
                     struct iotsig_error *error)
{
    struct iotsig_names *names = iotsig_memory_get(&context->allocator, sizeof *names);
    if (names == NULL)
        return iotsig_fail_memory(error);
    *names = (struct iotsig_names){.context = context};
    iotsig_strings_init(&names->texts, &context->allocator, context->hash_key);
    iotsig_map_init(&names->addresses, &context->allocator, context->hash_key);
    iotsig_map_init(&names->aliases, &context->allocator, context->hash_key);
    *out = names;
    return 0;
}

void iotsig_names_free(struct iotsig_names *names)
{
    if (names == NULL)
        return;
    const struct iotsig_allocator *allocator = &names->context->allocator;
    iotsig_map_fini(&names->addresses);
    iotsig_map_fini(&names->aliases);
    iotsig_strings_fini(&names->texts);
    iotsig_memory_free(allocator, names);
}

/* Sets the value of `key` to a text; one that is there already stays when `once`. */
static int set(struct iotsig_names *names, struct iotsig_map *map, const void *key, size_t n,
               struct text text, bool once, struct iotsig_error *error)
{
    uint32_t number = iotsig_strings_add(&names->texts, text);
    bool added = false;
    uint64_t *value =
        number == IOTSIG_NO_STRING ? NULL : iotsig_map_put(map, key, n, number, &added);
    if (value == NULL)
        return iotsig_fail_memory(error);
    if (names->texts.count > names->context->max_flows ||
        iotsig_map_count(map) > names->context->max_flows)
        return iotsig_fail(error, IOTSIG_ERR_LIMIT,
                           "more than %lu names (raise --max-flows if this is meant)",
                           (unsigned long)names->context->max_flows);
    if (!once)
        *value = number;
    return 0;
}

/* A name may look like an IPv6 address: then it is one, in the spelling that all addresses have. */
static struct text one_spelling(struct text name, char room[IOTSIG_NAME_TEXT])
{
    struct text clean;
    if (name.n >= IOTSIG_ADDRESS_TEXT || memchr(name.p, ':', name.n) == NULL ||
        !iotsig_host_clean(room, IOTSIG_NAME_TEXT, name, &clean))
        return name;
    return clean;
}

int iotsig_names_set_address(struct iotsig_names *names, const struct address *address,
                             struct text name, struct iotsig_error *error)
{
    char room[IOTSIG_NAME_TEXT];
    return set(names, &names->addresses, address, sizeof *address, one_spelling(name, room), false,
               error);
}

int iotsig_names_set_address_once(struct iotsig_names *names, const struct address *address,
                                  struct text name, struct iotsig_error *error)
{
    char room[IOTSIG_NAME_TEXT];
    return set(names, &names->addresses, address, sizeof *address, one_spelling(name, room), true,
               error);
}

int iotsig_names_set_alias(struct iotsig_names *names, struct text canonical, struct text alias,
                           struct iotsig_error *error)
{
    char room[IOTSIG_NAME_TEXT], alias_room[IOTSIG_NAME_TEXT];
    canonical = one_spelling(canonical, room);
    return set(names, &names->aliases, canonical.p, canonical.n, one_spelling(alias, alias_room),
               false, error);
}

int iotsig_names_set(struct iotsig_names *names, enum iotsig_names_table table, const char *key,
                     const char *value, struct iotsig_error *error)
{
    char room[IOTSIG_NAME_TEXT], key_room[IOTSIG_NAME_TEXT];
    struct text clean_value, clean_key;
    struct address address;
    if (!iotsig_host_clean(room, sizeof room - 1, text_of(value), &clean_value) ||
        !iotsig_host_clean(key_room, sizeof key_room - 1, text_of(key), &clean_key) ||
        clean_value.n == 0 || clean_key.n == 0)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "a name of a host is empty or too long");
    if (table == IOTSIG_NAMES_ALIAS)
        return iotsig_names_set_alias(names, clean_key, clean_value, error);
    if (!iotsig_address_parse(key, &address))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "what has a name is no address");
    return iotsig_names_set_address(names, &address, clean_value, error);
}

static bool ends_with(struct text text, struct text end)
{
    return text.n >= end.n &&
           text_equal((struct text){text.p + text.n - end.n, end.n}, end);
}

int iotsig_names_set_pointer(struct iotsig_names *names, struct text owner, struct text target,
                             struct iotsig_error *error)
{
    if (!ends_with(owner, TEXT(".in-addr.arpa")) && !ends_with(owner, TEXT(".ip6.arpa")))
        return iotsig_names_set_alias(names, owner, target, error);
    struct address address;
    if (!iotsig_reverse_address(owner, &address))
        return 0;
    return iotsig_names_set_address_once(names, &address, target, error);
}

static int add_table(struct iotsig_names *names, struct iotsig_map *to,
                     const struct iotsig_names *from, const struct iotsig_map *table,
                     struct iotsig_error *error)
{
    const struct iotsig_map_entry *entry = NULL;
    int status = 0;
    while (status == 0 && (entry = iotsig_map_next(table, entry)) != NULL) {
        size_t n;
        const void *key = iotsig_map_key(entry, &n);
        status = set(names, to, key, n, from->texts.items[iotsig_map_value(entry)], false, error);
    }
    return status;
}

int iotsig_names_add_all(struct iotsig_names *names, const struct iotsig_names *from,
                         struct iotsig_error *error)
{
    int status = add_table(names, &names->addresses, from, &from->addresses, error);
    return status != 0 ? status : add_table(names, &names->aliases, from, &from->aliases, error);
}

static const uint64_t *alias_of(const struct iotsig_names *names, uint64_t number)
{
    struct text name = names->texts.items[number];
    return iotsig_map_get(&names->aliases, name.p, name.n);
}

int iotsig_names_follow_aliases(struct iotsig_names *names, struct iotsig_error *error)
{
    const struct iotsig_map_entry *entry = NULL;
    while ((entry = iotsig_map_next(&names->addresses, entry)) != NULL) {
        const uint64_t *alias = alias_of(names, iotsig_map_value(entry));
        size_t n;
        const void *key = iotsig_map_key(entry, &n);
        if (alias == NULL)
            continue;
        int status =
            set(names, &names->addresses, key, n, names->texts.items[*alias], false, error);
        if (status != 0)
            return status;
    }
    return 0;
}

struct text iotsig_names_host(const struct iotsig_names *names, const struct address *address,
                              char to[IOTSIG_ADDRESS_TEXT])
{
    const uint64_t *name = iotsig_map_get(&names->addresses, address, sizeof *address);
    if (name == NULL)
        return (struct text){to, (size_t)(iotsig_address_write(to, address) - to)};
    const uint64_t *alias = alias_of(names, *name);
    return names->texts.items[alias != NULL ? *alias : *name];
}

/* Copies a map whose keys are the same and whose values are numbers of the same texts. */
static bool copy_map(struct iotsig_map *to, const struct iotsig_map *from)
{
    const struct iotsig_map_entry *entry = NULL;
    while ((entry = iotsig_map_next(from, entry)) != NULL) {
        size_t n;
        const void *key = iotsig_map_key(entry, &n);
        bool added;
        if (iotsig_map_put(to, key, n, iotsig_map_value(entry), &added) == NULL)
            return false;
    }
    return true;
}

int iotsig_names_dup(struct iotsig_names **out, const struct iotsig_names *names,
                     struct iotsig_error *error)
{
    struct iotsig_names *copy;
    int status = iotsig_names_new(&copy, names->context, error);
    if (status != 0)
        return status;
    bool whole = true;
    for (uint32_t i = 0; whole && i < names->texts.count; i++)
        whole = iotsig_strings_add(&copy->texts, names->texts.items[i]) == i;
    if (!whole || !copy_map(&copy->addresses, &names->addresses) ||
        !copy_map(&copy->aliases, &names->aliases)) {
        iotsig_names_free(copy);
        return iotsig_fail_memory(error);
    }
    *out = copy;
    return 0;
}

static const struct iotsig_map *table_of(const struct iotsig_names *names,
                                         enum iotsig_names_table table)
{
    return table == IOTSIG_NAMES_IP ? &names->addresses : &names->aliases;
}

size_t iotsig_names_count(const struct iotsig_names *names, enum iotsig_names_table table)
{
    return iotsig_map_count(table_of(names, table));
}

void iotsig_names_each(const struct iotsig_names *names, enum iotsig_names_table table,
                       void (*each)(void *user, const char *key, const char *value), void *user)
{
    const struct iotsig_map_entry *entry = NULL;
    while ((entry = iotsig_map_next(table_of(names, table), entry)) != NULL) {
        char text[IOTSIG_NAME_TEXT];
        size_t n;
        const void *key = iotsig_map_key(entry, &n);
        if (table == IOTSIG_NAMES_IP) {
            struct address address;
            memcpy(&address, key, sizeof address);
            iotsig_address_write(text, &address);
        } else {
            memcpy(text, key, n);
            text[n] = '\0';
        }
        each(user, text, names->texts.items[iotsig_map_value(entry)].p);
    }
}

/* The number of a label that ends at `end`, and the end of the one before it. */
static bool last_label(struct text name, size_t *end, struct text *label)
{
    size_t at = *end;
    while (at > 0 && name.p[at - 1] != '.')
        at--;
    *label = (struct text){name.p + at, *end - at};
    *end = at > 0 ? at - 1 : 0;
    return at > 0;
}

static bool reverse_ipv4(struct text name, struct address *address)
{
    size_t end = name.n;
    for (int i = 0; i < 4; i++) {
        struct text label;
        uint64_t octet;
        bool more = last_label(name, &end, &label);
        if (more != (i < 3) || label.n > 3 || !iotsig_number(label, 255, &octet))
            return false;
        address->bytes[i] = (uint8_t)octet;
    }
    address->version = 4;
    return true;
}

static bool reverse_ipv6(struct text name, struct address *address)
{
    if (name.n != 63)
        return false;
    for (size_t i = 0; i < 32; i++) {
        uint8_t c = lower((uint8_t)name.p[62 - 2 * i]);
        bool letter = c >= 'a' && c <= 'f';
        if ((!letter && !is_digit(c)) || (i > 0 && name.p[63 - 2 * i] != '.'))
            return false;
        unsigned nibble = letter ? 10u + c - 'a' : 0u + c - '0';
        address->bytes[i / 2] = (uint8_t)((unsigned)address->bytes[i / 2] << 4 | nibble);
    }
    address->version = 6;
    return true;
}

bool iotsig_reverse_address(struct text name, struct address *address)
{
    const struct text v4 = TEXT(".in-addr.arpa"), v6 = TEXT(".ip6.arpa");
    *address = (struct address){0};
    if (ends_with(name, v4))
        return reverse_ipv4((struct text){name.p, name.n - v4.n}, address);
    return ends_with(name, v6) && reverse_ipv6((struct text){name.p, name.n - v6.n}, address);
}
