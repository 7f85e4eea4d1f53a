/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "base/context.h"

#include "base/error.h"
#include "base/random.h"

#ifndef IOTSIG_VERSION
#error "IOTSIG_VERSION comes from the build"
#endif

const char *iotsig_version(void)
{
    return IOTSIG_VERSION;
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
        iotsig_random(&context->hash_key, sizeof context->hash_key);
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
