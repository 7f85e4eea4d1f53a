/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "base/context.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "base/error.h"

#ifndef IOTSIG_VERSION
#error "IOTSIG_VERSION comes from the build"
#endif

const char *iotsig_version(void)
{
    return IOTSIG_VERSION;
}

static struct iotsig_hash_key random_key(void)
{
    struct iotsig_hash_key key = {0, 0};
    ssize_t n;
    do
        n = getrandom(&key, sizeof key, 0);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof key) {
        /* No random numbers (an old kernel, a sandbox): the clock is better than a constant. */
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        key.k0 ^= (uint64_t)now.tv_nsec;
        key.k1 ^= (uint64_t)now.tv_sec;
    }
    return key;
}

int iotsig_context_new(struct iotsig_context **out, const struct iotsig_settings *settings,
                       struct iotsig_error *error)
{
    static const struct iotsig_settings defaults;
    if (settings == NULL)
        settings = &defaults;
    const struct iotsig_allocator *allocator =
        settings->allocator.resize != NULL ? &settings->allocator : &iotsig_allocator_default;

    struct iotsig_context *context = iotsig_memory_get(allocator, sizeof *context);
    if (context == NULL)
        return iotsig_fail_memory(error);
    *context = (struct iotsig_context){
        .allocator = *allocator,
        .hash_key = {settings->hash_seed[0], settings->hash_seed[1]},
        .max_flows = settings->max_flows > 0 ? settings->max_flows : IOTSIG_MAX_FLOWS_DEFAULT,
    };
    if (context->hash_key.k0 == 0 && context->hash_key.k1 == 0)
        context->hash_key = random_key();
    *out = context;
    return IOTSIG_OK;
}

void iotsig_context_free(struct iotsig_context *context)
{
    if (context == NULL)
        return;
    struct iotsig_allocator allocator = context->allocator;
    iotsig_memory_free(&allocator, context);
}
