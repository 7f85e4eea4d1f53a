/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances of flows, for those who compare many (behaviour section 6). */
#ifndef IOTSIG_FLOW_DISTANCE_H
#define IOTSIG_FLOW_DISTANCE_H

#include "base/ratio.h"
#include "flow/pattern.h"
#include "iotsig/distance.h"

/** A flow and where its hosts and layers are. */
struct flow_in {
    const struct iotsig_pattern *pattern;
    const struct flow *flow;
};

/** As iotsig_flow_distance(). */
int iotsig_distance_of(struct flow_in a, struct flow_in b, struct iotsig_distance *distance,
                       struct iotsig_error *error);

/**
 * Which end of `b` stands against the source of `a`: false for its source, true for its
 * destination, when that is nearer. `*done` becomes false when there is no memory.
 */
bool iotsig_distance_turns(struct flow_in a, struct flow_in b, bool *done);

#endif
