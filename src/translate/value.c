/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of a policy's fields: each is checked, and turned into what a packet is compared with.
 */
#include <libpsl.h>
#include <stdio.h>

#include "translate/range.h"

/* RFC 1035 section 2.3.4 */
#define NAME_MAX_BYTES 253
#define LABEL_MAX      63

/* The most values that a list may have: what is made of them is a set in the kernel. */
#define VALUES_MAX 4096

struct place_of_value {
    struct value_reader *reader;
    struct tree_place place;
    const struct policy_field *field;
};

static bool refuse(const struct place_of_value *at, const char *what)
{
    const struct policy_field *field = at->field;
    iotsig_profile_problem(at->reader->profile, at->place, false, at->reader->policy, "%s.%s: %s",
                           policy_protocols[field->protocol].name, field->name, what);
    return false;
}

static bool no_memory(const struct place_of_value *at)
{
    at->reader->no_memory = true;
    return false;
}

static struct iotsig_arena *arena_of(const struct place_of_value *at)
{
    return &at->reader->profile->list->arena;
}

/* What a check is being made of. */
struct building {
    struct ranges ranges;
    bool outside; /* `external` was among the hosts: what is not in `locals` */
    struct ranges locals;
    struct number_range *numbers;
    size_t number_count, number_capacity;
    struct policy_text *texts;
    size_t text_count, text_capacity;
    const char **words;
    size_t word_count, word_capacity;
};

static bool add_number(const struct place_of_value *at, struct building *building, uint64_t low,
                       uint64_t high)
{
    if (!iotsig_array_grow(building->ranges.allocator, &building->numbers,
                           &building->number_capacity, building->number_count + 1,
                           sizeof *building->numbers))
        return no_memory(at);
    building->numbers[building->number_count++] = (struct number_range){low, high};
    return true;
}

static bool add_text(const struct place_of_value *at, struct building *building, struct text text,
                     enum text_match match)
{
    char *copy = iotsig_arena_text(arena_of(at), text.p, text.n);
    if (copy == NULL ||
        !iotsig_array_grow(building->ranges.allocator, &building->texts, &building->text_capacity,
                           building->text_count + 1, sizeof *building->texts))
        return no_memory(at);
    building->texts[building->text_count++] = (struct policy_text){{copy, text.n}, match};
    return true;
}

/* Texts. */

/* Room for the raw bytes of the longest text that any field takes, and what is too long. */
#define RAW_MAX 4200

/*
 * A text's bytes: `\DDD`, `\\` and `\.` are read as the network's texts are written (RFC 1035
 * section 5.1).
 */
static bool raw_text(const struct place_of_value *at, const char *text, size_t max,
                     char to[RAW_MAX], struct text *raw)
{
    size_t n = 0;
    for (const char *from = text; *from != '\0'; from++) {
        unsigned byte = (uint8_t)*from;
        if (byte == '\\' && is_digit((uint8_t)from[1]) && is_digit((uint8_t)from[2]) &&
            is_digit((uint8_t)from[3])) {
            byte = (unsigned)(from[1] - '0') * 100 + (unsigned)(from[2] - '0') * 10 +
                   (unsigned)(from[3] - '0');
            from += 3;
        } else if (byte == '\\') {
            byte = (uint8_t) * ++from;
            if (byte != '\\' && byte != '.')
                return refuse(at, "a backslash stands in front of another, a dot or three digits");
        }
        if (byte == 0 || byte > UINT8_MAX)
            return refuse(at, "a text cannot hold this byte");
        if (n == max || n == RAW_MAX)
            return refuse(at, "it is too long");
        to[n++] = (char)byte;
    }
    *raw = (struct text){to, n};
    return n > 0 || refuse(at, "it is empty");
}

static bool is_public_suffix(const char *name)
{
    const psl_ctx_t *list = psl_builtin();
    return list != NULL && psl_is_public_suffix(list, name) == 1;
}

/* `$x`, `$.x` and `*.x` are suffixes; the rest of the text behind it. */
static const char *take_suffix(const char *text, enum text_match *match)
{
    *match = MATCH_EXACT;
    if (strncmp(text, "*.", 2) == 0 || strncmp(text, "$.", 2) == 0) {
        *match = MATCH_BELOW;
        return text + 2;
    }
    if (text[0] == '$') {
        *match = MATCH_END;
        return text + 1;
    }
    return text;
}

static struct text without_dot(struct text text)
{
    return text.n > 1 ? text_chop(text, '.') : text;
}

/* Whether dots that are not escaped have something between them. */
static bool has_labels(const char *name)
{
    size_t label = 0;
    for (; *name != '\0'; name++) {
        if (*name == '.' && label == 0)
            return false;
        label = *name == '.' ? 0 : label + 1;
        if (*name == '\\' && name[1] != '\0')
            name++;
    }
    return true;
}

static bool read_name(const struct place_of_value *at, const char *value, struct building *building)
{
    char room[RAW_MAX + 1];
    enum text_match match;
    struct text raw;
    const char *name = take_suffix(value, &match);
    if (!raw_text(at, name, NAME_MAX_BYTES + 1, room, &raw))
        return false;
    if (!has_labels(name))
        return refuse(at, "no domain name: two dots with nothing between");
    raw = without_dot(raw);
    for (size_t i = 0; i < raw.n; i++)
        room[i] = (char)lower((uint8_t)raw.p[i]);
    room[raw.n] = '\0';
    if (raw.n > NAME_MAX_BYTES || (raw.n > 1 && raw.p[0] == '.'))
        return refuse(at, "no domain name");
    bool is_local = at->field->protocol == POLICY_MDNS && strcmp(room, "local") == 0;
    if (match != MATCH_EXACT && !is_local && is_public_suffix(room))
        return refuse(at,
                      "this suffix is everybody's: names of all owners end so (name one owner's)");
    return add_text(at, building, (struct text){room, raw.n}, match);
}

/*
 * A host's name: labels of letters, digits and hyphens (RFC 1123 section 2.1), the last not a
 * number. Underscores too: there are hosts that are called so.
 */
static bool is_host_name(struct text name)
{
    size_t label = 0;
    bool digits = true;
    if (name.n == 0 || name.n > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i <= name.n; i++) {
        uint8_t c = i < name.n ? (uint8_t)name.p[i] : '.';
        if (c == '.') {
            if (label == 0 || label > LABEL_MAX || name.p[i - 1] == '-')
                return false;
            if (i < name.n)
                label = 0, digits = true;
            continue;
        }
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '_' && (c != '-' || label == 0))
            return false;
        digits = digits && is_digit(c);
        label++;
    }
    return !digits;
}

static bool read_host_name(const struct place_of_value *at, const char *value,
                           struct building *building)
{
    char room[NAME_MAX_BYTES + 2];
    enum text_match match;
    const char *name = take_suffix(value, &match);
    size_t n = strlen(name);
    if (n >= sizeof room)
        return refuse(at, "no host: neither an address nor a name");
    for (size_t i = 0; i < n; i++)
        room[i] = (char)lower((uint8_t)name[i]);
    struct text text = without_dot((struct text){room, n});
    room[text.n] = '\0';
    if (!is_host_name(text))
        return refuse(at,
                      "no host: neither an address, nor a host word, nor a name of letters, digits "
                      "and hyphens");
    if (text.n == n &&
        (iotsig_is_host_word(room) || iotsig_host_defined(at->reader->profile, room) != NULL))
        return refuse(at, "a host word is written in lower case (a name with a dot behind it)");
    if (match != MATCH_EXACT && is_public_suffix(room))
        return refuse(at,
                      "this suffix is everybody's: names of all owners end so (name one owner's)");
    return add_text(at, building, text, match);
}

static bool read_uri(const struct place_of_value *at, const char *value, struct building *building)
{
    char room[RAW_MAX];
    struct text raw;
    if (!raw_text(at, value, (size_t)at->field->max, room, &raw))
        return false;
    char last = value[strlen(value) - 1]; /* as it is written: by its number it is a character */
    if (last != '*' && last != '$')
        return add_text(at, building, raw, MATCH_EXACT);
    raw.n--;
    return raw.n > 0 ? add_text(at, building, raw, MATCH_START)
                     : refuse(at, "every URI begins so (leave the field out)");
}

static bool read_text(const struct place_of_value *at, const char *value, struct building *building)
{
    char room[RAW_MAX];
    struct text raw;
    return raw_text(at, value, (size_t)at->field->max, room, &raw) &&
           add_text(at, building, raw, MATCH_EXACT);
}

static bool read_method(const struct place_of_value *at, const char *value,
                        struct building *building)
{
    for (const struct field_word *word = at->field->words; word->word != NULL; word++)
        if (iotsig_field_is_word(word->word, value))
            return add_text(at, building, text_of(word->word), MATCH_EXACT);
    return refuse(at, "no method of this protocol");
}

/* Hosts. */

static bool read_range(const struct place_of_value *at, const struct address_range *range,
                       struct building *building)
{
    if (range->low.version != policy_family(at->field->protocol))
        return refuse(at, "an address of the other family");
    return iotsig_ranges_add(&building->ranges, range) || no_memory(at);
}

static bool undefined_word(const struct place_of_value *at, const char *word)
{
    uint8_t family = policy_family(at->field->protocol);
    char text[300];
    if (strcmp(word, "self") == 0)
        snprintf(text, sizeof text,
                 "the device has no IPv%u address (give device-info.ipv%u, or --ipv%u)", family,
                 family, family);
    else
        snprintf(text, sizeof text,
                 "the host word %.63s has no IPv%u address (give it under hosts, or --host "
                 "%.63s=ADDRESS)",
                 word, family, word);
    return refuse(at, text);
}

/* Whether a word is to stay one, with an address or without. */
static bool is_open(const struct place_of_value *at, const char *word, bool defined)
{
    return at->reader->profile->list->settings.words_open &&
           (!defined || strcmp(word, "self") == 0 || strcmp(word, "local") == 0);
}

static bool add_word(const struct place_of_value *at, struct building *building, const char *word)
{
    char *copy = iotsig_arena_text(arena_of(at), word, strlen(word));
    if (copy == NULL ||
        !iotsig_array_grow(building->ranges.allocator, &building->words, &building->word_capacity,
                           building->word_count + 1, sizeof *building->words))
        return no_memory(at);
    building->words[building->word_count++] = copy;
    return true;
}

/* A word; `*is_word` false: it is none. */
static bool read_word(const struct place_of_value *at, const char *value, struct building *building,
                      bool *is_word)
{
    struct ranges found = {.allocator = building->ranges.allocator};
    enum host_word_result result =
        iotsig_host_word(at->reader->profile, value, policy_family(at->field->protocol), &found);
    bool good = result == HOST_DEFINED || result == HOST_OUTSIDE || result == HOST_NO_WORD;
    *is_word = result != HOST_NO_WORD;
    if ((result == HOST_DEFINED || result == HOST_UNDEFINED) &&
        is_open(at, value, result == HOST_DEFINED)) {
        iotsig_ranges_fini(&found);
        return add_word(at, building, value);
    }
    if (result == HOST_UNDEFINED)
        undefined_word(at, value);
    if (result == HOST_NO_MEMORY)
        no_memory(at);
    building->outside = building->outside || result == HOST_OUTSIDE;
    for (size_t i = 0; good && i < found.count; i++)
        if (!iotsig_ranges_add(result == HOST_OUTSIDE ? &building->locals : &building->ranges,
                               &found.items[i]))
            good = no_memory(at);
    iotsig_ranges_fini(&found);
    return good;
}

static bool read_host(const struct place_of_value *at, const char *value, struct building *building)
{
    struct address_range range;
    bool is_word;
    if (!read_word(at, value, building, &is_word))
        return false;
    if (is_word)
        return true;
    if (iotsig_range_parse(value, &range))
        return read_range(at, &range, building);
    if (at->field->kind == KIND_GROUP)
        return refuse(at, "neither an address nor a host word");
    return read_host_name(at, value, building);
}

static bool read_mac(const struct place_of_value *at, const char *value, struct building *building)
{
    const struct profile *profile = at->reader->profile;
    const struct host_word *word = iotsig_host_defined(profile, value);
    bool self = strcmp(value, "self") == 0;
    uint64_t mac;
    if (self && profile->device.mac != NULL && iotsig_mac_parse(profile->device.mac, &mac))
        return add_number(at, building, mac, mac);
    if (word != NULL && word->has_mac)
        return add_number(at, building, word->mac, word->mac);
    if (strcmp(value, "broadcast") == 0)
        return add_number(at, building, 0xffffffffffff, 0xffffffffffff);
    if (strcmp(value, "default") == 0)
        return add_number(at, building, 0, 0);
    if (iotsig_mac_parse(value, &mac))
        return add_number(at, building, mac, mac);
    if (word == NULL && !iotsig_is_host_word(value))
        return refuse(at, "no hardware address (write 00:11:22:33:44:55)");
    if (is_open(at, value, false))
        return add_word(at, building, value);
    return refuse(at,
                  self ? "the device has no hardware address (give device-info.mac, or --mac)"
                       : "this host word has no hardware address (give it under hosts, or --host)");
}

/* Numbers. */

static bool number_range(const char *value, uint64_t max, struct number_range *range)
{
    const char *hyphen = strchr(value, '-');
    size_t n = hyphen == NULL ? strlen(value) : (size_t)(hyphen - value);
    if (!iotsig_number((struct text){value, n}, max, &range->low))
        return false;
    range->high = range->low;
    return hyphen == NULL ||
           (iotsig_number(text_of(hyphen + 1), max, &range->high) && range->low <= range->high);
}

static bool read_number(const struct place_of_value *at, const char *value,
                        struct building *building)
{
    struct number_range range;
    char text[64];
    if (number_range(value, at->field->max, &range))
        return add_number(at, building, range.low, range.high);
    snprintf(text, sizeof text, "no number to %llu, nor a range N-M",
             (unsigned long long)at->field->max);
    return refuse(at, text);
}

static bool read_word_number(const struct place_of_value *at, const char *value,
                             struct building *building)
{
    uint64_t number;
    bool is_type = at->field->words == policy_fields[FIELD_DNS_QTYPE].words &&
                   strncmp(value, "TYPE", 4) == 0; /* RFC 3597 section 5 */
    if (iotsig_field_number(at->field, value, &number) ||
        iotsig_number(text_of(is_type ? value + 4 : value), at->field->max, &number))
        return add_number(at, building, number, number);
    return refuse(at, "not a word or number that this field knows");
}

static bool read_scalar_text(const struct place_of_value *at, const char *value,
                             struct building *building)
{
    switch (at->field->kind) {
    case KIND_HOST:
    case KIND_GROUP: return read_host(at, value, building);
    case KIND_MAC: return read_mac(at, value, building);
    case KIND_NUMBER: return read_number(at, value, building);
    case KIND_WORD: return read_word_number(at, value, building);
    case KIND_METHOD: return read_method(at, value, building);
    case KIND_TRUTH:
        if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
            return refuse(at, "neither true nor false");
        return add_number(at, building, value[0] == 't', value[0] == 't');
    case KIND_NAME: return read_name(at, value, building);
    case KIND_URI: return read_uri(at, value, building);
    case KIND_TEXT: return read_text(at, value, building);
    }
    return false;
}

static bool read_scalar(const struct place_of_value *at, const json_t *value,
                        struct building *building)
{
    char digits[24];
    switch (json_typeof(value)) {
    case JSON_STRING: return read_scalar_text(at, json_string_value(value), building);
    case JSON_INTEGER:
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
        return read_scalar_text(at, digits, building);
    case JSON_TRUE:
    case JSON_FALSE:
        if (at->field->kind != KIND_TRUTH)
            return refuse(at, "a truth value (quote it, when a text is meant)");
        return add_number(at, building, json_is_true(value), json_is_true(value));
    case JSON_REAL: return refuse(at, "a fraction (quote it, when a text is meant)");
    case JSON_NULL: return refuse(at, "there is no value");
    default: return refuse(at, "neither a value nor a list of values");
    }
}

/* Checks. */

static int compare_numbers(const void *a, const void *b)
{
    const struct number_range *x = a, *y = b;
    return x->low != y->low ? (x->low < y->low ? -1 : 1)
                            : (x->high > y->high) - (x->high < y->high);
}

static void join_numbers(struct building *building)
{
    size_t kept = 0;
    if (building->number_count == 0)
        return;
    qsort(building->numbers, building->number_count, sizeof *building->numbers, compare_numbers);
    for (size_t i = 1; i < building->number_count; i++) {
        struct number_range *last = &building->numbers[kept], *next = &building->numbers[i];
        if (next->low > last->high)
            building->numbers[++kept] = *next;
        else if (next->high > last->high)
            last->high = next->high;
    }
    building->number_count = kept + 1;
}

/* Hosts in and outside of networks become one set; only `external` alone stays what it is. */
static bool join_hosts(const struct place_of_value *at, struct building *building,
                       struct policy_check *check)
{
    struct ranges *ranges = &building->ranges, *locals = &building->locals;
    if (building->outside && ranges->count == 0 && building->text_count == 0 &&
        building->word_count == 0) {
        iotsig_ranges_sort(locals);
        if (iotsig_ranges_are_all(locals->items, locals->count))
            return refuse(at, "nothing is external: every address is local");
        struct ranges swap = *ranges;
        *ranges = *locals;
        *locals = swap;
        check->outside = true;
        return true;
    }
    if (building->outside) {
        iotsig_ranges_join(locals);
        if (!iotsig_ranges_invert(locals, policy_family(at->field->protocol)))
            return no_memory(at);
        for (size_t i = 0; i < locals->count; i++)
            if (!iotsig_ranges_add(ranges, &locals->items[i]))
                return no_memory(at);
        iotsig_ranges_join(ranges);
    } else {
        iotsig_ranges_sort(ranges);
    }
    return true;
}

static void *copy(const struct place_of_value *at, const void *items, size_t count, size_t size)
{
    void *to = iotsig_arena_get(arena_of(at), count * size);
    if (to == NULL)
        at->reader->no_memory = true;
    else if (count > 0)
        memcpy(to, items, count * size);
    return to;
}

static bool finish(const struct place_of_value *at, struct building *building,
                   struct policy_check *check)
{
    join_numbers(building);
    if (!join_hosts(at, building, check))
        return false;
    if (at->field->kind == KIND_TRUTH && building->number_count == 2)
        return refuse(at, "both true and false (leave the field out)");
    check->ranges = copy(at, building->ranges.items, building->ranges.count, sizeof *check->ranges);
    check->range_count = building->ranges.count;
    check->numbers = copy(at, building->numbers, building->number_count, sizeof *check->numbers);
    check->number_count = building->number_count;
    check->texts = copy(at, building->texts, building->text_count, sizeof *check->texts);
    check->text_count = building->text_count;
    check->words = copy(at, building->words, building->word_count, sizeof *check->words);
    check->word_count = building->word_count;
    return !at->reader->no_memory;
}

static bool read_values(struct place_of_value *at, const json_t *collection, const char *key,
                        struct building *building)
{
    const struct iotsig_tree *tree = at->reader->profile->tree;
    const json_t *value = json_object_get(collection, key), *item;
    bool good = true;
    size_t i;
    if (!json_is_array(value))
        return read_scalar(at, value, building);
    if (json_array_size(value) == 0)
        return refuse(at, "an empty list");
    if (json_array_size(value) > VALUES_MAX)
        return refuse(at, "a list of more than 4096 values");
    json_array_foreach(value, i, item) {
        if (tree != NULL)
            at->place = iotsig_tree_place(tree, value, NULL, i);
        good = read_scalar(at, item, building) && good;
    }
    return good;
}

bool iotsig_value_read(struct value_reader *reader, const struct policy_field *field,
                       const json_t *collection, const char *key, struct policy_check *check)
{
    const struct iotsig_allocator *allocator = &reader->profile->list->context->allocator;
    const struct iotsig_tree *tree = reader->profile->tree;
    struct place_of_value at = {.reader = reader, .field = field};
    struct building building = {.ranges = {.allocator = allocator},
                                .locals = {.allocator = allocator}};
    if (tree != NULL)
        at.place = iotsig_tree_place(tree, collection, key, 0);
    *check = (struct policy_check){.field = field};
    bool good = read_values(&at, collection, key, &building) && finish(&at, &building, check);
    iotsig_ranges_fini(&building.ranges);
    iotsig_ranges_fini(&building.locals);
    iotsig_memory_free(allocator, building.numbers);
    iotsig_memory_free(allocator, building.texts);
    iotsig_memory_free(allocator, building.words);
    return good;
}
