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

/* The protocol of a response is enough. */
static void key_layer(const struct pool *pool, const struct flow *flow, struct twin_key *key)
{
    key->layer[0] = key->layer[1] = NO_LAYER;
    if (flow->layer == NO_LAYER)
        return;
    const struct stored_layer *stored = layer_at(&pool->pattern->layers, flow->layer);
    if ((stored->layer.protocol->equality == APP_RESPONSE_MATCHES && stored->response) ||
        is_bare(&stored->layer)) {
        key->layer[0] = 0;
        while (iotsig_app_protocols[key->layer[0]] != stored->layer.protocol)
            key->layer[0]++;
        return;
    }
    key->layer[0] = stored->class;
    key->layer[1] = stored->name;
}

static struct twin_key key_of(const struct pool *pool, const struct flow *flow)
{
    bool forward = flow->src <= flow->dst;
    struct twin_key key = {.host = {forward ? flow->src : flow->dst,
                                    forward ? flow->dst : flow->src},
                           .network = flow->network,
                           .transport = flow->transport};
    key_ports(pool, flow, &key);
    key_layer(pool, flow, &key);
    return key;
}

/* From the last to the first, each becomes the head of its chain, which is known by its last. */
static bool chain_twins(struct pool *pool)
{
    for (size_t i = pool->second; i-- > 0;) {
        struct twin_key key = key_of(pool, &pool->pattern->flows[pool->first + i]);
        bool added;
        const uint64_t *chain = iotsig_map_put(&pool->twins, &key, sizeof key, i, &added);
        if (chain == NULL)
            return false;
        pool->nexts[i] = added ? POOL_NONE : pool->heads[*chain];
        pool->heads[*chain] = (uint32_t)(pool->first + i);
    }
    return true;
}

uint32_t *iotsig_pool_twins(const struct pool *pool, size_t number)
{
    struct twin_key key = key_of(pool, &pool->pattern->flows[number]);
    const uint64_t *chain = iotsig_map_get(&pool->twins, &key, sizeof key);
    return chain == NULL ? NULL : &pool->heads[*chain];
}

bool iotsig_pool_is_plain(const struct pool *pool, size_t number)
{
    const struct flow *flow = &pool->pattern->flows[number];
    if (flow->port_count > PORTS_SHORT)
        return false; /* it may be */
    for (size_t i = 0; i < flow->port_count; i++)
        for (size_t j = 0; j < i; j++)
            if (flow->ports[i].port == flow->ports[j].port &&
                iotsig_flow_port_is_fixed(flow, i, pool->match.random_ports))
                return false;
    return true;
}

int iotsig_pool_init(struct pool *pool, const struct iotsig_pattern *a,
                     const struct iotsig_pattern *b, const struct iotsig_options *options,
                     struct iotsig_error *error)
{
    struct iotsig_context *context = a->context;
    *pool = (struct pool){.first = a->count, .second = b->count};
    iotsig_map_init(&pool->twins, &context->allocator, context->hash_key);
    int status = iotsig_pattern_new(&pool->pattern, context, error);
    if (status != 0)
        return status;
    pool->match = (struct match){pool->pattern, options != NULL ? options->same_hosts : NULL,
                                 options != NULL && options->match_random_ports};
    pool->pattern->match_random_ports = pool->match.random_ports;
    pool->heads = iotsig_memory_get(&context->allocator, (b->count + 1) * sizeof *pool->heads);
    pool->nexts = iotsig_memory_get(&context->allocator, (b->count + 1) * sizeof *pool->nexts);
    if (pool->heads == NULL || pool->nexts == NULL || a->count + b->count >= POOL_NONE ||
        !iotsig_pattern_import(pool->pattern, a, a->flows, a->count) ||
        !iotsig_pattern_import(pool->pattern, b, b->flows, b->count) || !chain_twins(pool))
        return iotsig_fail_memory(error);
    return 0;
}

void iotsig_pool_fini(struct pool *pool)
{
    iotsig_map_fini(&pool->twins);
    if (pool->pattern == NULL)
        return;
    iotsig_memory_free(&pool->pattern->context->allocator, pool->heads);
    iotsig_memory_free(&pool->pattern->context->allocator, pool->nexts);
    iotsig_pattern_free(pool->pattern);
}
