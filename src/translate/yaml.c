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
    static const char *const words[] = {"",    "~",  "null", "true", "false", "yes",
                                        "no",  "on", "off",  "y",    "n",     "=", "<<"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* Whether a text could be a number, a time or a date: it begins like one and has no letters but those
 * of numbers. A dotted quad is none. */
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
    case JSON_OBJECT:
        return emit_mapping(emitter, value);
    case JSON_ARRAY:
        return emit_sequence(emitter, value);
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
        emit(&emitter, &event,
             yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
        emit_value(&emitter, root) &&
        emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
        emit(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
    return done ? 0 : iotsig_fail_memory(error);
}

/* Reading. */

struct reading {
    yaml_document_t document;
    size_t values;
    struct iotsig_error *error;
};

static int fail_at(struct iotsig_error *error, int status, const yaml_mark_t *mark,
                   const char *what)
{
    iotsig_fail(error, status, "YAML: %s", what);
    return iotsig_fail_at(error, status, "line %zu, column %zu", mark->line + 1, mark->column + 1);
}

/* A plain scalar: null, a truth value, an integer, or a text. */
static json_t *plain_value(const char *text)
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

static json_t *scalar_value(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length)
        return NULL; /* a NUL: no text of ours has one */
    return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain_value(text)
                                                              : json_string(text);
}

static int convert(struct reading *reading, int number, unsigned depth, json_t **out);

static int convert_sequence(struct reading *reading, const yaml_node_t *node, unsigned depth,
                            json_t *array)
{
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        json_t *value;
        int status = convert(reading, *item, depth + 1, &value);
        if (status != 0)
            return status;
        if (json_array_append_new(array, value) != 0)
            return iotsig_fail_memory(reading->error);
    }
    return 0;
}

static int convert_mapping(struct reading *reading, const yaml_node_t *node, unsigned depth,
                           json_t *object)
{
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&reading->document, pair->key);
        json_t *value;
        if (key == NULL || key->type != YAML_SCALAR_NODE ||
            strlen((const char *)key->data.scalar.value) != key->data.scalar.length)
            return fail_at(reading->error, IOTSIG_ERR_FORMAT,
                           key != NULL ? &key->start_mark : &node->start_mark, "a key is no text");
        const char *name = (const char *)key->data.scalar.value;
        if (json_object_get(object, name) != NULL)
            return fail_at(reading->error, IOTSIG_ERR_FORMAT, &key->start_mark,
                           "a key is there twice");
        int status = convert(reading, pair->value, depth + 1, &value);
        if (status != 0)
            return status;
        if (json_object_set_new(object, name, value) != 0) /* also where the key is no UTF-8 */
            return fail_at(reading->error, IOTSIG_ERR_FORMAT, &key->start_mark,
                           "a key cannot be kept");
    }
    return 0;
}

static int convert(struct reading *reading, int number, unsigned depth, json_t **out)
{
    const yaml_node_t *node = yaml_document_get_node(&reading->document, number);
    if (depth > YAML_DEPTH_MAX || ++reading->values > YAML_VALUES_MAX)
        return fail_at(reading->error, IOTSIG_ERR_LIMIT, &node->start_mark,
                       depth > YAML_DEPTH_MAX ? "nested too deep" : "too many values");
    json_t *value = node->type == YAML_SCALAR_NODE     ? scalar_value(node)
                    : node->type == YAML_SEQUENCE_NODE ? json_array()
                                                       : json_object();
    if (value == NULL)
        return fail_at(reading->error, IOTSIG_ERR_FORMAT, &node->start_mark,
                       "a text that cannot be kept");
    int status = 0;
    if (node->type == YAML_SEQUENCE_NODE)
        status = convert_sequence(reading, node, depth, value);
    else if (node->type == YAML_MAPPING_NODE)
        status = convert_mapping(reading, node, depth, value);
    if (status != 0)
        json_decref(value);
    else
        *out = value;
    return status;
}

static int fail_parser(const yaml_parser_t *parser, struct iotsig_error *error)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return iotsig_fail_memory(error);
    return fail_at(error, IOTSIG_ERR_FORMAT, &parser->problem_mark,
                   parser->problem != NULL ? parser->problem : "it cannot be read");
}

int iotsig_yaml_parse(struct bytes bytes, json_t **out, struct iotsig_error *error)
{
    yaml_parser_t parser;
    struct reading reading = {.error = error};
    int status;
    if (yaml_parser_initialize(&parser) != 1)
        return iotsig_fail_memory(error);
    yaml_parser_set_input_string(&parser, bytes.p, bytes.n);
    if (yaml_parser_load(&parser, &reading.document) != 1) {
        status = fail_parser(&parser, error);
    } else {
        if (yaml_document_get_root_node(&reading.document) == NULL)
            status = iotsig_fail(error, IOTSIG_ERR_FORMAT, "YAML: nothing is in it");
        else
            status = convert(&reading, 1, 0, out);
        yaml_document_delete(&reading.document);
    }
    yaml_parser_delete(&parser);
    return status;
}
