/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles of flows: a policy each. */
#include <stdio.h>

#include "base/error.h"
#include "flow/patterns.h"
#include "translate/policy.h"
#include "translate/profile.h"

static bool add_text(json_t *object, const char *name, const char *text)
{
    return text == NULL || json_object_set_new(object, name, json_string(text)) == 0;
}

json_t *iotsig_device_tree(const struct iotsig_device *device)
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

/* The longest name, and room for its number. */
#define NAME_LENGTH_MAX  480
#define NAME_ROOM (NAME_LENGTH_MAX + 32)

/* As much of a name as there is room for; what is no UTF-8 becomes `?`, for a key is a text. */
static void clean_name(char to[NAME_ROOM], const char *name)
{
    struct bytes rest = {(const uint8_t *)name, strlen(name)};
    size_t end = 0;
    while (rest.n > 0) {
        size_t n = iotsig_utf8_length(rest), step = n > 0 ? n : 1;
        if (end + step > NAME_LENGTH_MAX)
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
bool iotsig_policies_add(json_t *policies, const char *name, json_t *value)
{
    char numbered[NAME_ROOM];
    clean_name(numbered, name);
    size_t n = strlen(numbered);
    for (unsigned i = 2; json_object_get(policies, numbered) != NULL; i++)
        snprintf(numbered + n, sizeof numbered - n, "-%u", i);
    return json_object_set_new(policies, numbered, value) == 0;
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
        if (!iotsig_policies_add(policies, patterns->items[i].input, group))
            return false;
    }
    return true;
}

json_t *iotsig_profile_tree(const struct iotsig_patterns *patterns,
                            const struct iotsig_device *device)
{
    json_t *root = json_object(), *policies = json_object();
    bool made = root != NULL && policies != NULL &&
                json_object_set_new(root, "device-info", iotsig_device_tree(device)) == 0 &&
                json_object_set(root, "single-policies", policies) == 0 &&
                add_all(policies, patterns, device);
    json_decref(policies);
    if (made)
        return root;
    json_decref(root);
    return NULL;
}

int iotsig_profiles_add(struct iotsig_profiles *profiles, const struct iotsig_patterns *patterns,
                        struct iotsig_error *error)
{
    const struct iotsig_device *device = &profiles->settings.device;
    if (device->name == NULL || (device->ipv4 == NULL && device->ipv6 == NULL))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                           "whose flows? (give --device, and --ipv4 or --ipv6)");
    json_t *root = iotsig_profile_tree(patterns, device);
    if (root == NULL)
        return iotsig_fail_memory(error);
    const char *path = patterns->count == 1 ? patterns->items[0].input : NULL;
    return iotsig_profiles_take(profiles, path, root, NULL, error);
}
