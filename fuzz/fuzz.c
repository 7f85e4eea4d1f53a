/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

struct iotsig_context *fuzz_context(void)
{
    const struct iotsig_settings settings = {.hash_seed = {1, 2}, .max_flows = 1000};
    struct iotsig_context *context;
    REQUIRE(iotsig_context_new(&context, &settings, NULL) == 0);
    return context;
}

const char *fuzz_file(const void *bytes, size_t n)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        REQUIRE(fd >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    REQUIRE(ftruncate(fd, 0) == 0);
    REQUIRE(pwrite(fd, bytes, n, 0) == (ssize_t)n);
    return path;
}

static struct iotsig_patterns *new_patterns(struct iotsig_context *context,
                                            const struct iotsig_options *options)
{
    struct iotsig_patterns *patterns;
    REQUIRE(iotsig_patterns_new(&patterns, context, options, true, NULL) == 0);
    return patterns;
}

static struct iotsig_output *written(struct iotsig_context *context,
                                     const struct iotsig_patterns *patterns,
                                     enum iotsig_format format)
{
    struct iotsig_output *output;
    const struct iotsig_style style = {format, 80, true};
    REQUIRE(iotsig_output_memory(&output, context, NULL) == 0);
    REQUIRE(iotsig_patterns_write(patterns, output, &style, NULL) == 0);
    return output;
}

/* All flows of a list: CSV and JSON lines keep patterns apart only by the names of their inputs. */
struct walk {
    const struct iotsig_patterns *patterns;
    size_t pattern, flow;
};

static bool next_flow(struct walk *walk, struct iotsig_flow *flow, char id[IOTSIG_FLOW_ID])
{
    for (; walk->pattern < iotsig_patterns_count(walk->patterns); walk->pattern++, walk->flow = 0) {
        const struct iotsig_pattern *pattern = iotsig_patterns_get(walk->patterns, walk->pattern);
        if (walk->flow == iotsig_pattern_count(pattern))
            continue;
        iotsig_pattern_flow(pattern, walk->flow, flow);
        iotsig_pattern_flow_id(pattern, walk->flow++, id);
        return true;
    }
    return false;
}

static void require_same_flows(const struct iotsig_patterns *a, const struct iotsig_patterns *b)
{
    struct walk one = {a, 0, 0}, other = {b, 0, 0};
    struct iotsig_flow flow, same;
    char id[IOTSIG_FLOW_ID], same_id[IOTSIG_FLOW_ID];
    while (next_flow(&one, &flow, id)) {
        REQUIRE(next_flow(&other, &same, same_id));
        REQUIRE(strcmp(id, same_id) == 0);
        REQUIRE(flow.count == same.count && flow.packets == same.packets &&
                flow.bytes == same.bytes && flow.ports == same.ports);
        REQUIRE(flow.first.ns == same.first.ns && flow.last.ns == same.last.ns);
    }
    REQUIRE(!next_flow(&other, &same, same_id));
}

/* What is written must be read again as it was. */
static void round_trip(struct iotsig_context *context, const struct iotsig_patterns *patterns,
                       const struct iotsig_options *options, enum iotsig_format format)
{
    struct iotsig_output *first = written(context, patterns, format);
    size_t n;
    const char *text = iotsig_output_text(first, &n);
    if (n > 0 && (format != IOTSIG_FORMAT_JSON || n > 3)) {
        struct iotsig_patterns *again = new_patterns(context, options);
        struct iotsig_error error;
        int status = iotsig_patterns_read(again, fuzz_file(text, n), NULL, NULL, &error);
        if (status != 0)
            fprintf(stderr, "%s:%s: %s\n%.*s\n", error.file, error.position, error.message, (int)n, text);
        REQUIRE(status == 0);
        require_same_flows(patterns, again);
        iotsig_patterns_free(again);
    }
    iotsig_output_free(first);
}

void fuzz_patterns(struct iotsig_context *context, const char *path,
                   const struct iotsig_options *options)
{
    struct iotsig_patterns *patterns = new_patterns(context, options);
    struct iotsig_signature *signature;
    struct iotsig_error error;
    (void)iotsig_patterns_read(patterns, path, NULL, NULL, &error);
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++)
        iotsig_output_free(written(context, patterns, format));
    if (iotsig_signature_extract(&signature, patterns, "fuzz", &error) == 0) {
        struct iotsig_output *output;
        const struct iotsig_style style = {IOTSIG_FORMAT_TEXT, 40, false};
        REQUIRE(iotsig_output_memory(&output, context, NULL) == 0);
        REQUIRE(iotsig_signature_write(signature, output, &style, &error) == 0);
        iotsig_output_free(output);
        iotsig_signature_free(signature);
    }
    round_trip(context, patterns, options, IOTSIG_FORMAT_JSON);
    round_trip(context, patterns, options, IOTSIG_FORMAT_JSONL);
    round_trip(context, patterns, options, IOTSIG_FORMAT_CSV);
    iotsig_patterns_free(patterns);
}
