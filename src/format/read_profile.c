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
#include "translate/yaml.h"

#define POLICIES "single-policies"
#define DEPTH_MAX 64

/* A profile is written by hand. */
#define PROFILE_MAX ((size_t)16 * 1024 * 1024)

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

static int take_group(struct profile *profile, json_t *group, unsigned depth)
{
    const char *name;
    json_t *value;
    int status = 0;
    if (depth > DEPTH_MAX)
        return iotsig_fail(profile->error, IOTSIG_ERR_LIMIT, "policies are nested too deep");
    json_object_foreach(group, name, value)
    {
        if (json_object_get(value, "protocols") != NULL)
            status = take_policy(profile, name, value);
        else if (json_is_object(value))
            status = take_group(profile, value, depth + 1);
        if (status != 0)
            return status;
    }
    return 0;
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
    status = take_group(&profile, json_object_get(record, POLICIES), 0);
    if (status == 0 && profile.refused > 1 && error != NULL) {
        size_t n = strlen(error->message);
        snprintf(error->message + n, sizeof error->message - n, " (and %zu more like it)",
                 profile.refused - 1);
    }
    return status != 0 ? status : profile.status;
}

/* All that is left of a source; the caller frees it. */
static int read_all(struct iotsig_source *source, const struct iotsig_allocator *allocator,
                    char **text, size_t *n, struct iotsig_error *error)
{
    size_t capacity = 0;
    struct bytes bytes;
    int status;
    *text = NULL;
    *n = 0;
    while ((status = iotsig_source_need(source, IOTSIG_SOURCE_MAX, &bytes, error)) == 0 &&
           bytes.n > 0) {
        if (bytes.n > PROFILE_MAX - *n)
            return iotsig_fail(error, IOTSIG_ERR_LIMIT, "a profile of more than 16 MiB");
        if (!iotsig_array_grow(allocator, text, &capacity, *n + bytes.n, 1))
            return iotsig_fail_memory(error);
        memcpy(*text + *n, bytes.p, bytes.n);
        *n += bytes.n;
        iotsig_source_advance(source, bytes.n);
    }
    return status;
}

int iotsig_profile_read(struct record_reader *reader, struct iotsig_source *source,
                        struct iotsig_error *error)
{
    const struct iotsig_allocator *allocator = &reader->patterns->context->allocator;
    json_t *root = NULL;
    char *text;
    size_t n;
    int status = read_all(source, allocator, &text, &n, error);
    if (status == 0)
        status = iotsig_yaml_parse((struct bytes){(const uint8_t *)text, n}, &root, error);
    if (status == 0 && !iotsig_record_is_profile(root))
        status = iotsig_fail(error, IOTSIG_ERR_FORMAT, "no profile: %s is no mapping", POLICIES);
    if (status == 0)
        status = iotsig_records_take_profile(reader, root, error);
    json_decref(root);
    iotsig_memory_free(allocator, text);
    return status;
}
