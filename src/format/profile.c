/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles: the policies of flows, in YAML and JSON. */
#include <stdio.h>

#include "base/error.h"
#include "base/output.h"
#include "flow/patterns.h"
#include "format/cells.h"
#include "translate/policy.h"
#include "translate/yaml.h"

/* JSON of a tree; those that are written were made here. */
static void put_tree(struct iotsig_output *output, json_t *value)
{
    const char *name, *between = "";
    json_t *item;
    size_t i;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_string(output, "{");
        json_object_foreach(value, name, item)
        {
            put_string(output, between);
            iotsig_put_json(output, text_of(name));
            put_string(output, ":");
            put_tree(output, item);
            between = ",";
        }
        put_string(output, "}");
        break;
    case JSON_ARRAY:
        put_string(output, "[");
        json_array_foreach(value, i, item)
        {
            put_string(output, i == 0 ? "" : ",");
            put_tree(output, item);
        }
        put_string(output, "]");
        break;
    case JSON_STRING:
        iotsig_put_json(output, text_of(json_string_value(value)));
        break;
    case JSON_INTEGER:
        iotsig_put_number(output, (uint64_t)json_integer_value(value));
        break;
    default:
        put_string(output, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
    }
}

static bool add_text(json_t *object, const char *name, const char *text)
{
    return text == NULL || json_object_set_new(object, name, json_string(text)) == 0;
}

static json_t *device_info(const struct iotsig_device *device)
{
    json_t *info = json_object();
    if (info != NULL && add_text(info, "name", device->name) &&
        add_text(info, "mac", device->mac) && add_text(info, "ipv4", device->ipv4) &&
        add_text(info, "ipv6", device->ipv6))
        return info;
    json_decref(info);
    return NULL;
}

static bool add_policies(json_t *policies, const struct iotsig_pattern *pattern,
                         const struct iotsig_device *device, const struct iotsig_same_hosts *same)
{
    char id[IOTSIG_FLOW_ID];
    for (size_t i = 0; i < pattern->count; i++) {
        json_t *policy = iotsig_policy_of(pattern, i, device, same);
        iotsig_pattern_flow_id(pattern, i, id);
        if (policy == NULL || json_object_set_new(policies, id, policy) != 0)
            return false;
    }
    return true;
}

/* The longest name of a group, and room for its number. */
#define GROUP_MAX 480
#define GROUP_ROOM (GROUP_MAX + 32)

/* As much of a name as there is room for; what is no UTF-8 becomes `?`, for a key is a text. */
static void name_group(char to[GROUP_ROOM], const char *name)
{
    struct bytes rest = {(const uint8_t *)name, strlen(name)};
    size_t end = 0;
    while (rest.n > 0) {
        size_t n = iotsig_utf8_length(rest), step = n > 0 ? n : 1;
        if (end + step > GROUP_MAX)
            break;
        if (n > 0)
            memcpy(to + end, rest.p, n);
        else
            to[end] = '?';
        end += step;
        rest = (struct bytes){rest.p + step, rest.n - step};
    }
    to[end] = '\0';
}

/* Under a name that is not taken: "plug", "plug-2", ... */
static bool add_group(json_t *policies, const char *name, json_t *group)
{
    char numbered[GROUP_ROOM];
    name_group(numbered, name);
    size_t n = strlen(numbered);
    for (unsigned i = 2; json_object_get(policies, numbered) != NULL; i++)
        snprintf(numbered + n, sizeof numbered - n, "-%u", i);
    return json_object_set_new(policies, numbered, group) == 0;
}

/* The policies of one pattern lie flat, those of several each in a group of its name. */
static bool add_all(json_t *policies, const struct iotsig_patterns *patterns,
                    const struct iotsig_device *device)
{
    const struct iotsig_same_hosts *same = patterns->options.same_hosts;
    if (patterns->count == 1)
        return add_policies(policies, patterns->items[0].pattern, device, same);
    for (size_t i = 0; i < patterns->count; i++) {
        json_t *group = json_object();
        if (group == NULL || !add_policies(group, patterns->items[i].pattern, device, same)) {
            json_decref(group);
            return false;
        }
        if (!add_group(policies, patterns->items[i].input, group))
            return false;
    }
    return true;
}

int iotsig_profile_write(const struct iotsig_patterns *patterns,
                         const struct iotsig_device *device, struct iotsig_output *output,
                         const struct iotsig_style *style, struct iotsig_error *error)
{
    if (style->format != IOTSIG_FORMAT_YAML && style->format != IOTSIG_FORMAT_JSON)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "a profile is yaml or json");
    int status = iotsig_device_check(device, error);
    if (status != 0)
        return status;
    json_t *root = json_object(), *policies = json_object();
    if (root == NULL || policies == NULL ||
        json_object_set_new(root, "device-info", device_info(device)) != 0 ||
        json_object_set(root, "single-policies", policies) != 0 ||
        !add_all(policies, patterns, device)) {
        status = iotsig_fail_memory(error);
    } else if (style->format == IOTSIG_FORMAT_YAML) {
        status = iotsig_yaml_write(output, root, error);
    } else {
        put_tree(output, root);
        put_string(output, "\n");
    }
    json_decref(policies);
    json_decref(root);
    return status;
}
