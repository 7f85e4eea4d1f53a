/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature/pool.h"

#include "base/error.h"

/* What two flows share when their distance is 0. Without gaps: it is compared as bytes. */
struct twin_key {
    uint64_t ports; /* the fixed ones, whatever their order */
    uint64_t port_count;
    uint32_t host[2]; /* the lesser first: either direction */
    uint32_t layer[2];
    uint32_t network, transport;
};

static void key_ports(const struct pool *pool, const struct flow *flow, struct twin_key *key)
{
    for (size_t i = 0; i < flow->port_count; i++)
        if (iotsig_flow_port_is_fixed(flow, i, pool->match.random_ports)) {
            key->ports +=
                iotsig_hash_pair(&pool->pattern->context->hash_key, flow->ports[i].port, 0);
            key->port_count++;
        }
}

/* Whether a layer has nothing that adds to a distance. */
static bool is_bare(const struct iotsig_layer *layer)
{
    for (size_t i = 0; i < APP_ATTRIBUTES && layer->protocol->attributes[i].name != NULL; i++)
        if (layer->protocol->attributes[i].weight > 0 && (layer->present & 1u << i) != 0)
            return false;
    return true;
}

static bool is_response(const struct stored_layer *stored)
{
    return stored->layer.protocol->equality == APP_RESPONSE_MATCHES && stored->response;
}

static uint32_t number_of(const struct app_protocol *protocol)
{
    uint32_t number = 0;
    while (iotsig_app_protocols[number] != protocol)
        number++;
    return number;
}

/* The protocol of a response is enough. A response that has attributes, which only files written by
 * others hold, is at distance 0 of a request with the same ones too: then the protocol must be
 * enough for all. */
static void key_layer(const struct pool *pool, const struct flow *flow, struct twin_key *key)
{
    key->layer[0] = key->layer[1] = NO_LAYER;
    if (flow->layer == NO_LAYER)
        return;
    const struct stored_layer *stored = layer_at(&pool->pattern->layers, flow->layer);
    uint32_t protocol = number_of(stored->layer.protocol);
    if (is_response(stored) || is_bare(&stored->layer) ||
        (pool->attributed >> protocol & 1) != 0) {
        key->layer[0] = protocol;
        return;
    }
    key->layer[0] = stored->class;
    key->layer[1] = stored->name;
}

static void find_attributed(struct pool *pool)
{
    const struct layers *layers = &pool->pattern->layers;
    for (size_t i = 0; i < layers->count; i++) {
        const struct stored_layer *stored = layer_at(layers, (uint32_t)i);
        if (is_response(stored) && !is_bare(&stored->layer))
            pool->attributed |= UINT64_C(1) << number_of(stored->layer.protocol);
    }
}

static struct twin_key key_of(const struct pool *pool, const struct chains *chains,
                              const struct flow *flow)
{
    bool forward = flow->src <= flow->dst;
    struct twin_key key = {.host = {forward ? flow->src : flow->dst,
                                    forward ? flow->dst : flow->src},
                           .network = flow->network,
                           .transport = flow->transport};
    if (chains == &pool->same)
        key_ports(pool, flow, &key);
    key_layer(pool, flow, &key);
    return key;
}

/* From the last to the first, each becomes the head of its chain, which is known by its last. */
static bool chain_flows(struct pool *pool, struct chains *chains)
{
    const struct iotsig_allocator *allocator = &pool->pattern->context->allocator;
    chains->heads = iotsig_memory_get(allocator, (pool->second + 1) * sizeof *chains->heads);
    chains->nexts = iotsig_memory_get(allocator, (pool->second + 1) * sizeof *chains->nexts);
    if (chains->heads == NULL || chains->nexts == NULL)
        return false;
    for (size_t i = pool->second; i-- > 0;) {
        struct twin_key key = key_of(pool, chains, &pool->pattern->flows[pool->first + i]);
        bool added;
        const uint64_t *chain = iotsig_map_put(&chains->numbers, &key, sizeof key, i, &added);
        if (chain == NULL)
            return false;
        chains->nexts[i] = added ? POOL_NONE : chains->heads[*chain];
        chains->heads[*chain] = (uint32_t)(pool->first + i);
    }
    return true;
}

/* Whether a flow has no fixed port twice. Then those of a flow at distance 0 are the same; else they
 * may be others: 80 and 80 are both among 80 and 443, and as many. */
static bool is_plain(const struct pool *pool, const struct flow *flow)
{
    uint64_t seen[65536 / 64] = {0};
    size_t left = 0;
    for (size_t i = 0; i < flow->port_count; i++)
        left += iotsig_flow_port_is_fixed(flow, i, pool->match.random_ports);
    for (size_t i = 0; left > 1 && i < flow->port_count; i++) {
        uint16_t port = flow->ports[i].port;
        if (!iotsig_flow_port_is_fixed(flow, i, pool->match.random_ports))
            continue;
        if ((seen[port / 64] >> port % 64 & 1) != 0)
            return false;
        seen[port / 64] |= UINT64_C(1) << port % 64;
    }
    return true;
}

static bool make_chains(struct pool *pool)
{
    bool plain = true;
    find_attributed(pool);
    for (size_t i = 0; plain && i < pool->first; i++)
        plain = is_plain(pool, &pool->pattern->flows[i]);
    return chain_flows(pool, &pool->same) && (plain || chain_flows(pool, &pool->any_ports));
}

struct twins iotsig_pool_twins(const struct pool *pool, size_t number)
{
    const struct flow *flow = &pool->pattern->flows[number];
    struct twins twins = {NULL, pool, is_plain(pool, flow) ? &pool->same : &pool->any_ports};
    struct twin_key key = key_of(pool, twins.chains, flow);
    const uint64_t *chain = iotsig_map_get(&twins.chains->numbers, &key, sizeof key);
    if (chain != NULL)
        twins.at = &twins.chains->heads[*chain];
    return twins;
}

int iotsig_pool_init(struct pool *pool, const struct iotsig_pattern *a,
                     const struct iotsig_pattern *b, const struct iotsig_options *options,
                     struct iotsig_error *error)
{
    struct iotsig_context *context = a->context;
    *pool = (struct pool){.first = a->count, .second = b->count};
    iotsig_map_init(&pool->same.numbers, &context->allocator, context->hash_key);
    iotsig_map_init(&pool->any_ports.numbers, &context->allocator, context->hash_key);
    int status = iotsig_pattern_new(&pool->pattern, context, error);
    if (status != 0)
        return status;
    pool->match = (struct match){pool->pattern, options != NULL ? options->same_hosts : NULL,
                                 options != NULL && options->match_random_ports};
    pool->pattern->match_random_ports = pool->match.random_ports;
    if (a->count + b->count >= POOL_NONE ||
        !iotsig_pattern_import(pool->pattern, a, a->flows, a->count) ||
        !iotsig_pattern_import(pool->pattern, b, b->flows, b->count) || !make_chains(pool))
        return iotsig_fail_memory(error);
    return 0;
}

static void fini_chains(const struct pool *pool, struct chains *chains)
{
    iotsig_map_fini(&chains->numbers);
    if (pool->pattern == NULL)
        return;
    iotsig_memory_free(&pool->pattern->context->allocator, chains->heads);
    iotsig_memory_free(&pool->pattern->context->allocator, chains->nexts);
}

void iotsig_pool_fini(struct pool *pool)
{
    fini_chains(pool, &pool->same);
    fini_chains(pool, &pool->any_ports);
    iotsig_pattern_free(pool->pattern);
}
