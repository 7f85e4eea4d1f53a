/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flows that all patterns of an event have in common (behaviour section 5).
 *
 * Each pattern has its own numbers for hosts and layers. So all are first copied into one pattern,
 * the pool, one after another; a run of its flows is one pattern then. Each run has an index, and the
 * copies of the reference's flows look for their first match there.
 */
#include "base/error.h"
#include "flow/index.h"
#include "signature/signature.h"

/* One pattern in the pool. */
struct run {
    size_t start, count;
    struct flow_index index;
    bool indexed;
};

struct extraction {
    const struct iotsig_patterns *patterns;
    struct iotsig_pattern *pool;
    struct match match;
    struct run *runs; /* in the order of their lengths: the first is the reference */
    size_t run_count;
    bool *consumed; /* of the reference's flows */
    const struct iotsig_allocator *allocator;
};

static bool import_all(struct extraction *extraction)
{
    for (size_t i = 0; i < extraction->patterns->count; i++) {
        const struct iotsig_pattern *from = extraction->patterns->items[i].pattern;
        if (from->count == 0)
            continue;
        struct run *run = &extraction->runs[extraction->run_count++];
        *run = (struct run){.start = extraction->pool->count, .count = from->count};
        if (!iotsig_pattern_import(extraction->pool, from, from->flows, from->count))
            return false;
    }
    return true;
}

/* By length; a merge of neighbours keeps the order of equals. */
static bool sort_runs(struct extraction *extraction)
{
    size_t count = extraction->run_count;
    struct run *from = extraction->runs;
    struct run *to = iotsig_memory_get(extraction->allocator, count * sizeof *to);
    if (to == NULL)
        return false;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = middle + width < count ? middle + width : count;
            for (size_t i = start, j = middle, at = start; at < end; at++) {
                bool left = i < middle && (j == end || from[i].count <= from[j].count);
                to[at] = from[left ? i++ : j++];
            }
        }
        struct run *sorted = to;
        to = from;
        from = sorted;
    }
    extraction->runs = from;
    iotsig_memory_free(extraction->allocator, to);
    return true;
}

static bool index_runs(struct extraction *extraction)
{
    for (size_t i = 0; i < extraction->run_count; i++) {
        struct run *run = &extraction->runs[i];
        iotsig_index_init(&run->index, &extraction->match, KEY_RIGHT);
        run->indexed = true;
        for (size_t j = 0; j < run->count; j++)
            if (!iotsig_index_add(&run->index, (uint32_t)(run->start + j)))
                return false;
    }
    return true;
}

/*
 * Lets a copy of a flow of the reference grow by its first match in each pattern.
 * @return 1; 0 when some pattern has none; -1 when there is no memory
 */
static int grow(struct extraction *extraction, struct flow *copy)
{
    for (size_t i = 0; i < extraction->run_count; i++) {
        struct run *run = &extraction->runs[i];
        uint32_t found = iotsig_index_find(&run->index, copy);
        if (found == INDEX_FAILED)
            return -1;
        if (found == INDEX_NONE)
            return 0;
        if (i == 0) {
            if (extraction->consumed[found - run->start])
                continue;
            extraction->consumed[found - run->start] = true;
        }
        if (!iotsig_flow_add(&extraction->match, extraction->pool, copy,
                             &extraction->pool->flows[found]))
            return -1;
    }
    return 1;
}

/* A copy of a flow of the pool, outside its list. */
static bool copy_flow(struct iotsig_pattern *pool, size_t number, struct flow *copy)
{
    const struct flow *flow = &pool->flows[number];
    *copy = *flow;
    copy->ports = NULL;
    copy->port_count = copy->port_capacity = 0;
    copy->table = NULL;
    for (size_t i = 0; i < flow->port_count; i++) {
        const struct flow_port *port = &flow->ports[i];
        if (!iotsig_flow_append_port(pool, copy, port->host, port->port, port->count))
            return false;
    }
    return true;
}

static bool extract_flow(struct extraction *extraction, struct iotsig_pattern *signature,
                         size_t number)
{
    struct flow copy;
    bool done = copy_flow(extraction->pool, extraction->runs[0].start + number, &copy);
    if (done) {
        extraction->consumed[number] = true;
        int grown = grow(extraction, &copy);
        copy.first = copy.last = (struct iotsig_time){0};
        done = grown == 0 || (grown == 1 && iotsig_pattern_import(signature, extraction->pool, &copy, 1));
    }
    iotsig_flow_fini(extraction->pool, &copy);
    return done;
}

static bool extract_all(struct extraction *extraction, struct iotsig_pattern *signature)
{
    if (!sort_runs(extraction) || !index_runs(extraction))
        return false;
    const struct run *reference = &extraction->runs[0];
    extraction->consumed = iotsig_memory_get(extraction->allocator, reference->count);
    if (extraction->consumed == NULL)
        return false;
    memset(extraction->consumed, 0, reference->count);
    for (size_t i = 0; i < reference->count; i++)
        if (!extraction->consumed[i] && !extract_flow(extraction, signature, i))
            return false;
    return true;
}

static int extract(struct extraction *extraction, struct iotsig_pattern *signature,
                   struct iotsig_error *error)
{
    const struct iotsig_patterns *patterns = extraction->patterns;
    int status = iotsig_pattern_new(&extraction->pool, patterns->context, error);
    if (status != 0)
        return status;
    extraction->match = (struct match){extraction->pool, patterns->options.same_hosts,
                                       patterns->options.match_random_ports};
    extraction->runs =
        iotsig_memory_get(extraction->allocator, (patterns->count + 1) * sizeof *extraction->runs);
    if (extraction->runs == NULL || !import_all(extraction))
        return iotsig_fail_memory(error);
    if (extraction->run_count == 0)
        return iotsig_fail(error, IOTSIG_ERR_EMPTY, "no input holds a flow");
    return extract_all(extraction, signature) ? 0 : iotsig_fail_memory(error);
}

static void finish(struct extraction *extraction)
{
    for (size_t i = 0; i < extraction->run_count; i++)
        if (extraction->runs[i].indexed)
            iotsig_index_fini(&extraction->runs[i].index);
    iotsig_memory_free(extraction->allocator, extraction->runs);
    iotsig_memory_free(extraction->allocator, extraction->consumed);
    iotsig_pattern_free(extraction->pool);
}

int iotsig_signature_extract(struct iotsig_signature **out, const struct iotsig_patterns *patterns,
                             const char *name, struct iotsig_error *error)
{
    struct extraction extraction = {.patterns = patterns,
                                    .allocator = &patterns->context->allocator};
    struct iotsig_signature *signature;
    int status = iotsig_signature_new(&signature, patterns->context, name,
                                      patterns->options.timeout_ns, error);
    if (status != 0)
        return status;
    signature->pattern->match_random_ports = patterns->options.match_random_ports;
    for (size_t i = 0; status == 0 && i < patterns->count; i++)
        if (!iotsig_signature_add_capture(signature, patterns->items[i].input))
            status = iotsig_fail_memory(error);
    if (status == 0)
        status = extract(&extraction, signature->pattern, error);
    if (status == 0 && !iotsig_pattern_number_ids(signature->pattern))
        status = iotsig_fail_memory(error);
    finish(&extraction);
    if (status != 0) {
        iotsig_signature_free(signature);
        return status;
    }
    *out = signature;
    return 0;
}
