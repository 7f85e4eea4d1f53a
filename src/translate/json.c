/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "translate/json.h"

#include <stdio.h>

#include "base/output.h"

static void put_object(struct iotsig_output *output, json_t *object)
{
    const char *name, *between = "";
    json_t *item;
    put_string(output, "{");
    json_object_foreach(object, name, item) {
        put_string(output, between);
        iotsig_put_json(output, text_of(name));
        put_string(output, ":");
        iotsig_put_tree(output, item);
        between = ",";
    }
    put_string(output, "}");
}

static void put_array(struct iotsig_output *output, json_t *array)
{
    json_t *item;
    size_t i;
    put_string(output, "[");
    json_array_foreach(array, i, item) {
        put_string(output, i == 0 ? "" : ",");
        iotsig_put_tree(output, item);
    }
    put_string(output, "]");
}

void iotsig_put_tree(struct iotsig_output *output, json_t *value)
{
    char digits[32];
    switch (json_typeof(value)) {
    case JSON_OBJECT: put_object(output, value); break;
    case JSON_ARRAY: put_array(output, value); break;
    case JSON_STRING: iotsig_put_json(output, text_of(json_string_value(value))); break;
    case JSON_INTEGER:
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
        put_string(output, digits);
        break;
    case JSON_REAL:
        snprintf(digits, sizeof digits, "%.17g", json_real_value(value));
        put_string(output, digits);
        break;
    default:
        put_string(output, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
    }
}
