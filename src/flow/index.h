/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding fingerprints that match, without comparing all pairs.
 *
 * "a matches b" has two sides: a is the left one, b the right one. An index holds fingerprints for
 * one side, and looks for those that match one of the other. If a matches b, then a left key of a is
 * a right key of b; what has a key in common is compared in full. So the answer is that of a search
 * from the front.
 */
#ifndef IOTSIG_FLOW_INDEX_H
#define IOTSIG_FLOW_INDEX_H

#include "flow/pattern.h"

struct index_slot {
    uint64_t key;
    uint32_t head, tail; /**< of its list of nodes */
};

struct index_node {
    uint32_t flow, next;
};

struct flow_index {
    const struct match *match;
    enum key_side side; /**< of the fingerprints in it */
    struct index_slot *slots; /**< open addressing; a power of two */
    size_t slot_count, used;
    struct index_node *nodes;
    size_t node_count, node_capacity;
    struct host_keys src, dst, name; /**< room for the keys of one fingerprint */
    uint64_t *keys;
    size_t key_count, key_capacity;
    const bool *taken; /**< by flow: those that are not found; NULL: all are. Not owned. */
};

#define INDEX_NONE UINT32_MAX
#define INDEX_FAILED (UINT32_MAX - 1)

/** An empty index, for fingerprints on one side of a match. */
void iotsig_index_init(struct flow_index *index, const struct match *match, enum key_side side);
void iotsig_index_fini(struct flow_index *index);

/** Enters a flow of the pattern; numbers must come in ascending order. False: no memory. */
bool iotsig_index_add(struct flow_index *index, uint32_t flow);

/**
 * The lowest number of an entered flow that, with `flow` on the other side, makes a match;
 * INDEX_NONE, INDEX_FAILED (no memory).
 */
uint32_t iotsig_index_find(struct flow_index *index, const struct flow *flow);

#endif
