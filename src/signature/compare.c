/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iotsig/compare.h"

#include "base/error.h"
#include "base/output.h"
#include "signature/pool.h"

struct iotsig_comparison {
    const struct iotsig_allocator *allocator;
    struct iotsig_pair *pairs; /* by their flow of the first pattern, NO_PAIR where it has none */
    size_t pair_count;
    size_t *only[2];
    size_t only_count[2];
    bool equal;
    char *distance, *decimal;
};

struct comparing {
    struct pool pool;
    struct iotsig_comparison *comparison;
    bool *taken;            /* of all flows of the pool */
    struct iotsig_pair *of; /* of each flow of the first pattern, when it is taken */
    struct flow_index index;
};

static void make_pair(struct comparing *comparing, size_t a, uint32_t b,
                      const struct iotsig_distance *distance)
{
    comparing->taken[a] = comparing->taken[b] = true;
    comparing->of[a] = (struct iotsig_pair){a, b - comparing->pool.first, *distance};
}

/* The first free flow that it matches at distance 0. Those that are taken leave the chain. */
static int pair_with_twin(struct comparing *comparing, size_t a, struct iotsig_error *error)
{
    const struct pool *pool = &comparing->pool;
    struct flow_in flow = pool_flow(pool, a);
    struct iotsig_distance distance;
    for (struct twins twins = iotsig_pool_twins(pool, a); twins_left(&twins);) {
        uint32_t b = *twins.at;
        if (comparing->taken[b]) {
            twins_drop(&twins);
            continue;
        }
        struct flow_in twin = pool_flow(pool, b);
        int status = iotsig_distance_of(flow, twin, &distance, error);
        if (status != 0)
            return status;
        if (distance.whole.num == 0 && iotsig_flow_matches(&pool->match, flow.flow, twin.flow)) {
            make_pair(comparing, a, b, &distance);
            twins_drop(&twins);
            return 0;
        }
        twins_skip(&twins);
    }
    return 0;
}

static int pair_twins(struct comparing *comparing, struct iotsig_error *error)
{
    int status = 0;
    for (size_t a = 0; status == 0 && a < comparing->pool.first; a++)
        status = pair_with_twin(comparing, a, error);
    return status;
}

static int pair_matches(struct comparing *comparing, struct iotsig_error *error)
{
    const struct pool *pool = &comparing->pool;
    struct iotsig_distance distance;
    for (size_t b = pool->first; b < pool->first + pool->second; b++)
        if (!comparing->taken[b] && !iotsig_index_add(&comparing->index, (uint32_t)b))
            return iotsig_fail_memory(error);
    comparing->index.taken = comparing->taken;
    for (size_t a = 0; a < pool->first; a++) {
        if (comparing->taken[a])
            continue;
        uint32_t b = iotsig_index_find(&comparing->index, &pool->pattern->flows[a]);
        if (b == INDEX_FAILED)
            return iotsig_fail_memory(error);
        if (b == INDEX_NONE)
            continue;
        int status = iotsig_distance_of(pool_flow(pool, a), pool_flow(pool, b), &distance, error);
        if (status != 0)
            return status;
        make_pair(comparing, a, b, &distance);
    }
    return 0;
}

/* Writes a text into memory of its own; NULL when there is none. */
static char *text_of_sum(struct iotsig_context *context, const struct ratio_sum *sum,
                         void (*put)(struct iotsig_output *output, const struct ratio_sum *sum))
{
    struct iotsig_output *output;
    size_t n;
    if (iotsig_output_memory(&output, context, NULL) != 0)
        return NULL;
    put(output, sum);
    iotsig_output_put(output, "", 1); /* the NUL */
    const char *text = iotsig_output_text(output, &n);
    char *copy = iotsig_output_flush(output, NULL) == 0 && n > 0
                     ? iotsig_memory_get(&context->allocator, n)
                     : NULL;
    if (copy != NULL)
        memcpy(copy, text, n);
    iotsig_output_free(output);
    return copy;
}

/* The mean; a sum of 64 bits as long as that is enough, because most are 0 or alike. */
static bool sum_up(const struct iotsig_comparison *comparison, struct ratio_sum *sum)
{
    size_t alone = comparison->only_count[0] + comparison->only_count[1];
    size_t count = comparison->pair_count + alone;
    struct iotsig_ratio part = RATIO_ZERO;
    iotsig_sum_init(sum);
    if (count > UINT32_MAX)
        return false;
    for (size_t i = 0; i < comparison->pair_count; i++) {
        struct iotsig_ratio distance = comparison->pairs[i].distance.whole;
        if (iotsig_ratio_add(part, distance, &part))
            continue;
        if (!iotsig_sum_add(sum, part, 1))
            return false;
        part = distance;
    }
    if (!iotsig_sum_add(sum, part, 1) || !iotsig_sum_add(sum, RATIO_ONE, (uint32_t)alone) ||
        (count > 0 && !iotsig_sum_divide(sum, (uint32_t)count)))
        return false;
    iotsig_sum_reduce(sum);
    return true;
}

static int measure(struct iotsig_comparison *comparison, struct iotsig_context *context,
                   struct iotsig_error *error)
{
    struct ratio_sum sum;
    if (!sum_up(comparison, &sum))
        return iotsig_fail(error, IOTSIG_ERR_LIMIT,
                           "the overall distance needs more than 8000 bits");
    comparison->equal = iotsig_sum_is_zero(&sum);
    comparison->distance = text_of_sum(context, &sum, iotsig_put_sum);
    comparison->decimal = text_of_sum(context, &sum, iotsig_put_sum_decimal);
    return comparison->distance != NULL && comparison->decimal != NULL ? 0
                                                                       : iotsig_fail_memory(error);
}

/* Moves what was found to where it is asked for. */
static bool collect(struct comparing *comparing)
{
    struct iotsig_comparison *comparison = comparing->comparison;
    const size_t count[2] = {comparing->pool.first, comparing->pool.second};
    size_t start = 0;
    for (int side = 0; side < 2; start = count[side++]) {
        comparison->only[side] =
            iotsig_memory_get(comparison->allocator,
                              (count[side] + 1) * sizeof *comparison->only[side]);
        if (comparison->only[side] == NULL)
            return false;
        for (size_t i = 0; i < count[side]; i++)
            if (!comparing->taken[start + i])
                comparison->only[side][comparison->only_count[side]++] = i;
    }
    for (size_t a = 0; a < count[0]; a++)
        if (comparing->taken[a])
            comparing->of[comparison->pair_count++] = comparing->of[a];
    comparison->pairs = comparing->of;
    comparing->of = NULL;
    return true;
}

static int compare(struct comparing *comparing, struct iotsig_context *context,
                   struct iotsig_error *error)
{
    size_t count = comparing->pool.first + comparing->pool.second;
    comparing->taken = iotsig_memory_get(&context->allocator, count + 1);
    comparing->of =
        iotsig_memory_get(&context->allocator, (comparing->pool.first + 1) * sizeof *comparing->of);
    if (comparing->taken == NULL || comparing->of == NULL)
        return iotsig_fail_memory(error);
    memset(comparing->taken, 0, count + 1);
    int status = pair_twins(comparing, error);
    if (status == 0)
        status = pair_matches(comparing, error);
    if (status == 0 && !collect(comparing))
        status = iotsig_fail_memory(error);
    return status != 0 ? status : measure(comparing->comparison, context, error);
}

int iotsig_compare(struct iotsig_comparison **out, const struct iotsig_pattern *a,
                   const struct iotsig_pattern *b, const struct iotsig_options *options,
                   struct iotsig_error *error)
{
    struct iotsig_context *context = a->context;
    const struct iotsig_allocator *allocator = &context->allocator;
    struct comparing comparing = {.comparison = iotsig_memory_get(allocator, sizeof **out)};
    if (comparing.comparison == NULL)
        return iotsig_fail_memory(error);
    *comparing.comparison = (struct iotsig_comparison){.allocator = allocator};
    int status = iotsig_pool_init(&comparing.pool, a, b, options, error);
    if (status == 0) {
        iotsig_index_init(&comparing.index, &comparing.pool.match, KEY_RIGHT);
        status = compare(&comparing, context, error);
        iotsig_index_fini(&comparing.index);
    }
    iotsig_memory_free(allocator, comparing.taken);
    iotsig_memory_free(allocator, comparing.of);
    iotsig_pool_fini(&comparing.pool);
    if (status != 0)
        iotsig_comparison_free(comparing.comparison);
    else
        *out = comparing.comparison;
    return status;
}

size_t iotsig_comparison_count(const struct iotsig_comparison *comparison)
{
    return comparison->pair_count;
}

void iotsig_comparison_pair(const struct iotsig_comparison *comparison, size_t index,
                            struct iotsig_pair *pair)
{
    *pair = comparison->pairs[index];
}

bool iotsig_comparison_only(const struct iotsig_comparison *comparison, bool second, size_t index,
                            size_t *flow)
{
    if (index >= comparison->only_count[second])
        return false;
    *flow = comparison->only[second][index];
    return true;
}

bool iotsig_comparison_is_equal(const struct iotsig_comparison *comparison)
{
    return comparison->equal;
}

const char *iotsig_comparison_distance(const struct iotsig_comparison *comparison)
{
    return comparison->distance;
}

const char *iotsig_comparison_decimal(const struct iotsig_comparison *comparison)
{
    return comparison->decimal;
}

void iotsig_comparison_free(struct iotsig_comparison *comparison)
{
    if (comparison == NULL)
        return;
    const struct iotsig_allocator *allocator = comparison->allocator;
    iotsig_memory_free(allocator, comparison->pairs);
    iotsig_memory_free(allocator, comparison->only[0]);
    iotsig_memory_free(allocator, comparison->only[1]);
    iotsig_memory_free(allocator, comparison->distance);
    iotsig_memory_free(allocator, comparison->decimal);
    iotsig_memory_free(allocator, comparison);
}
