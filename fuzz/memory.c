/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of all kinds while memory fails: a byte chooses the reader, one the first allocation that
 * fails, one how many further on the next is; then the file, for some readers behind a text and a
 * zero. It is read again and again, until nothing fails or it was tried often enough. Each failure
 * is told as what it is, and nothing is lost or used that is not there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "iotsig/detect.h"
#include "iotsig/firewall.h"
#include "iotsig/select.h"

#define TRIES 1000
/* Readers; those from DETECT on take two files. */
enum { DETECT = 8, KINDS = 11 };

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

static int try_firewall(const struct iotsig_firewall *firewall, const char *capture)
{
    struct iotsig_trial *trial;
    int status = iotsig_trial_new(&trial, firewall, NULL, NULL);
    if (status == 0) {
        status = iotsig_trial_read(trial, capture, NULL, NULL, NULL);
        iotsig_trial_free(trial);
    }
    return status;
}

static int make_firewall(struct iotsig_profiles *profiles, const char *capture)
{
    const struct iotsig_firewall_settings settings = {.queue = 0};
    struct iotsig_firewall *firewall;
    int status = iotsig_firewall_new(&firewall, profiles, &settings, NULL);
    if (status == 0) {
        if (capture != NULL)
            status = try_firewall(firewall, capture);
        iotsig_firewall_free(firewall);
    }
    return status;
}

/* A profile, or a MUD file; and its rules, on a capture where one is given. */
static int read_profiles(struct iotsig_context *context, const char *path, bool mud,
                         const char *capture)
{
    static const char *const hosts[] = {"phone=10.0.0.7"};
    const struct iotsig_profile_settings settings = {.device = {"d", "02:00:00:00:00:02",
                                                                "192.168.1.2", "fd00::2"},
                                                     .hosts = hosts,
                                                     .host_count = 1,
                                                     .include_root = FUZZ_NOWHERE,
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
        status = make_firewall(profiles, capture);
    iotsig_profiles_free(profiles);
    return status;
}

static int read_features(struct iotsig_context *context, const char *path)
{
    const struct iotsig_feature_options options = {
        .families = "flow,name,link,dhcp,content,agent,vendor,length", .spells = true};
    struct iotsig_features *features;
    struct iotsig_error error;
    int status = iotsig_features_read(&features, context, path, NULL, &options, &error);
    if (status == 0) {
        status = iotsig_features_failure(features, &error);
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

static int ignore(void *user, const struct iotsig_detection *detection)
{
    (void)user, (void)detection;
    return 0;
}

static int push_all(struct iotsig_detector *detector, struct iotsig_capture *capture)
{
    struct iotsig_frame frame;
    int status;
    while ((status = iotsig_capture_next(capture, &frame, NULL)) == 1)
        if ((status = iotsig_detector_push(detector, &frame, NULL)) != 0)
            return status;
    return status != 0 ? status : iotsig_detector_finish(detector, NULL);
}

/* Events of signatures in a capture. */
static int detect(struct iotsig_context *context, const char *path, const char *signatures)
{
    const struct iotsig_detect_options options = {.self = NULL};
    struct iotsig_library *library;
    struct iotsig_detector *detector;
    struct iotsig_capture *capture;
    int status = iotsig_library_new(&library, context, NULL);
    if (status != 0)
        return status;
    status = iotsig_library_read(library, signatures, NULL);
    if (status == 0 && (status = iotsig_detector_new(&detector, context, library, &options, ignore,
                                                     NULL, NULL)) == 0) {
        if ((status = iotsig_capture_open(&capture, context, path, NULL, NULL)) == 0) {
            status = push_all(detector, capture);
            iotsig_capture_close(capture);
        }
        iotsig_detector_free(detector);
    }
    iotsig_library_free(library);
    return status;
}

static int add_wishes(struct iotsig_selection *selection)
{
    static const char *const wishes[] = {"api.example.com", "443", "dns", "domain-name=a.example"};
    int status = 0;
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes && status == 0; i++)
        status = iotsig_selection_add(selection, (enum iotsig_select_by)i, wishes[i], NULL);
    return status;
}

/* Flows of a file that are asked for, when declared hosts are the same. */
static int select_flows(struct iotsig_context *context, const char *path, const char *declared)
{
    struct iotsig_options options = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_same_hosts *same;
    struct iotsig_patterns *patterns;
    struct iotsig_selection *selection;
    char declaration[80];
    snprintf(declaration, sizeof declaration, "@%s", declared);
    int status = iotsig_same_hosts_new(&same, context, NULL);
    if (status != 0)
        return status;
    options.same_hosts = same;
    status = iotsig_same_hosts_add(same, declaration, NULL);
    if (status == 0 &&
        (status = iotsig_patterns_new(&patterns, context, &options, true, NULL)) == 0) {
        status = iotsig_patterns_read(patterns, path, NULL, NULL, NULL);
        if (status == 0 && (status = iotsig_selection_new(&selection, context, NULL)) == 0) {
            if ((status = add_wishes(selection)) == 0)
                status = iotsig_patterns_select(patterns, selection, false, NULL);
            iotsig_selection_free(selection);
        }
        iotsig_patterns_free(patterns);
    }
    iotsig_same_hosts_free(same);
    return status;
}

static int read_file(struct iotsig_context *context, uint8_t kind, const char *path,
                     const char *other)
{
    switch (kind % KINDS) {
    case 0: return read_patterns(context, path);
    case 1: return read_names(context, path);
    case 2: return read_library(context, path);
    case 3: return read_profiles(context, path, false, NULL);
    case 4: return read_profiles(context, path, true, NULL);
    case 5: return read_features(context, path);
    case 6: return convert(context, path);
    case 7: return read_packets(context, path);
    case DETECT: return detect(context, path, other);
    case 9: return read_profiles(context, other, false, path);
    default: return select_flows(context, path, other);
    }
}

/* Whether an allocation failed. */
static bool try_once(uint8_t kind, const char *path, const char *other, size_t first)
{
    struct meter meter = {first, false};
    const struct iotsig_settings settings = {{resize, &meter}, {1, 2}, 100};
    struct iotsig_context *context;
    int status = iotsig_context_new(&context, &settings, NULL);
    if (status == 0) {
        status = read_file(context, kind, path, other);
        iotsig_context_free(context);
    }
    REQUIRE(!meter.failed || status == IOTSIG_ERR_MEMORY);
    return meter.failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes head = {data, 0};
    struct cursor at = cursor_of((struct bytes){data, size});
    uint8_t kind = cursor_u8(&at), start = cursor_u8(&at), step = cursor_u8(&at);
    if (at.failed)
        return 0;
    if (kind % KINDS >= DETECT) {
        head = cursor_take(&at, bytes_find(cursor_rest(&at), 0));
        cursor_skip(&at, at.left > 0);
    }
    const char *path = fuzz_file(at.p, at.left), *other = fuzz_other_file(head.p, head.n);
    size_t first = start;
    for (size_t i = 0; i < TRIES && try_once(kind, path, other, first); i++)
        first += step % 16 + 1u;
    return 0;
}
