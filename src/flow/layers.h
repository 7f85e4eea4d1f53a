/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Application layers, each stored once, and when two are equal (behaviour section 2). */
#ifndef IOTSIG_FLOW_LAYERS_H
#define IOTSIG_FLOW_LAYERS_H

#include "app/app.h"
#include "host/hosts.h"

/** The number that stands for "no application layer". */
#define NO_LAYER UINT32_MAX

/** What an attempt to add gives when there is no memory. */
#define LAYER_FAILED (UINT32_MAX - 1)

struct stored_layer {
    struct iotsig_layer layer; /**< texts live with the pool */
    uint32_t class;           /**< equal for equal protocols and attributes, but for the name */
    uint32_t name;             /**< the domain name's number among the hosts, or NO_HOST */
    bool response;
};

struct layers {
    struct hosts *hosts; /**< where the names of layers are kept */
    struct iotsig_map numbers;
    struct iotsig_strings classes;
    struct iotsig_strings texts;
    struct stored_layer *items;
    size_t count, capacity;
    bool known_equal; /**< one of them is of a protocol of APP_KNOWN_EQUAL */
};

void iotsig_layers_init(struct layers *layers, struct hosts *hosts);
void iotsig_layers_fini(struct layers *layers);

/** The number of a layer, added when it is new; `layer` NULL: NO_LAYER. Or LAYER_FAILED. */
uint32_t iotsig_layers_add(struct layers *layers, const struct iotsig_layer *layer);

static inline const struct stored_layer *layer_at(const struct layers *layers, uint32_t number)
{
    return &layers->items[number];
}

/** Whether it is that of all packets between two ends (APP_KNOWN_EQUAL). */
static inline bool layer_is_shared(const struct stored_layer *stored)
{
    return stored->layer.protocol->equality == APP_KNOWN_EQUAL;
}

/** The name that an equal layer must have an equal of; NO_HOST where it may be absent. */
static inline uint32_t layer_key_name(const struct stored_layer *stored)
{
    return layer_is_shared(stored) ? NO_HOST : stored->name;
}

/**
 * Sets attribute `i`, which is no truth value, to a text that somebody wrote: a name is cleaned;
 * else what is no printable ASCII is escaped, and a backslash taken as one that escapes already.
 * False when scratch is full.
 */
bool iotsig_layer_set_text(struct iotsig_layer *layer, size_t i, struct text text,
                           struct app_scratch *scratch);

/** A copy by itself, to be freed with iotsig_layer_free(). @return 0, IOTSIG_ERR_MEMORY */
int iotsig_layer_keep(struct iotsig_layer **out, struct iotsig_context *context,
                      const struct iotsig_layer *layer, struct iotsig_error *error);

/** `to` with the attributes of `from` that it lacks, both of one protocol. Or LAYER_FAILED. */
uint32_t iotsig_layers_merge(struct layers *layers, uint32_t to, uint32_t from);

/** Whether two layers, by number, are equal. `same` may be NULL. */
bool iotsig_layers_equal(const struct layers *layers, uint32_t a, uint32_t b,
                         const struct iotsig_same_hosts *same);

#endif
