/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flow/patterns.h"

#include "base/error.h"
#include "base/text.h"

static const struct iotsig_options default_options = IOTSIG_OPTIONS_DEFAULT;

int iotsig_patterns_new(struct iotsig_patterns **out, struct iotsig_context *context,
                        const struct iotsig_options *options, bool shared_names,
                        struct iotsig_error *error)
{
    struct iotsig_patterns *patterns = iotsig_memory_get(&context->allocator, sizeof *patterns);
    if (patterns == NULL)
        return iotsig_fail_memory(error);
    *patterns = (struct iotsig_patterns){.context = context,
                                         .options = options != NULL ? *options : default_options,
                                         .shared_names = shared_names};
    iotsig_arena_init(&patterns->texts, &context->allocator);
    int status = patterns->options.names != NULL
                     ? iotsig_names_dup(&patterns->names, patterns->options.names, error)
                     : iotsig_names_new(&patterns->names, context, error);
    if (status != 0) {
        iotsig_patterns_free(patterns);
        return status;
    }
    *out = patterns;
    return 0;
}

int iotsig_patterns_append(struct iotsig_patterns *patterns, struct iotsig_pattern *pattern,
                           const char *input, struct iotsig_names *names,
                           struct iotsig_error *error)
{
    const char *copy = iotsig_arena_text(&patterns->texts, input, strlen(input));
    pattern->match_random_ports |= patterns->options.match_random_ports;
    if (copy == NULL || !iotsig_pattern_number_ids(pattern) ||
        !iotsig_array_grow(&patterns->context->allocator, &patterns->items, &patterns->capacity,
                           patterns->count + 1, sizeof *patterns->items)) {
        iotsig_pattern_free(pattern);
        iotsig_names_free(names);
        return iotsig_fail_memory(error);
    }
    patterns->items[patterns->count++] = (struct patterns_item){pattern, copy, names, NULL};
    return 0;
}

int iotsig_patterns_read_capture(struct iotsig_patterns *patterns, struct iotsig_capture *capture,
                                 const char *path, struct iotsig_error *error)
{
    struct iotsig_pattern *pattern = NULL;
    struct iotsig_names *names = NULL;
    int status = patterns->shared_names ? 0 : iotsig_names_dup(&names, patterns->names, error);
    if (status != 0)
        return status;
    status = iotsig_pattern_from_capture(&pattern, patterns->context, capture, path,
                                         &patterns->options,
                                         names != NULL ? names : patterns->names, error);
    if (pattern == NULL) {
        iotsig_names_free(names);
        return status;
    }
    int appended = iotsig_patterns_append(patterns, pattern, path, names, error);
    return appended != 0 ? appended : status;
}

size_t iotsig_patterns_count(const struct iotsig_patterns *patterns)
{
    return patterns->count;
}

const struct iotsig_pattern *iotsig_patterns_get(const struct iotsig_patterns *patterns,
                                                 size_t index)
{
    return patterns->items[index].pattern;
}

const char *iotsig_patterns_input(const struct iotsig_patterns *patterns, size_t index)
{
    return patterns->items[index].input;
}

const struct iotsig_names *iotsig_patterns_names(const struct iotsig_patterns *patterns,
                                                 size_t index)
{
    const struct patterns_item *item = &patterns->items[index];
    return item->names != NULL ? item->names : patterns->names;
}

void iotsig_patterns_free(struct iotsig_patterns *patterns)
{
    if (patterns == NULL)
        return;
    for (size_t i = 0; i < patterns->count; i++) {
        iotsig_pattern_free(patterns->items[i].pattern);
        iotsig_names_free(patterns->items[i].names);
    }
    iotsig_memory_free(&patterns->context->allocator, patterns->items);
    iotsig_names_free(patterns->names);
    iotsig_arena_fini(&patterns->texts);
    iotsig_memory_free(&patterns->context->allocator, patterns);
}
