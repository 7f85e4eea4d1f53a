/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two patterns in one, so that their hosts and layers have the same numbers, and what flows have in
 * common when their distance is 0.
 */
#ifndef IOTSIG_SIGNATURE_POOL_H
#define IOTSIG_SIGNATURE_POOL_H

#include "flow/distance.h"
#include "flow/index.h"

/** Flows of `b` in chains, in ascending order, each by a key of what its flows share. */
struct chains {
    struct iotsig_map numbers; /**< from the key to the number of the chain */
    uint32_t *heads, *nexts;   /**< by number of the chain, and of the flow in `b` */
};

/** The flows of `a`, then those of `b`. */
struct pool {
    struct iotsig_pattern *pattern;
    struct match match;
    size_t first, second;    /**< how many flows of `a`, and of `b` */
    struct chains same;      /**< by hosts, protocols, attributes, and the fixed ports */
    struct chains any_ports; /**< not by ports; only where a flow of `a` is not plain */
    uint64_t attributed;     /**< protocols of which a response has attributes: bits by number */
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

/** A place in a chain. */
struct twins {
    uint32_t *at; /**< what leads to the flow; NULL, or to POOL_NONE: none is left */
    const struct pool *pool;
    const struct chains *chains;
};

/**
 * The flows of `b` that may be at distance 0 of flow `number` of `a`, in ascending order: all that
 * are, and some that share with it all but what does not count when flows match.
 */
struct twins iotsig_pool_twins(const struct pool *pool, size_t number);

static inline bool twins_left(const struct twins *twins)
{
    return twins->at != NULL && *twins->at != POOL_NONE;
}

static inline void twins_skip(struct twins *twins)
{
    twins->at = &twins->chains->nexts[*twins->at - twins->pool->first];
}

/** Takes the flow out of its chain. */
static inline void twins_drop(struct twins *twins)
{
    *twins->at = twins->chains->nexts[*twins->at - twins->pool->first];
}

#endif
