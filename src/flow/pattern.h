/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flow fingerprints and the patterns that hold them.
 *
 * A pattern is whole in itself: its hosts and layers are its own, and a flow names them by number.
 */
#ifndef IOTSIG_FLOW_PATTERN_H
#define IOTSIG_FLOW_PATTERN_H

#include "flow/layers.h"
#include "iotsig/build.h"
#include "iotsig/capture.h"
#include "iotsig/pattern.h"

/** One (host, port, count) of a fingerprint. */
struct flow_port {
    uint64_t count;
    uint32_t host;
    uint16_t port;
    uint32_t next; /**< in a long list: the next with the same port, or NO_PORT_ENTRY */
};

#define NO_PORT_ENTRY UINT32_MAX

/** Over so many ports, a list has a `struct port_table`. */
#define PORTS_SHORT 16

/** One of the hosts of a list, and its port when that is only one. */
struct port_host {
    uint32_t host;
    uint16_t port;
    bool several;
};

/** What makes a long list of ports quick to search. */
struct port_table {
    struct iotsig_map chains; /**< from a port to its first entry, and its last << 32 */
    struct iotsig_map known;  /**< from a host to its index in `hosts` */
    struct port_host *hosts;  /**< each host once, in order of insertion */
    size_t count, capacity;
};

struct flow {
    uint8_t network, transport;
    uint32_t src, dst, layer;
    uint64_t count, packets, bytes;
    struct iotsig_time first, last;
    struct flow_port *ports; /**< in order of insertion */
    size_t port_count, port_capacity;
    struct port_table *table; /**< NULL while the list is short */
};

struct iotsig_pattern {
    struct iotsig_context *context;
    struct hosts hosts;
    struct layers layers;
    struct flow *flows;
    size_t count, capacity;
    bool match_random_ports;
    uint32_t *id_numbers; /**< of flows whose identifier is not the first of its kind; or NULL */
};

/** How flows of one pattern are compared. */
struct match {
    const struct iotsig_pattern *pattern;
    const struct iotsig_same_hosts *same;
    bool random_ports;
};

/**
 * Like iotsig_pattern_read(), of a capture that is open.
 * @return 0; as iotsig_capture_next(), then `*out` is what was read before; IOTSIG_ERR_LIMIT,
 *         IOTSIG_ERR_CANCELLED, IOTSIG_ERR_MEMORY
 */
int iotsig_pattern_from_capture(struct iotsig_pattern **out, struct iotsig_context *context,
                                struct iotsig_capture *capture, const char *path,
                                const struct iotsig_options *options, struct iotsig_names *names,
                                struct iotsig_error *error);

/** Appends a flow without ports, whose other members are `flow`'s; NULL when there is no memory. */
struct flow *iotsig_pattern_append(struct iotsig_pattern *pattern, const struct flow *flow);

/**
 * Appends copies of `count` flows whose hosts and layers are those of `from`. False when there is
 * no memory; some may then have been appended.
 */
bool iotsig_pattern_import(struct iotsig_pattern *pattern, const struct iotsig_pattern *from,
                           const struct flow *flows, size_t count);

/**
 * Sees to it that no two flows have the same identifier. To be called when all flows are there.
 * False when there is no memory; then some may have.
 */
bool iotsig_pattern_number_ids(struct iotsig_pattern *pattern);

/** Appends one port to a flow, as it is; false when there is no memory. */
bool iotsig_flow_append_port(struct iotsig_pattern *pattern, struct flow *flow, uint32_t host,
                             uint16_t port, uint64_t count);

/** Whether port `i` of a flow is fixed (behaviour section 4). */
bool iotsig_flow_port_is_fixed(const struct flow *flow, size_t i, bool random_ports);

/** Whether `a` matches `b`; both belong to the pattern. */
bool iotsig_flow_matches(const struct match *match, const struct flow *a, const struct flow *b);

/**
 * Adds `from` to `to`: counts, ports, and what `to` lacks. False when there is no memory; `to` may
 * then hold a part.
 */
bool iotsig_flow_add(const struct match *match, struct iotsig_pattern *pattern, struct flow *to,
                     const struct flow *from);

/** Makes the time of `to` hold that of `from` as well; either may be absent. */
void iotsig_flow_widen(struct flow *to, const struct flow *from);

void iotsig_flow_fini(struct iotsig_pattern *pattern, struct flow *flow);

#endif
