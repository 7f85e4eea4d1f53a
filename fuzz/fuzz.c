/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "fuzz.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"

void fuzz_require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

struct iotsig_context *fuzz_context(void)
{
    const struct iotsig_settings settings = {.hash_seed = {1, 2}, .max_flows = 100};
    struct iotsig_context *context;
    REQUIRE(iotsig_context_new(&context, &settings, NULL) == 0);
    return context;
}

struct file {
    int fd; /* 0: there is none yet */
    char path[64];
};

static const char *fill(struct file *file, const void *bytes, size_t n)
{
    if (file->fd == 0) {
        file->fd = memfd_create("fuzz", MFD_CLOEXEC);
        REQUIRE(file->fd > 0);
        snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
    }
    REQUIRE(ftruncate(file->fd, 0) == 0);
    REQUIRE(pwrite(file->fd, bytes, n, 0) == (ssize_t)n);
    return file->path;
}

const char *fuzz_file(const void *bytes, size_t n)
{
    static struct file file;
    return fill(&file, bytes, n);
}

const char *fuzz_other_file(const void *bytes, size_t n)
{
    static struct file file;
    return fill(&file, bytes, n);
}

const char *fuzz_file_of(const struct iotsig_output *output)
{
    size_t n;
    const char *text = iotsig_output_text(output, &n);
    return fuzz_file(text, n);
}

void fuzz_printable(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        REQUIRE(is_printable((uint8_t)*text));
}

void fuzz_same(const struct iotsig_output *a, const struct iotsig_output *b)
{
    size_t n, m;
    const char *text = iotsig_output_text(a, &n), *same = iotsig_output_text(b, &m);
    bool equal = n == m && memcmp(text, same, n) == 0;
    if (!equal)
        fprintf(stderr, "%.*s\n%.*s\n", (int)n, text, (int)m, same);
    REQUIRE(equal);
}

struct iotsig_patterns *fuzz_new_patterns(struct iotsig_context *context,
                                          const struct iotsig_options *options)
{
    struct iotsig_patterns *patterns;
    REQUIRE(iotsig_patterns_new(&patterns, context, options, true, NULL) == 0);
    return patterns;
}

size_t fuzz_flow_count(const struct iotsig_patterns *patterns)
{
    size_t flows = 0;
    for (size_t i = 0; i < iotsig_patterns_count(patterns); i++)
        flows += iotsig_pattern_count(iotsig_patterns_get(patterns, i));
    return flows;
}

struct iotsig_style fuzz_style(enum iotsig_format format)
{
    return (struct iotsig_style){format, 80, true};
}

struct iotsig_output *fuzz_output(struct iotsig_context *context)
{
    struct iotsig_output *output;
    REQUIRE(iotsig_output_memory(&output, context, NULL) == 0);
    return output;
}

/* What is well-formed. */

static void require_json(const char *text, size_t n)
{
    json_error_t error;
    json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (json == NULL)
        fprintf(stderr, "%s\n%.*s\n", error.text, (int)n, text);
    REQUIRE(json != NULL);
    json_decref(json);
}

static void require_json_lines(const char *text, size_t n)
{
    for (size_t start = 0, length; start < n; start += length + 1) {
        const char *newline = memchr(text + start, '\n', n - start);
        REQUIRE(newline != NULL);
        length = (size_t)(newline - (text + start));
        require_json(text + start, length);
    }
}

/* Labels of inputs are any bytes of a path, so no byte is wrong in quotes. */
static bool stands_bare(char c)
{
    return (uint8_t)c >= 0x20 && c != 0x7f && c != '"';
}

/* The end of a cell that begins at `i`, quoted or not (RFC 4180 section 2). */
static size_t past_cell(const char *text, size_t n, size_t i)
{
    bool quoted = i < n && text[i] == '"';
    for (i += quoted; i < n; i++) {
        if (!quoted && (text[i] == ',' || text[i] == '\r'))
            return i;
        REQUIRE(quoted || stands_bare(text[i]));
        if (quoted && text[i] == '"') {
            if (i + 1 == n || text[i + 1] != '"')
                return i + 1;
            i++;
        }
    }
    REQUIRE(!quoted);
    return i;
}

/* All rows have as many cells as the first, but the empty ones between patterns. */
static void require_csv(const char *text, size_t n)
{
    size_t titles = 0;
    for (size_t i = 0, cells; i < n; i += 2) {
        size_t start = i;
        for (cells = 1; (i = past_cell(text, n, i)) < n && text[i] == ','; i++)
            cells++;
        REQUIRE(i + 1 < n && text[i] == '\r' && text[i + 1] == '\n');
        if (titles == 0)
            titles = cells;
        REQUIRE(cells == titles || (cells == 1 && i == start));
    }
}

/* The colours that tables have: ESC [ digits m. */
static size_t past_colour(const char *text, size_t n, size_t i)
{
    REQUIRE(i + 2 < n && text[i + 1] == '[');
    for (i += 2; i < n && ((text[i] >= '0' && text[i] <= '9') || text[i] == ';'); i++)
        continue;
    REQUIRE(i < n && text[i] == 'm');
    return i;
}

static void require_text(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c == 0x1b)
            i = past_colour(text, n, i);
        else
            REQUIRE((c >= 0x20 && c != 0x7f) || c == '\n');
    }
}

void fuzz_well_formed(struct iotsig_output *output, enum iotsig_format format)
{
    size_t n;
    const char *text = iotsig_output_text(output, &n);
    REQUIRE(iotsig_output_is_empty(output) == (n == 0));
    if (format == IOTSIG_FORMAT_CSV)
        require_csv(text, n);
    else
        require_text(text, n);
    if (format == IOTSIG_FORMAT_JSON && n > 0)
        require_json(text, n);
    else if (format == IOTSIG_FORMAT_JSONL)
        require_json_lines(text, n);
    iotsig_output_free(output);
}

void fuzz_page(struct iotsig_output *output)
{
    static const char begin[] = "<!DOCTYPE html>\n<html lang=\"en\">", end[] = "</html>\n";
    static const char *const foreign[] = {"<script", "<img", "<x>"};
    size_t n;
    const char *text = iotsig_output_text(output, &n);
    REQUIRE(n > sizeof begin + sizeof end && memcmp(text, begin, sizeof begin - 1) == 0);
    REQUIRE(memcmp(text + n - (sizeof end - 1), end, sizeof end - 1) == 0);
    for (size_t i = 0; i < n; i++)
        REQUIRE((unsigned char)text[i] >= 0x20 ? text[i] != 0x7f : text[i] == '\n');
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        REQUIRE(memmem(text, n, foreign[i], strlen(foreign[i])) == NULL);
    iotsig_output_free(output);
}

static struct iotsig_output *written(struct iotsig_context *context,
                                     const struct iotsig_patterns *patterns,
                                     enum iotsig_format format)
{
    struct iotsig_output *output = fuzz_output(context);
    const struct iotsig_style style = fuzz_style(format);
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
        struct iotsig_patterns *again = fuzz_new_patterns(context, options);
        struct iotsig_error error;
        int status = iotsig_patterns_read(again, fuzz_file(text, n), NULL, NULL, &error);
        if (status != 0)
            fprintf(stderr, "%s:%s: %s\n%.*s\n", error.file, error.position, error.message, (int)n,
                    text);
        REQUIRE(status == 0);
        require_same_flows(patterns, again);
        iotsig_patterns_free(again);
    }
    iotsig_output_free(first);
}

/* A signature that is read again as one is written to the same bytes. */
static void rewrite(struct iotsig_context *context, const struct iotsig_output *first,
                    const struct iotsig_options *options)
{
    struct iotsig_patterns *again = fuzz_new_patterns(context, options);
    struct iotsig_output *second = fuzz_output(context);
    const struct iotsig_style style = fuzz_style(IOTSIG_FORMAT_JSON);
    REQUIRE(iotsig_patterns_read(again, fuzz_file_of(first), NULL, NULL, NULL) == 0);
    REQUIRE(iotsig_patterns_rewrite(again, second, &style, NULL) == 0);
    fuzz_same(first, second);
    iotsig_output_free(second);
    iotsig_patterns_free(again);
}

static void write_signature(struct iotsig_context *context, const struct iotsig_patterns *patterns,
                            const struct iotsig_options *options)
{
    struct iotsig_signature *signature = NULL; /* of no flows there is none, which can be said */
    int status = iotsig_signature_extract(&signature, patterns, "fuzz", NULL);
    REQUIRE(status == 0 || status == IOTSIG_ERR_EMPTY);
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++) {
        struct iotsig_output *output = fuzz_output(context);
        const struct iotsig_style style = fuzz_style(format);
        REQUIRE(iotsig_signature_write(signature, output, &style, NULL) == 0);
        if (format == IOTSIG_FORMAT_JSON && signature != NULL)
            rewrite(context, output, options);
        fuzz_well_formed(output, format);
    }
    iotsig_signature_free(signature);
}

void fuzz_patterns(struct iotsig_context *context, const struct iotsig_patterns *patterns,
                   const struct iotsig_options *options)
{
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++) {
        fuzz_well_formed(written(context, patterns, format), format);
        if (format != IOTSIG_FORMAT_TEXT)
            round_trip(context, patterns, options, format);
    }
    write_signature(context, patterns, options);
}
