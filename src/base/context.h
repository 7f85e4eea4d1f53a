/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a context gives to every module: memory and the key of all hashes. */
#ifndef IOTSIG_BASE_CONTEXT_H
#define IOTSIG_BASE_CONTEXT_H

#include "base/hash.h"
#include "base/memory.h"
#include "iotsig/base.h"

struct temporary;

struct iotsig_context {
    struct iotsig_allocator allocator;
    struct iotsig_hash_key hash_key;
    uint32_t max_flows;
    struct temporary *volatile temporaries; /* base/temporary.h */
};

#endif
