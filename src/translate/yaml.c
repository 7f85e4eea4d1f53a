/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "translate/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <yaml.h>

#include "base/error.h"
#include "base/output.h"

/* Writing. */

static int put(void *user, unsigned char *bytes, size_t n)
{
    iotsig_output_put(user, bytes, n);
    return 1;
}

/* Words that YAML 1.1 takes for null or a truth value. */
static bool is_word(const char *text)
{
    static const char *const words[] = {"",   "~",    "null",  "true",  "false", "yes",
                                        "no", "on",   "off",   "y",     "n",     "=",
                                        "<<", ".inf", "-.inf", "+.inf", ".nan"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* Whether a text could be a number, a time or a date: it begins like one and has no letters but
 * those of numbers. A dotted quad is none. */
static bool is_number_like(const char *text)
{
    size_t dots = 0;
    bool colon = false, other = false;
    if (strchr("0123456789+-.", text[0]) == NULL)
        return false;
    for (const char *at = text; *at != '\0'; at++) {
        dots += *at == '.';
        colon = colon || *at == ':';
        other = other || strchr("0123456789abcdefABCDEFxXoO_.,:+-TtZz ", *at) == NULL;
    }
    return !other && (dots != 3 || colon);
}

static yaml_scalar_style_t style_of(const char *text)
{
    return is_word(text) || is_number_like(text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                                                 : YAML_ANY_SCALAR_STYLE;
}

static bool emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
    return made == 1 && yaml_emitter_emit(emitter, event) == 1;
}

static bool emit_scalar(yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    return emit(emitter, &event,
                yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                             (int)strlen(text), 1, 1, style));
}

static bool emit_value(yaml_emitter_t *emitter, json_t *value);

static bool emit_mapping(yaml_emitter_t *emitter, json_t *object)
{
    yaml_event_t event;
    const char *name;
    json_t *value;
    if (!emit(emitter, &event,
              yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_ANY_MAPPING_STYLE)))
        return false;
    json_object_foreach(object, name, value)
        if (!emit_scalar(emitter, name, style_of(name)) || !emit_value(emitter, value))
            return false;
    return emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static bool emit_sequence(yaml_emitter_t *emitter, json_t *array)
{
    yaml_event_t event;
    json_t *value;
    size_t i;
    if (!emit(emitter, &event,
              yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                   YAML_FLOW_SEQUENCE_STYLE)))
        return false;
    json_array_foreach(array, i, value)
        if (!emit_value(emitter, value))
            return false;
    return emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

/* Trees that are written are made here or were read with bounded depth. */
static bool emit_value(yaml_emitter_t *emitter, json_t *value)
{
    char digits[32];
    switch (json_typeof(value)) {
    case JSON_OBJECT: return emit_mapping(emitter, value);
    case JSON_ARRAY: return emit_sequence(emitter, value);
    case JSON_STRING:
        return emit_scalar(emitter, json_string_value(value), style_of(json_string_value(value)));
    case JSON_INTEGER:
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
        return emit_scalar(emitter, digits, YAML_PLAIN_SCALAR_STYLE);
    case JSON_REAL:
        snprintf(digits, sizeof digits, "%.17g", json_real_value(value));
        return emit_scalar(emitter, digits, YAML_PLAIN_SCALAR_STYLE);
    default:
        return emit_scalar(emitter,
                           json_is_true(value)    ? "true"
                           : json_is_false(value) ? "false"
                                                  : "null",
                           YAML_PLAIN_SCALAR_STYLE);
    }
}

int iotsig_yaml_write(struct iotsig_output *output, json_t *root, struct iotsig_error *error)
{
    yaml_emitter_t emitter;
    yaml_event_t event;
    if (yaml_emitter_initialize(&emitter) != 1)
        return iotsig_fail_memory(error);
    yaml_emitter_set_output(&emitter, put, output);
    yaml_emitter_set_width(&emitter, -1);
    bool done =
        emit(&emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
        emit(&emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
        emit_value(&emitter, root) &&
        emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
        emit(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
    return done ? 0 : iotsig_fail_memory(error);
}

/*
 * Reading: by events, so that what is too deep or too much ends the reading where it stands, and is
 * not first held in memory. An alias shares the value of its anchor, and counts as a copy of it
 * would.
 */

struct reading {
    yaml_parser_t parser;
    struct bytes bytes;
    json_t *anchors; /* name: [value, values in it, bytes in it] */
    size_t values, text;
    struct yaml_sink *sink; /* may be NULL */
    struct iotsig_error *error;
};

static int fail_at(const struct reading *reading, int status, const yaml_mark_t *mark,
                   const char *what)
{
    iotsig_fail(reading->error, status, "YAML: %s", what);
    return iotsig_fail_at(reading->error, status, "line %zu, column %zu", mark->line + 1,
                          mark->column + 1);
}

/* Where a byte is: what is no text has no mark. */
static yaml_mark_t mark_of(struct bytes bytes, size_t offset)
{
    yaml_mark_t mark = {0, 0, 0};
    for (size_t i = 0; i < offset && i < bytes.n; i++) {
        bool line = bytes.p[i] == '\n', begins = (bytes.p[i] & 0xc0) != 0x80;
        mark.line += line;
        mark.column = line ? 0 : mark.column + begins;
    }
    return mark;
}

static int fail_parser(const struct reading *reading)
{
    const yaml_parser_t *parser = &reading->parser;
    const char *problem = parser->problem != NULL ? parser->problem : "it cannot be read";
    /* Of memory it may say nothing. */
    if (parser->error == YAML_MEMORY_ERROR || parser->error == YAML_NO_ERROR)
        return iotsig_fail_memory(reading->error);
    yaml_mark_t mark = parser->error == YAML_READER_ERROR
                           ? mark_of(reading->bytes, parser->problem_offset)
                           : parser->problem_mark;
    return fail_at(reading, IOTSIG_ERR_FORMAT, &mark, problem);
}

static int next_event(struct reading *reading, yaml_event_t *event)
{
    return yaml_parser_parse(&reading->parser, event) == 1 ? 0 : fail_parser(reading);
}

/* Counts values and the bytes of their texts. */
static int count(struct reading *reading, size_t values, size_t text, const yaml_mark_t *mark)
{
    reading->values += values;
    reading->text += text;
    if (reading->values <= YAML_VALUES_MAX && reading->text <= YAML_TEXT_MAX)
        return 0;
    return fail_at(reading, IOTSIG_ERR_LIMIT, mark, "too many values");
}

#define CORE_TAG "tag:yaml.org,2002:"

/* Whether a tag is one of YAML's own, such as `!!str`, or "!": no more than a text. */
static bool is_known_tag(const yaml_char_t *tag, const char *const names[])
{
    const char *text = (const char *)tag;
    if (tag == NULL)
        return true;
    if (strncmp(text, CORE_TAG, strlen(CORE_TAG)) != 0)
        return strcmp(text, "!") == 0;
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(text + strlen(CORE_TAG), names[i]) == 0)
            return true;
    return false;
}

static const char *const scalar_tags[] = {"str", "int", "float", "bool", "null", NULL},
                         *const sequence_tags[] = {"seq", NULL},
                         *const mapping_tags[] = {"map", NULL};

json_t *iotsig_yaml_plain(const char *text)
{
    static const char *const truths[] = {"true", "yes", "on", "false", "no", "off"};
    char *end;
    if (text[0] == '\0' || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0)
        return json_null();
    for (size_t i = 0; i < 6; i++)
        if (strcasecmp(text, truths[i]) == 0)
            return json_boolean(i < 3);
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (*end == '\0' && end != text && errno == 0 && strchr("-0123456789", text[0]) != NULL)
        return json_integer(number);
    return json_string(text);
}

static bool has_nul(const yaml_event_t *scalar)
{
    return strlen((const char *)scalar->data.scalar.value) != scalar->data.scalar.length;
}

/* A sink is told of a value that was put into a collection. */
static int tell(struct reading *reading, const json_t *collection, const char *key, size_t index,
                const yaml_mark_t *mark)
{
    struct yaml_sink *sink = reading->sink;
    bool told = sink == NULL ||
                sink->place(sink->user, collection, key, index, mark->line + 1, mark->column + 1);
    return told ? 0 : iotsig_fail_memory(reading->error);
}

static bool is_include(const struct reading *reading, const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    return reading->sink != NULL && event->type == YAML_SCALAR_EVENT && tag != NULL &&
           strcmp(tag, "!include") == 0;
}

static int scalar_value(struct reading *reading, const yaml_event_t *event, json_t **out)
{
    struct yaml_sink *sink = reading->sink;
    const char *text = (const char *)event->data.scalar.value,
               *tag = (const char *)event->data.scalar.tag;
    bool is_text = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
                   (tag != NULL && (strcmp(tag, "!") == 0 || strcmp(tag, CORE_TAG "str") == 0));
    if (has_nul(event)) /* no text of ours has one */
        return fail_at(reading, IOTSIG_ERR_FORMAT, &event->start_mark, "a text with a NUL");
    if (is_include(reading, event))
        *out = sink->include(sink->user, text, event->start_mark.line + 1,
                             event->start_mark.column + 1);
    else
        *out = is_text ? json_string(text) : iotsig_yaml_plain(text);
    return *out != NULL ? 0 : iotsig_fail_memory(reading->error);
}

static int read_value(struct reading *reading, yaml_event_t *event, unsigned depth, json_t **out);

static int read_sequence(struct reading *reading, unsigned depth, json_t *array)
{
    for (;;) {
        yaml_event_t event;
        json_t *value;
        int status = next_event(reading, &event);
        if (status != 0)
            return status;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return 0;
        }
        yaml_mark_t mark = event.start_mark;
        status = read_value(reading, &event, depth + 1, &value);
        if (status != 0)
            return status;
        if (json_array_append_new(array, value) != 0)
            return iotsig_fail_memory(reading->error);
        status = tell(reading, array, NULL, json_array_size(array) - 1, &mark);
        if (status != 0)
            return status;
    }
}

static int check_key(struct reading *reading, const yaml_event_t *key, json_t *object)
{
    const char *wrong = NULL;
    if (key->type != YAML_SCALAR_EVENT || has_nul(key))
        wrong = "a key is no text";
    else if (!is_known_tag(key->data.scalar.tag, scalar_tags))
        wrong = "a tag that is not known";
    else if (key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
             strcmp((const char *)key->data.scalar.value, "<<") == 0)
        wrong = "merge keys are not read (write the members out)";
    else if (json_object_get(object, (const char *)key->data.scalar.value) != NULL)
        wrong = "a key is there twice";
    if (wrong != NULL)
        return fail_at(reading, IOTSIG_ERR_FORMAT, &key->start_mark, wrong);
    return count(reading, 0, key->data.scalar.length, &key->start_mark);
}

/* The member whose key has been read; it is freed. */
static int read_member(struct reading *reading, yaml_event_t *key, unsigned depth, json_t *object)
{
    const char *name = (const char *)key->data.scalar.value;
    yaml_event_t event;
    json_t *value = NULL;
    int status = check_key(reading, key, object);
    if (status == 0)
        status = next_event(reading, &event);
    if (status == 0)
        status = read_value(reading, &event, depth + 1, &value);
    if (status == 0 && json_object_set_new(object, name, value) != 0)
        status = iotsig_fail_memory(reading->error);
    if (status == 0)
        status = tell(reading, object, name, 0, &key->start_mark);
    yaml_event_delete(key);
    return status;
}

static int read_mapping(struct reading *reading, unsigned depth, json_t *object)
{
    for (;;) {
        yaml_event_t key;
        int status = next_event(reading, &key);
        if (status != 0)
            return status;
        if (key.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&key);
            return 0;
        }
        status = read_member(reading, &key, depth, object);
        if (status != 0)
            return status;
    }
}

static int read_alias(struct reading *reading, const yaml_event_t *event, json_t **out)
{
    json_t *known = json_object_get(reading->anchors, (const char *)event->data.alias.anchor);
    if (known == NULL)
        return fail_at(reading, IOTSIG_ERR_FORMAT, &event->start_mark, "found undefined alias");
    *out = json_incref(json_array_get(known, 0));
    int status = count(reading, (size_t)json_integer_value(json_array_get(known, 1)),
                       (size_t)json_integer_value(json_array_get(known, 2)), &event->start_mark);
    if (status != 0)
        json_decref(*out);
    return status;
}

/* A collection of an event's kind, or a scalar. */
static int read_new(struct reading *reading, const yaml_event_t *event, unsigned depth,
                    json_t **out)
{
    bool sequence = event->type == YAML_SEQUENCE_START_EVENT;
    if (is_include(reading, event))
        return scalar_value(reading, event, out);
    if (!(event->type == YAML_SCALAR_EVENT ? is_known_tag(event->data.scalar.tag, scalar_tags)
          : sequence ? is_known_tag(event->data.sequence_start.tag, sequence_tags)
                     : is_known_tag(event->data.mapping_start.tag, mapping_tags)))
        return fail_at(reading, IOTSIG_ERR_FORMAT, &event->start_mark, "a tag that is not known");
    if (event->type == YAML_SCALAR_EVENT)
        return scalar_value(reading, event, out);
    *out = sequence ? json_array() : json_object();
    if (*out == NULL)
        return iotsig_fail_memory(reading->error);
    int status =
        sequence ? read_sequence(reading, depth, *out) : read_mapping(reading, depth, *out);
    if (status != 0)
        json_decref(*out);
    return status;
}

/* An anchor is known behind its value only, so none can hold itself. */
static int keep_anchor(struct reading *reading, const yaml_char_t *anchor, json_t *value,
                       size_t values, size_t text)
{
    json_t *known = json_pack("[O, I, I]", value, (json_int_t)(reading->values - values),
                              (json_int_t)(reading->text - text));
    return known != NULL && json_object_set_new(reading->anchors, (const char *)anchor, known) == 0
               ? 0
               : iotsig_fail_memory(reading->error);
}

/* The value that begins with an event, which is freed. */
static int read_value(struct reading *reading, yaml_event_t *event, unsigned depth, json_t **out)
{
    size_t values = reading->values, text = reading->text;
    bool scalar = event->type == YAML_SCALAR_EVENT;
    const yaml_char_t *anchor = NULL;
    int status;
    if (depth > YAML_DEPTH_MAX)
        status = fail_at(reading, IOTSIG_ERR_LIMIT, &event->start_mark, "nested too deep");
    else
        status = count(reading, 1, scalar ? event->data.scalar.length : 0, &event->start_mark);
    if (status == 0 && event->type == YAML_ALIAS_EVENT) {
        status = read_alias(reading, event, out);
    } else if (status == 0) {
        anchor = scalar                                     ? event->data.scalar.anchor
                 : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
                                                            : event->data.mapping_start.anchor;
        status = read_new(reading, event, depth, out);
    }
    if (status == 0 && anchor != NULL &&
        (status = keep_anchor(reading, anchor, *out, values, text)) != 0)
        json_decref(*out);
    yaml_event_delete(event);
    return status;
}

/* The next event, which must not be the end of the file; freed when it is no value. */
static int expect(struct reading *reading, yaml_event_type_t type)
{
    yaml_event_t event;
    int status = next_event(reading, &event);
    if (status != 0)
        return status;
    if (event.type != type)
        status = event.type == YAML_STREAM_END_EVENT
                     ? iotsig_fail(reading->error, IOTSIG_ERR_FORMAT, "YAML: nothing is in it")
                     : fail_at(reading, IOTSIG_ERR_FORMAT, &event.start_mark,
                               "a second document (give each a file)");
    yaml_event_delete(&event);
    return status;
}

static int read_document(struct reading *reading, json_t **root)
{
    yaml_event_t event;
    int status = expect(reading, YAML_STREAM_START_EVENT);
    if (status == 0)
        status = expect(reading, YAML_DOCUMENT_START_EVENT);
    if (status == 0)
        status = next_event(reading, &event);
    if (status == 0)
        status = read_value(reading, &event, 0, root);
    if (status != 0)
        return status;
    status = expect(reading, YAML_DOCUMENT_END_EVENT);
    if (status == 0)
        status = expect(reading, YAML_STREAM_END_EVENT);
    if (status != 0)
        json_decref(*root);
    return status;
}

int iotsig_yaml_parse(struct bytes bytes, struct yaml_sink *sink, json_t **out,
                      struct iotsig_error *error)
{
    struct reading reading = {.bytes = bytes,
                              .anchors = json_object(),
                              .sink = sink,
                              .error = error};
    json_t *root;
    if (reading.anchors == NULL || yaml_parser_initialize(&reading.parser) != 1) {
        json_decref(reading.anchors);
        return iotsig_fail_memory(error);
    }
    if (sink != NULL) {
        reading.values = sink->values;
        reading.text = sink->text;
    }
    const uint8_t nothing = 0; /* libyaml takes no NULL */
    yaml_parser_set_input_string(&reading.parser, bytes.n > 0 ? bytes.p : &nothing, bytes.n);
    int status = read_document(&reading, &root);
    if (status == 0)
        *out = root;
    if (sink != NULL) {
        sink->values = reading.values;
        sink->text = reading.text;
    }
    yaml_parser_delete(&reading.parser);
    json_decref(reading.anchors);
    return status;
}
