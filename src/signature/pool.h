/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two patterns in one, so that their hosts and layers have the same numbers, and what flows have in
 * common when their distance is 0.
 */
#ifndef IOTSIG_SIGNATURE_POOL_H
#define IOTSIG_SIGNATURE_POOL_H

#include "flow/distance.h"
#include "flow/index.h"

/** The flows of `a`, then those of `b`. */
struct pool {
    struct iotsig_pattern *pattern;
    struct match match;
    size_t first, second;    /**< how many flows of `a`, and of `b` */
    struct iotsig_map twins; /**< from what flows at distance 0 share to a chain of flows of `b` */
    uint32_t *heads, *nexts; /**< of chains, and of each flow of `b`: see iotsig_pool_twins() */
};

#define POOL_NONE UINT32_MAX

/** @return 0, IOTSIG_ERR_MEMORY; to be ended with iotsig_pool_fini() in any case */
int iotsig_pool_init(struct pool *pool, const struct iotsig_pattern *a,
                     const struct iotsig_pattern *b, const struct iotsig_options *options,
                     struct iotsig_error *error);
void iotsig_pool_fini(struct pool *pool);

static inline struct flow_in pool_flow(const struct pool *pool, size_t number)
{
    return (struct flow_in){pool->pattern, &pool->pattern->flows[number]};
}

/**
 * Where the chain begins of the flows of `b` that share with flow `number` of `a` its hosts, fixed
 * ports, protocols and attributes, but for what does not count when flows match. In ascending
 * order, ends with POOL_NONE; iotsig_pool_next() is where it goes on. To take a flow out of its
 * chain, set what led to it to what follows it. NULL: no flow does.
 */
uint32_t *iotsig_pool_twins(const struct pool *pool, size_t number);

/**
 * Whether flow `number` has no fixed port twice: then every flow of `b` at distance 0 is in its
 * chain.
 */
bool iotsig_pool_is_plain(const struct pool *pool, size_t number);

static inline uint32_t *iotsig_pool_next(const struct pool *pool, uint32_t number)
{
    return &pool->nexts[number - pool->first];
}

#endif
