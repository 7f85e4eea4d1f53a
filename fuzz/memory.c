/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of all kinds while memory fails: a byte chooses the reader, one the first allocation that
 * fails, one how many further on the next is; then the file. It is read again and again, until
 * nothing fails or it was tried often enough. Each failure is told as what it is, and nothing is
 * lost or used that is not there.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "iotsig/firewall.h"

#define TRIES 1000

/* How many allocations there are before the one that fails; what failed. */
struct meter {
    size_t left;
    bool failed;
};

static void *resize(void *user, void *memory, size_t size)
{
    struct meter *meter = user;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    if (meter->left == 0 && !meter->failed) {
        meter->failed = true;
        return NULL;
    }
    meter->left -= meter->left > 0;
    return realloc(memory, size);
}

static int read_patterns(struct iotsig_context *context, const char *path)
{
    struct iotsig_options options = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_patterns *patterns;
    struct iotsig_signature *signature;
    struct iotsig_output *output;
    const struct iotsig_style style = fuzz_style(IOTSIG_FORMAT_CSV);
    options.layers = IOTSIG_LAYERS_ALL;
    int status = iotsig_patterns_new(&patterns, context, &options, true, NULL);
    if (status != 0)
        return status;
    status = iotsig_patterns_read(patterns, path, NULL, NULL, NULL);
    if (status == 0 && (status = iotsig_signature_extract(&signature, patterns, "x", NULL)) == 0)
        iotsig_signature_free(signature);
    if (status == 0 && (status = iotsig_output_memory(&output, context, NULL)) == 0) {
        status = iotsig_patterns_write(patterns, output, &style, NULL);
        iotsig_output_free(output);
    }
    iotsig_patterns_free(patterns);
    return status;
}

static int read_names(struct iotsig_context *context, const char *path)
{
    struct iotsig_names *names, *copy;
    int status = iotsig_names_new(&names, context, NULL);
    if (status != 0)
        return status;
    status = iotsig_names_load(names, path, NULL);
    if (status == 0 && (status = iotsig_names_dup(&copy, names, NULL)) == 0)
        iotsig_names_free(copy);
    iotsig_names_free(names);
    return status;
}

static int read_library(struct iotsig_context *context, const char *path)
{
    struct iotsig_library *library;
    int status = iotsig_library_new(&library, context, NULL);
    if (status != 0)
        return status;
    status = iotsig_library_read(library, path, NULL);
    iotsig_library_free(library);
    return status;
}

static int make_firewall(struct iotsig_profiles *profiles)
{
    const struct iotsig_firewall_settings settings = {.queue = 0};
    struct iotsig_firewall *firewall;
    int status = iotsig_firewall_new(&firewall, profiles, &settings, NULL);
    if (status == 0)
        iotsig_firewall_free(firewall);
    return status;
}

static int read_profiles(struct iotsig_context *context, const char *path, bool mud)
{
    static const char *const hosts[] = {"phone=10.0.0.7"};
    const struct iotsig_profile_settings settings = {.device = {"d", "02:00:00:00:00:02",
                                                                "192.168.1.2", "fd00::2"},
                                                     .hosts = hosts,
                                                     .host_count = 1,
                                                     .include_root = "/nowhere",
                                                     .lenient = true};
    struct iotsig_profiles *profiles;
    struct iotsig_patterns *patterns;
    int status = iotsig_profiles_new(&profiles, context, &settings, NULL);
    if (status != 0)
        return status;
    if (mud) {
        status = iotsig_profiles_read_mud(profiles, path, NULL);
    } else if ((status = iotsig_patterns_new(&patterns, context, NULL, true, NULL)) == 0) {
        iotsig_patterns_set_profiles(patterns, profiles);
        status = iotsig_patterns_read(patterns, path, NULL, NULL, NULL);
        iotsig_patterns_free(patterns);
    }
    if (status == 0)
        status = make_firewall(profiles);
    iotsig_profiles_free(profiles);
    return status;
}

static int read_features(struct iotsig_context *context, const char *path)
{
    const struct iotsig_feature_options options = {
        .families = "flow,name,link,dhcp,content,agent,vendor,length", .spells = true};
    struct iotsig_features *features;
    int status = iotsig_features_read(&features, context, path, NULL, &options, NULL);
    if (status == 0) {
        status = iotsig_features_failure(features, NULL);
        iotsig_features_free(features);
    }
    return status;
}

static int convert(struct iotsig_context *context, const char *path)
{
    const struct iotsig_style style = fuzz_style(IOTSIG_FORMAT_JSONL);
    struct iotsig_output *output;
    int status = iotsig_output_memory(&output, context, NULL);
    if (status == 0) {
        status = iotsig_convert(context, path, NULL, output, &style, NULL);
        iotsig_output_free(output);
    }
    return status;
}

static int read_packets(struct iotsig_context *context, const char *path)
{
    struct iotsig_packets *packets;
    struct iotsig_packet packet;
    int status = iotsig_packets_open(&packets, context, path, NULL, NULL);
    if (status == 0) {
        while ((status = iotsig_packets_next(packets, &packet, NULL)) == 1)
            continue;
        iotsig_packets_close(packets);
    }
    return status;
}

static int read_file(struct iotsig_context *context, uint8_t kind, const char *path)
{
    switch (kind % 8) {
    case 0: return read_patterns(context, path);
    case 1: return read_names(context, path);
    case 2: return read_library(context, path);
    case 3: return read_profiles(context, path, false);
    case 4: return read_profiles(context, path, true);
    case 5: return read_features(context, path);
    case 6: return convert(context, path);
    default: return read_packets(context, path);
    }
}

/* Whether an allocation failed. */
static bool try_once(uint8_t kind, const char *path, size_t first)
{
    struct meter meter = {first, false};
    const struct iotsig_settings settings = {{resize, &meter}, {1, 2}, 100};
    struct iotsig_context *context;
    int status = iotsig_context_new(&context, &settings, NULL);
    if (status == 0) {
        status = read_file(context, kind, path);
        iotsig_context_free(context);
    }
    REQUIRE(!meter.failed || status == IOTSIG_ERR_MEMORY);
    return meter.failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    const char *path = fuzz_file(data + 3, size - 3);
    size_t first = data[1];
    for (size_t i = 0; i < TRIES && try_once(data[0], path, first); i++)
        first += data[2] % 16 + 1u;
    return 0;
}
