/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several patterns made into one. */
#include "base/error.h"
#include "flow/index.h"
#include "flow/patterns.h"
#include "iotsig/select.h"

/* Adds a flow, the last of the pattern, to the first that matches it; then it is the last no more. */
static bool settle(struct iotsig_pattern *pattern, struct flow_index *index)
{
    uint32_t last = (uint32_t)(pattern->count - 1);
    uint32_t found = iotsig_index_find(index, &pattern->flows[last]);
    if (found == INDEX_FAILED)
        return false;
    if (found == INDEX_NONE)
        return iotsig_index_add(index, last);
    if (!iotsig_flow_add(index->match, pattern, &pattern->flows[found], &pattern->flows[last]))
        return false;
    iotsig_flow_fini(pattern, &pattern->flows[last]);
    pattern->count--;
    return true;
}

static int merge_flows(struct iotsig_pattern *to, const struct iotsig_patterns *patterns,
                       struct iotsig_error *error)
{
    const struct match match = {to, patterns->options.same_hosts, to->match_random_ports};
    struct flow_index index;
    int status = 0;
    iotsig_index_init(&index, &match, KEY_LEFT);
    for (size_t i = 0; status == 0 && i < patterns->count; i++) {
        const struct iotsig_pattern *from = patterns->items[i].pattern;
        for (size_t j = 0; status == 0 && j < from->count; j++) {
            if (to->count >= to->context->max_flows)
                status = iotsig_fail(error, IOTSIG_ERR_LIMIT,
                                     "more than %lu flows (raise --max-flows if this is meant)",
                                     (unsigned long)to->context->max_flows);
            else if (!iotsig_pattern_import(to, from, &from->flows[j], 1) || !settle(to, &index))
                status = iotsig_fail_memory(error);
        }
    }
    iotsig_index_fini(&index);
    return status;
}

static int merge_names(struct iotsig_names **out, const struct iotsig_patterns *patterns,
                       struct iotsig_error *error)
{
    struct iotsig_names *names;
    int status = iotsig_names_dup(&names, iotsig_patterns_names(patterns, 0), error);
    if (status != 0)
        return status;
    for (size_t i = 1; status == 0 && i < patterns->count; i++)
        if (iotsig_patterns_names(patterns, i) != iotsig_patterns_names(patterns, i - 1))
            status = iotsig_names_add_all(names, iotsig_patterns_names(patterns, i), error);
    if (status != 0)
        iotsig_names_free(names);
    else
        *out = names;
    return status;
}

int iotsig_patterns_merge(struct iotsig_patterns *patterns, const char *name,
                          struct iotsig_error *error)
{
    struct iotsig_pattern *pattern;
    struct iotsig_names *names;
    if (patterns->count == 0)
        return 0;
    int status = iotsig_pattern_new(&pattern, patterns->context, error);
    if (status != 0)
        return status;
    for (size_t i = 0; i < patterns->count; i++) /* by option, or as a file says */
        pattern->match_random_ports |= patterns->items[i].pattern->match_random_ports;
    status = merge_flows(pattern, patterns, error);
    if (status == 0)
        status = merge_names(&names, patterns, error);
    if (status != 0) {
        iotsig_pattern_free(pattern);
        return status;
    }
    size_t before = patterns->count;
    status = iotsig_patterns_append(patterns, pattern, name, names, error);
    if (status != 0)
        return status;
    for (size_t i = 0; i < before; i++) {
        iotsig_pattern_free(patterns->items[i].pattern);
        iotsig_names_free(patterns->items[i].names);
    }
    patterns->items[0] = patterns->items[before];
    patterns->count = 1;
    return 0;
}
