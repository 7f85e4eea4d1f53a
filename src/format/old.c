/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Python package writes an application layer as the text of a Python value. Its attributes may
 * have other names (each protocol's row tells them), numbers instead of words, and texts that are
 * not escaped.
 */
#include "format/old.h"

#include <strings.h>

#include "app/app.h"
#include "base/error.h"
#include "format/python_literal.h"

/* Numbers from which words are looked for: behind them there are no names of their own. */
#define WORDS 512

/* The longest name of an attribute. */
#define ATTRIBUTE_NAME_MAX 32

/* What is made of one layer. */
struct old_layer {
    const struct iotsig_allocator *allocator;
    const struct app_protocol *protocol;
    json_t *object;
    struct iotsig_error *error;
};

static int fail(struct iotsig_error *error, const char *what)
{
    return iotsig_fail(error, IOTSIG_ERR_FORMAT,
                       "%s (want JSON, or a Python tuple of pairs, or a dict)", what);
}

static int set(struct old_layer *layer, const char *name, json_t *value)
{
    return json_object_set_new(layer->object, name, value) == 0 ? 0
                                                                : iotsig_fail_memory(layer->error);
}

/* Texts. */

/* The path of a CoAP request came out as "/b'oic'/b'res'": segments as Python bytes. */
static bool is_bytes_path(struct text text)
{
    for (size_t at = 0; at < text.n;) {
        size_t left = text.n - at;
        if (left < 4 || text.p[at] != '/' || text.p[at + 1] != 'b' ||
            (text.p[at + 2] != '\'' && text.p[at + 2] != '"'))
            return false;
        char quote = text.p[at + 2];
        for (at += 3; at < text.n && text.p[at] != quote; at++)
            at += text.p[at] == '\\';
        if (at++ >= text.n)
            return false;
    }
    return text.n > 0;
}

/* The end of the segment of such a path that begins at `at`. */
static size_t segment_end(struct text text, size_t at)
{
    char quote = text.p[at + 2];
    for (at += 3; text.p[at] != quote; at++)
        at += text.p[at] == '\\';
    return at + 1;
}

/* Appends bytes, escaped; a slash among them is no separator. */
static char *put_segment(char *to, struct bytes bytes)
{
    *to++ = '/';
    for (struct cursor at = cursor_of(bytes); at.left > 0;) {
        uint8_t byte = cursor_u8(&at);
        if (byte == '/') {
            memcpy(to, "\\047", 4);
            to += 4;
        } else {
            to = iotsig_escape_byte(to, byte);
        }
    }
    return to;
}

static int put_bytes_path(struct old_layer *layer, struct text text, char *to, char **end)
{
    for (size_t at = 0; at < text.n;) {
        size_t after = segment_end(text, at);
        json_t *segment;
        int status =
            iotsig_python_literal(layer->allocator, (struct text){text.p + at + 1, after - at - 1},
                                  &segment, layer->error);
        if (status != 0)
            return status;
        to = put_segment(to, (struct bytes){(const uint8_t *)json_string_value(segment),
                                            json_string_length(segment)});
        json_decref(segment);
        at = after;
    }
    *end = to;
    return 0;
}

/* A text, of which nothing is escaped yet. */
static int set_text(struct old_layer *layer, int index, struct text text)
{
    bool path = layer->protocol->attributes[index].kind == APP_URI && is_bytes_path(text);
    char *room = iotsig_memory_get(layer->allocator, text.n * IOTSIG_ESCAPED_MAX + 1), *end = room;
    int status = 0;
    if (room == NULL)
        return iotsig_fail_memory(layer->error);
    if (path)
        status = put_bytes_path(layer, text, room, &end);
    else
        end += iotsig_escape(room, text.n * IOTSIG_ESCAPED_MAX,
                             (struct bytes){(const uint8_t *)text.p, text.n});
    if (status == 0)
        status = set(layer, layer->protocol->attributes[index].name,
                     json_stringn(room, (size_t)(end - room)));
    iotsig_memory_free(layer->allocator, room);
    return status;
}

static int set_number(struct old_layer *layer, int index, uint64_t number)
{
    char room[APP_WORD], digits[20];
    const char *word =
        layer->protocol->word == NULL ? NULL : layer->protocol->word(index, number, room);
    if (word != NULL)
        return set_text(layer, index, text_of(word));
    return set_text(layer, index,
                    (struct text){digits, (size_t)(iotsig_write_number(digits, number) - digits)});
}

/* A word as the protocol has it, where it is one in another case: "aaaa" is AAAA. */
static int set_word(struct old_layer *layer, int index, struct text text)
{
    uint64_t number;
    char room[APP_WORD];
    bool words = layer->protocol->word != NULL && text.n < APP_WORD;
    if (words && iotsig_number(text, UINT16_MAX, &number))
        return set_number(layer, index, number);
    for (number = 0; words && number < WORDS; number++) {
        const char *word = layer->protocol->word(index, number, room);
        if (word != NULL && strlen(word) == text.n && strncasecmp(word, text.p, text.n) == 0)
            return set_text(layer, index, text_of(word));
    }
    return set_text(layer, index, text);
}

/* One attribute. */

static int set_truth(struct old_layer *layer, int index, json_t *value, bool opposite)
{
    bool truth = json_is_true(value) || json_integer_value(value) == 1;
    if (!json_is_boolean(value) &&
        (!json_is_integer(value) || json_integer_value(value) > 1 || json_integer_value(value) < 0))
        return fail(layer->error, "a truth value that is none");
    return set(layer, layer->protocol->attributes[index].name, json_boolean(truth != opposite));
}

static int set_attribute(struct old_layer *layer, struct text name, json_t *value)
{
    int index;
    bool opposite;
    if (json_is_null(value) || text_equal(name, TEXT("protocol")))
        return 0;
    if (!iotsig_app_find(layer->protocol, name, &index, &opposite))
        return fail(layer->error, "an attribute that its protocol does not have");
    const char *own = layer->protocol->attributes[index].name;
    enum app_kind kind = layer->protocol->attributes[index].kind;
    if (!text_equal(name, text_of(own)) && json_object_get(layer->object, own) != NULL)
        return 0; /* its own name tells it */
    if (kind == APP_TRUTH)
        return set_truth(layer, index, value, opposite);
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        return set_number(layer, index, (uint64_t)json_integer_value(value));
    if (!json_is_string(value))
        return fail(layer->error, "an attribute that is no text");
    struct text text = {json_string_value(value), json_string_length(value)};
    return kind == APP_NAME || kind == APP_URI ? set_text(layer, index, text)
                                               : set_word(layer, index, text);
}

/* Multicast DNS is DNS on another port. */
static const struct app_protocol *protocol_of(struct text name)
{
    bool multicast = name.n == 4 && strncasecmp(name.p, "mdns", 4) == 0;
    return iotsig_app_protocol(multicast ? TEXT("DNS") : name);
}

static int begin(struct old_layer *layer, struct text protocol)
{
    layer->protocol = protocol_of(protocol);
    if (layer->protocol == NULL)
        return fail(layer->error, "no application layer of a known protocol");
    layer->object = json_object();
    return layer->object == NULL ? iotsig_fail_memory(layer->error)
                                 : set(layer, "protocol", json_string(layer->protocol->name));
}

/* Python values. */

static bool is_pair(json_t *value)
{
    return json_is_array(value) && json_array_size(value) == 2 &&
           json_is_string(json_array_get(value, 0));
}

static struct text text_value(json_t *value)
{
    return (struct text){json_string_value(value), json_string_length(value)};
}

static int take_pairs(struct old_layer *layer, json_t *pairs)
{
    json_t *pair, *protocol = NULL;
    size_t i;
    int status;
    json_array_foreach(pairs, i, pair) {
        if (!is_pair(pair))
            return fail(layer->error, "a list, and not of pairs");
        if (text_equal(text_value(json_array_get(pair, 0)), TEXT("protocol")))
            protocol = json_array_get(pair, 1);
    }
    if (!json_is_string(protocol))
        return fail(layer->error, "no \"protocol\"");
    status = begin(layer, text_value(protocol));
    json_array_foreach(pairs, i, pair) {
        if (status == 0)
            status =
                set_attribute(layer, text_value(json_array_get(pair, 0)), json_array_get(pair, 1));
    }
    return status;
}

static int take_dict(struct old_layer *layer, json_t *dict)
{
    json_t *protocol = json_object_get(dict, "protocol"), *value;
    const char *name;
    if (!json_is_string(protocol))
        return fail(layer->error, "no \"protocol\"");
    int status = begin(layer, text_value(protocol));
    json_object_foreach(dict, name, value) {
        if (status == 0)
            status = set_attribute(layer, text_of(name), value);
    }
    return status;
}

static int take_literal(struct old_layer *layer, struct text text)
{
    json_t *value;
    int status = iotsig_python_literal(layer->allocator, text, &value, layer->error);
    if (status != 0)
        return status;
    if (json_array_size(value) == 0 && json_object_size(value) == 0)
        layer->object = json_null();
    else
        status = json_is_array(value) ? take_pairs(layer, value) : take_dict(layer, value);
    json_decref(value);
    return status;
}

/* What str() gives: "DNS - response: False, qtype: A". */

static size_t find(struct text text, size_t from, struct text what)
{
    for (size_t at = from; at + what.n <= text.n; at++)
        if (memcmp(text.p + at, what.p, what.n) == 0)
            return at;
    return text.n;
}

static struct text slice(struct text text, size_t from, size_t to)
{
    return (struct text){text.p + from, to - from};
}

/* Where the value at `at` ends: before the next ", name: ", as a comma may be a part of it. */
static size_t value_end(const struct app_protocol *protocol, struct text text, size_t at)
{
    for (at = find(text, at, TEXT(", ")); at < text.n; at = find(text, at + 1, TEXT(", "))) {
        int index;
        bool opposite;
        size_t left = text.n - at - 2;
        struct text rest = {text.p + at + 2, left < ATTRIBUTE_NAME_MAX ? left : ATTRIBUTE_NAME_MAX};
        if (iotsig_app_find(protocol, slice(rest, 0, find(rest, 0, TEXT(": "))), &index, &opposite))
            break;
    }
    return at;
}

/* A value is a text without quotes; of "CoAPType.CON" what is behind the dot. */
static int set_shown(struct old_layer *layer, struct text name, struct text shown)
{
    int index;
    bool opposite;
    if (text_equal(shown, TEXT("None")))
        return 0;
    if (iotsig_app_find(layer->protocol, name, &index, &opposite) &&
        layer->protocol->attributes[index].kind == APP_NOTE && find(shown, 0, TEXT(".")) < shown.n)
        shown = slice(shown, find(shown, 0, TEXT(".")) + 1, shown.n);
    json_t *value = text_equal(shown, TEXT("True"))    ? json_true()
                    : text_equal(shown, TEXT("False")) ? json_false()
                                                       : json_stringn_nocheck(shown.p, shown.n);
    if (value == NULL)
        return iotsig_fail_memory(layer->error);
    int status = set_attribute(layer, name, value);
    json_decref(value);
    return status;
}

static int take_shown(struct old_layer *layer, struct text text)
{
    size_t dash = find(text, 0, TEXT(" - "));
    int status = begin(layer, slice(text, 0, dash));
    for (size_t at = dash + 3; status == 0 && at < text.n;) {
        size_t colon = find(text, at, TEXT(": "));
        if (colon == text.n)
            return fail(layer->error, "an attribute without a value");
        size_t end = value_end(layer->protocol, text, colon + 2);
        status = set_shown(layer, slice(text, at, colon), slice(text, colon + 2, end));
        at = end + 2;
    }
    return status;
}

int iotsig_old_layer(const struct iotsig_allocator *allocator, struct text text, json_t **out,
                     struct iotsig_error *error)
{
    struct old_layer layer = {.allocator = allocator, .error = error};
    bool literal = text.n > 0 && (text.p[0] == '(' || text.p[0] == '[' || text.p[0] == '{');
    int status = literal ? take_literal(&layer, text) : take_shown(&layer, text);
    if (status != 0) {
        json_decref(layer.object);
        return status;
    }
    *out = layer.object;
    return 0;
}
