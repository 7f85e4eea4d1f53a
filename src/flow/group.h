/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From packets to flow fingerprints, in one pass (behaviour section 4).
 *
 * Names are known only at the end of a capture, so packets are first summed up in raw groups: by
 * their ends as captured and by the exact application layer. Memory follows these. At the end the
 * raw groups are put together again under the names, in the order of their first packets.
 */
#ifndef IOTSIG_FLOW_GROUP_H
#define IOTSIG_FLOW_GROUP_H

#include "decode/decode.h"
#include "flow/pattern.h"
#include "host/names.h"

/** What an end of address version 0 has for an address: the number of a host of the pattern. */
#define END_IS_HOST 0

/** The unordered pair of ends: the lesser first. */
struct raw_pair {
    struct end ends[2];
    uint32_t transport;
    uint32_t first; /**< its first raw group, UINT32_MAX while it has none */
};

struct raw_group {
    uint32_t pair, layer;
    uint8_t network;
    bool swapped; /**< the first packet went from ends[1] to ends[0] */
    uint64_t packets, bytes;
    struct iotsig_time first, last;
};

/** One packet to be grouped. */
struct raw_packet {
    struct end src, dst;
    uint8_t network, transport;
    uint64_t length;
    struct iotsig_time time;
};

/** Of each direct-mapped cache: most packets belong to a pair and group seen shortly before. */
#define GROUPER_CACHE 16384

struct grouper {
    struct iotsig_pattern *pattern;
    struct iotsig_map pair_numbers; /**< from the ends to the pair */
    struct iotsig_map group_numbers; /**< from pair and layer to a group that is not the first */
    struct raw_pair *pairs;
    size_t pair_count, pair_capacity;
    struct raw_group *groups;
    size_t group_count, group_capacity;
    uint32_t pair_cache[GROUPER_CACHE], group_cache[GROUPER_CACHE];
};

void iotsig_grouper_init(struct grouper *grouper, struct iotsig_pattern *pattern);
void iotsig_grouper_fini(struct grouper *grouper);

/** Adds one packet. @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY */
int iotsig_grouper_add(struct grouper *grouper, const struct raw_packet *packet,
                       const struct iotsig_layer *layer, struct iotsig_error *error);

/**
 * Makes the flows of the pattern, whose `match_random_ports` counts. `names` may be NULL.
 * @return 0, IOTSIG_ERR_MEMORY
 */
int iotsig_grouper_finish(struct grouper *grouper, const struct iotsig_names *names,
                          const struct iotsig_same_hosts *same, struct iotsig_error *error);

#endif
