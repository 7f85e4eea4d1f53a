/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profiles as patterns: each policy is turned into the record of a flow, and taken as one.
 *
 * A policy may lie at any depth below `single-policies`: whatever has `protocols` is one.
 */
#include <stdio.h>

#include "base/error.h"
#include "format/read.h"
#include "translate/policy.h"
#include "translate/tree.h"

#define POLICIES "single-policies"

bool iotsig_record_is_profile(json_t *record)
{
    return json_is_object(json_object_get(record, POLICIES));
}

bool iotsig_profile_begins(struct bytes start)
{
    const char *word = POLICIES ":";
    size_t n = strlen(word);
    for (size_t at = 0; at < start.n;) {
        struct bytes rest = {start.p + at, start.n - at};
        if (bytes_start_with(rest, word, n))
            return true;
        at += bytes_find(rest, '\n') + 1;
    }
    return false;
}

struct profile {
    struct record_reader *reader;
    struct iotsig_device device;
    int status;     /* of the first policy that cannot be a flow */
    size_t refused; /* how many cannot */
    struct iotsig_error *error;
};

/* A policy's name, for a message: what is wrong stands in front of it already. */
static void name_policy(struct iotsig_error *error, int status, const char *name)
{
    char text[64];
    struct bytes bytes = {(const uint8_t *)name, strlen(name)};
    size_t n = iotsig_escape(text, sizeof text - 1, bytes);
    text[n] = '\0';
    if (error != NULL)
        error->position[0] = '\0';
    iotsig_fail_at(error, status, "policy %s", text);
}

/* What is wrong with one policy is kept, and the next one read; only what ends all is answered. */
static int take_policy(struct profile *profile, const char *name, json_t *policy)
{
    json_t *record;
    struct iotsig_error error;
    int status = iotsig_policy_record(policy, &profile->device, &record, &error);
    if (status == 0) {
        status = iotsig_records_take(profile->reader, record, &error);
        json_decref(record);
    }
    if (status == IOTSIG_ERR_FORMAT)
        profile->refused++;
    if (status == 0 || (status == IOTSIG_ERR_FORMAT && profile->status != 0))
        return 0;
    name_policy(&error, status, name);
    if (profile->error != NULL)
        *profile->error = error;
    if (status != IOTSIG_ERR_FORMAT)
        return status;
    profile->status = status;
    return 0;
}

static int take_group(struct profile *profile, json_t *group)
{
    struct tree_walk walk;
    struct tree_item item;
    int status = 0;
    iotsig_tree_walk(&walk, group);
    while (status == 0 && iotsig_tree_next(&walk, &item)) {
        bool is_policy = json_object_get(item.value, "protocols") != NULL;
        if (is_policy)
            status = take_policy(profile, item.key, item.value);
        if (is_policy || !json_is_object(item.value))
            iotsig_tree_leave(&walk);
    }
    if (status == 0 && walk.too_deep)
        return iotsig_fail(profile->error, IOTSIG_ERR_LIMIT, "policies are nested too deep");
    return status;
}

int iotsig_records_take_profile(struct record_reader *reader, json_t *record,
                                struct iotsig_error *error)
{
    json_t *info = json_object_get(record, "device-info");
    struct profile profile = {.reader = reader, .error = error};
    profile.device.ipv4 = json_string_value(json_object_get(info, "ipv4"));
    profile.device.ipv6 = json_string_value(json_object_get(info, "ipv6"));
    int status = iotsig_device_check(&profile.device, error);
    if (status != 0) {
        iotsig_fail_as(error, IOTSIG_ERR_FORMAT);
        return iotsig_fail_at(error, IOTSIG_ERR_FORMAT, "device-info");
    }
    status = take_group(&profile, json_object_get(record, POLICIES));
    if (status == 0 && profile.refused > 1 && error != NULL) {
        size_t n = strlen(error->message);
        snprintf(error->message + n, sizeof error->message - n, " (and %zu more like it)",
                 profile.refused - 1);
    }
    return status != 0 ? status : profile.status;
}

int iotsig_profile_read(struct record_reader *reader, struct iotsig_source *source,
                        struct iotsig_error *error)
{
    struct iotsig_tree *tree = NULL;
    int status = iotsig_tree_read_source(&tree, reader->patterns->context, source, reader->path,
                                         NULL, error);
    if (status != 0)
        return status;
    json_t *root = iotsig_tree_root(tree);
    if (!iotsig_record_is_profile(root))
        status = iotsig_fail(error, IOTSIG_ERR_FORMAT, "no profile: %s is no mapping", POLICIES);
    else
        status = iotsig_records_take_profile(reader, root, error);
    iotsig_tree_free(tree);
    return status;
}
