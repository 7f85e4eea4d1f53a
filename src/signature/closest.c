/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The closest flow, exactly, without measuring all of them.
 *
 * Distances are bounded from below in fixed point, each part rounded down, and what is bounded
 * above the best so far is passed over. Flows of the second pattern are sorted by *shape*: what
 * gives their distance but for the texts of hosts, names and URIs. So a flow is compared with each
 * shape, the nearest first, and with the members of those that can still win: first by the lengths
 * of texts, then by the texts.
 */
#include <stdlib.h>

#include "base/error.h"
#include "base/levenshtein.h"
#include "iotsig/compare.h"
#include "signature/pool.h"

/* Fixed point: a distance of 1. */
#define UNIT (UINT64_C(1) << 32)

struct iotsig_closest {
    const struct iotsig_allocator *allocator;
    struct iotsig_pair *pairs;
};

struct member {
    uint32_t flow, host[2], text; /* `text`: the number of the layer */
};

struct shape {
    size_t start, count; /* of its members */
    uint64_t bound;      /* for the flow that is looked at */
};

struct searching {
    struct pool pool;
    struct iotsig_closest *closest;
    struct iotsig_map numbers; /* of shapes, by their keys */
    struct shape *shapes;
    size_t shape_count;
    struct shape **order;
    struct member *members;
};

/* floor(part * UNIT * share / whole), with part <= whole. */
static uint64_t fixed(uint64_t part, uint64_t whole, uint64_t share, uint64_t shares)
{
    while (whole >> 24 != 0) { /* so that nothing below overflows */
        part >>= 1;
        whole = (whole >> 1) + 1;
    }
    return part * UNIT / whole * share / shares;
}

/* Rounded up: no distance that is smaller than this one has a bound above it. */
static uint64_t fixed_above(struct iotsig_ratio ratio)
{
    while (ratio.den >> 31 != 0) {
        ratio.num = (ratio.num >> 1) + 1;
        ratio.den >>= 1;
    }
    return (ratio.num * UNIT + ratio.den - 1) / ratio.den;
}

static const struct host *host_of(const struct searching *searching, uint32_t number)
{
    return host_at(&searching->pool.pattern->hosts, number);
}

/* Ratios of edits to length: at least by lengths, or by the texts. */

static bool edits(const struct searching *searching, struct text a, struct text b, bool by_length,
                  size_t *count)
{
    if (by_length) {
        *count = a.n > b.n ? a.n - b.n : b.n - a.n;
        if (*count == 0)
            *count = 1; /* they differ */
        return true;
    }
    return iotsig_levenshtein(searching->closest->allocator, a, b, count);
}

/* Edits and lengths of two hosts; 0/1 and 1/1 where no text is compared. */
static bool host_edits(const struct searching *searching, uint32_t a, uint32_t b, bool by_length,
                       size_t *count, size_t *length)
{
    const struct host *x = host_of(searching, a), *y = host_of(searching, b);
    *count = a == b ? 0 : 1;
    *length = 1;
    if (a == b || x->kind == HOST_ADDRESS || y->kind == HOST_ADDRESS)
        return true;
    *length = x->name.text.n + y->name.text.n;
    return edits(searching, x->name.text, y->name.text, by_length, count);
}

/* What the hosts add to the whole: a ninth of the sum of both. */
static bool hosts_bound(const struct searching *searching, const uint32_t a[2], const uint32_t b[2],
                        bool by_length, uint64_t *bound)
{
    size_t count[2], length[2], other_count[2], other_length[2];
    for (size_t i = 0; i < 2; i++)
        if (!host_edits(searching, a[i], b[i], by_length, &count[i], &length[i]))
            return false;
    uint64_t same = fixed(count[0], length[0], 1, 9) + fixed(count[1], length[1], 1, 9);
    if (count[0] == 0) { /* the source is not nearer the other way round */
        *bound = same;
        return true;
    }
    for (size_t i = 0; i < 2; i++)
        if (!host_edits(searching, a[i], b[1 - i], by_length, &other_count[i], &other_length[i]))
            return false;
    uint64_t turned =
        fixed(other_count[0], other_length[0], 1, 9) + fixed(other_count[1], other_length[1], 1, 9);
    *bound = turned < same ? turned : same;
    return true;
}

/* What the name or URI of the layers adds; protocols, and whether both are responses, are alike. */
static bool text_bound(const struct searching *searching, uint32_t a, uint32_t b, bool by_length,
                       uint64_t *bound)
{
    *bound = 0;
    if (a == NO_LAYER || b == NO_LAYER || a == b)
        return true;
    const struct layers *layers = &searching->pool.pattern->layers;
    const struct stored_layer *x = layer_at(layers, a), *y = layer_at(layers, b);
    const struct app_protocol *protocol = x->layer.protocol;
    if (protocol != y->layer.protocol ||
        (protocol->equality == APP_RESPONSE_MATCHES && x->response && y->response))
        return true;
    unsigned weights = 0;
    for (size_t i = 0; i < APP_ATTRIBUTES && protocol->attributes[i].name != NULL; i++)
        weights += protocol->attributes[i].weight;
    for (size_t i = 0; i < APP_ATTRIBUTES && protocol->attributes[i].name != NULL; i++) {
        const struct app_attribute *attribute = &protocol->attributes[i];
        struct text p = x->layer.text[i], q = y->layer.text[i];
        size_t count;
        if ((attribute->kind != APP_NAME && attribute->kind != APP_URI) ||
            (x->layer.present & y->layer.present & 1u << i) == 0 || text_equal(p, q))
            continue;
        if (!edits(searching, p, q, by_length, &count))
            return false;
        *bound += fixed(count, p.n + q.n, attribute->weight, 3 * (uint64_t)weights);
    }
    return true;
}

/* Shapes. */

/* Without gaps: it is compared as bytes. */
struct shape_key {
    uint64_t ports, port_count;
    uint64_t attribute[APP_ATTRIBUTES]; /* which text; or whether there is one */
    uint32_t protocol;
    uint8_t network, transport, address[2];
};

static void key_attributes(const struct stored_layer *stored, struct shape_key *key)
{
    const struct app_protocol *protocol = stored->layer.protocol;
    while (iotsig_app_protocols[key->protocol] != protocol)
        key->protocol++;
    for (size_t i = 0; i < APP_ATTRIBUTES && protocol->attributes[i].name != NULL; i++) {
        enum app_kind kind = protocol->attributes[i].kind;
        bool present = (stored->layer.present & 1u << i) != 0;
        if (kind == APP_TRUTH || protocol->attributes[i].weight == 0)
            key->attribute[i] = kind == APP_TRUTH && (stored->layer.truths & 1u << i) != 0;
        else if (kind == APP_NAME || kind == APP_URI || !present)
            key->attribute[i] = present;
        else /* each text is stored once: where it is tells it from all others */
            key->attribute[i] = (uintptr_t)stored->layer.text[i].p;
    }
}

static struct shape_key key_of(const struct searching *searching, const struct flow *flow)
{
    const struct iotsig_pattern *pattern = searching->pool.pattern;
    struct shape_key key = {.network = flow->network, .transport = flow->transport};
    key.address[0] = host_of(searching, flow->src)->kind == HOST_ADDRESS;
    key.address[1] = host_of(searching, flow->dst)->kind == HOST_ADDRESS;
    for (size_t i = 0; i < flow->port_count; i++)
        if (iotsig_flow_port_is_fixed(flow, i, pattern->match_random_ports)) {
            key.ports += iotsig_hash_pair(&searching->numbers.key, flow->ports[i].port, 0);
            key.port_count++;
        }
    key.protocol = 0;
    if (flow->layer == NO_LAYER)
        key.protocol = UINT32_MAX;
    else
        key_attributes(layer_at(&pattern->layers, flow->layer), &key);
    return key;
}

/* Numbers the shapes, counts their members, and lays these side by side in their order. */
static bool sort_members(struct searching *searching)
{
    const struct pool *pool = &searching->pool;
    const struct iotsig_allocator *allocator = searching->closest->allocator;
    size_t capacity = 0;
    uint32_t *number = iotsig_memory_get(allocator, (pool->second + 1) * sizeof *number);
    bool done = number != NULL;
    for (size_t i = 0; done && i < pool->second; i++) {
        struct shape_key key = key_of(searching, &pool->pattern->flows[pool->first + i]);
        bool added;
        const uint64_t *known =
            iotsig_map_put(&searching->numbers, &key, sizeof key, searching->shape_count, &added);
        done = known != NULL &&
               iotsig_array_grow(allocator, &searching->shapes, &capacity,
                                 searching->shape_count + 1, sizeof *searching->shapes);
        if (!done)
            break;
        number[i] = (uint32_t)*known;
        if (added)
            searching->shapes[searching->shape_count++] = (struct shape){0, 0, 0};
        searching->shapes[number[i]].count++;
    }
    size_t start = 0;
    for (size_t i = 0; i < searching->shape_count; i++) {
        searching->shapes[i].start = start;
        start += searching->shapes[i].count;
        searching->shapes[i].count = 0;
    }
    for (size_t i = 0; done && i < pool->second; i++) {
        const struct flow *flow = &pool->pattern->flows[pool->first + i];
        struct shape *shape = &searching->shapes[number[i]];
        searching->members[shape->start + shape->count++] =
            (struct member){(uint32_t)(pool->first + i), {flow->src, flow->dst}, flow->layer};
    }
    iotsig_memory_free(allocator, number);
    return done;
}

static int compare_shapes(const void *a, const void *b)
{
    const struct shape *const *x = a, *const *y = b;
    if ((*x)->bound != (*y)->bound)
        return (*x)->bound < (*y)->bound ? -1 : 1;
    return (*x)->start < (*y)->start ? -1 : (*x)->start > (*y)->start;
}

/* The distance to the first of a shape, without what hosts and texts of both add to it. */
static int bound_shapes(struct searching *searching, const struct member *from,
                        struct iotsig_error *error)
{
    const struct pool *pool = &searching->pool;
    for (size_t i = 0; i < searching->shape_count; i++) {
        struct shape *shape = &searching->shapes[i];
        const struct member *first = &searching->members[shape->start];
        struct flow_in a = pool_flow(pool, from->flow), b = pool_flow(pool, first->flow);
        struct iotsig_distance distance;
        uint64_t text;
        int status = iotsig_distance_of(a, b, &distance, error);
        if (status != 0)
            return status;
        if (!text_bound(searching, from->text, first->text, false, &text))
            return iotsig_fail_memory(error);
        uint64_t application = fixed(distance.application.num, distance.application.den, 1, 3);
        shape->bound = fixed(distance.transport.num, distance.transport.den, 1, 3) +
                       (a.flow->network != b.flow->network ? UNIT / 9 : 0) +
                       (application > text + 4 ? application - text - 4 : 0);
        searching->order[i] = shape;
    }
    qsort(searching->order, searching->shape_count, sizeof(struct shape *), compare_shapes);
    return 0;
}

/* The best so far, and what nothing worth a look has its bound above. */
struct best {
    struct iotsig_pair pair;
    uint64_t limit;
    bool known;
};

static int consider(const struct searching *searching, const struct member *from,
                    const struct member *to, struct best *best, struct iotsig_error *error)
{
    struct iotsig_distance distance;
    size_t number = to->flow - searching->pool.first;
    int status = iotsig_distance_of(pool_flow(&searching->pool, from->flow),
                                    pool_flow(&searching->pool, to->flow), &distance, error);
    if (status != 0)
        return status;
    int order = best->known ? iotsig_ratio_compare(distance.whole, best->pair.distance.whole) : -1;
    if (order < 0 || (order == 0 && number < best->pair.b)) {
        best->pair = (struct iotsig_pair){from->flow, number, distance};
        best->limit = fixed_above(distance.whole);
        best->known = true;
    }
    return 0;
}

/* Whether a member can still win; a bound by the texts is dearer than one by their lengths. */
static bool may_win(const struct searching *searching, const struct member *from,
                    const struct member *to, uint64_t bound, const struct best *best, bool *failed)
{
    if (!best->known)
        return true;
    for (int by_length = 1; by_length >= 0; by_length--) {
        uint64_t hosts, text;
        if (!hosts_bound(searching, from->host, to->host, by_length, &hosts) ||
            !text_bound(searching, from->text, to->text, by_length, &text)) {
            *failed = true;
            return false;
        }
        uint64_t sum = bound + hosts + text;
        if (sum > best->limit ||
            (best->pair.distance.whole.num == 0 && to->flow - searching->pool.first > best->pair.b))
            return false;
    }
    return true;
}

static int search(struct searching *searching, size_t number, struct best *best,
                  struct iotsig_error *error)
{
    const struct pool *pool = &searching->pool;
    const struct flow *flow = &pool->pattern->flows[number];
    const struct member from = {(uint32_t)number, {flow->src, flow->dst}, flow->layer};
    bool failed = false;
    int status = 0;
    for (struct twins twins = iotsig_pool_twins(pool, number); twins_left(&twins);
         twins_skip(&twins)) {
        const struct member to = {*twins.at, {0, 0}, NO_LAYER};
        status = consider(searching, &from, &to, best, error);
        if (status != 0 || best->pair.distance.whole.num == 0)
            return status;
    }
    status = bound_shapes(searching, &from, error);
    for (size_t i = 0; status == 0 && i < searching->shape_count; i++) {
        const struct shape *shape = searching->order[i];
        if (best->known && shape->bound > best->limit)
            break;
        for (size_t j = 0; status == 0 && j < shape->count; j++) {
            const struct member *to = &searching->members[shape->start + j];
            if (may_win(searching, &from, to, shape->bound, best, &failed))
                status = consider(searching, &from, to, best, error);
            if (failed)
                return iotsig_fail_memory(error);
        }
    }
    return status;
}

static int search_all(struct searching *searching, struct iotsig_error *error)
{
    const struct pool *pool = &searching->pool;
    const struct iotsig_allocator *allocator = searching->closest->allocator;
    if (pool->second == 0 && pool->first > 0)
        return iotsig_fail(error, IOTSIG_ERR_EMPTY, "the second pattern has no flow");
    searching->members =
        iotsig_memory_get(allocator, (pool->second + 1) * sizeof *searching->members);
    if (searching->members == NULL || !sort_members(searching))
        return iotsig_fail_memory(error);
    searching->order =
        iotsig_memory_get(allocator, (searching->shape_count + 1) * sizeof *searching->order);
    searching->closest->pairs =
        iotsig_memory_get(allocator, (pool->first + 1) * sizeof *searching->closest->pairs);
    if (searching->order == NULL || searching->closest->pairs == NULL)
        return iotsig_fail_memory(error);
    for (size_t i = 0; i < pool->first; i++) {
        struct best best = {.limit = UINT64_MAX};
        int status = search(searching, i, &best, error);
        if (status != 0)
            return status;
        searching->closest->pairs[i] = best.pair;
    }
    return 0;
}

int iotsig_closest_new(struct iotsig_closest **out, const struct iotsig_pattern *a,
                       const struct iotsig_pattern *b, const struct iotsig_options *options,
                       struct iotsig_error *error)
{
    struct iotsig_context *context = a->context;
    const struct iotsig_allocator *allocator = &context->allocator;
    struct searching searching = {.closest = iotsig_memory_get(allocator, sizeof **out)};
    if (searching.closest == NULL)
        return iotsig_fail_memory(error);
    *searching.closest = (struct iotsig_closest){.allocator = allocator};
    iotsig_map_init(&searching.numbers, allocator, context->hash_key);
    int status = iotsig_pool_init(&searching.pool, a, b, options, error);
    if (status == 0)
        status = search_all(&searching, error);
    iotsig_map_fini(&searching.numbers);
    iotsig_memory_free(allocator, searching.shapes);
    iotsig_memory_free(allocator, searching.order);
    iotsig_memory_free(allocator, searching.members);
    iotsig_pool_fini(&searching.pool);
    if (status != 0)
        iotsig_closest_free(searching.closest);
    else
        *out = searching.closest;
    return status;
}

void iotsig_closest_get(const struct iotsig_closest *closest, size_t index,
                        struct iotsig_pair *pair)
{
    *pair = closest->pairs[index];
}

void iotsig_closest_free(struct iotsig_closest *closest)
{
    if (closest == NULL)
        return;
    iotsig_memory_free(closest->allocator, closest->pairs);
    iotsig_memory_free(closest->allocator, closest);
}
