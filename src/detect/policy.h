/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a policy covers a packet, judged with our own parsers.
 *
 * A way has two halves: what nftables decides (addresses, ports, types, size, who began the
 * connection), and what a program on a queue does (payloads, hosts by name). Its rate is another
 * matter: limit.h.
 */
#ifndef IOTSIG_DETECT_POLICY_H
#define IOTSIG_DETECT_POLICY_H

#include "detect/resolved.h"
#include "translate/rule.h"

/** A frame, and what is known of it beside its bytes. All borrowed. */
struct sight {
    const struct frame *frame;
    bool is_reply; /**< its receiver began the connection */
    const struct resolved *resolved;
    char *scratch; /**< APP_TEXT_MAX bytes, for the texts of a payload */
};

/** Whether the matches of nftables that the way is written with select the frame, rates aside. */
bool iotsig_way_matches(const struct way *way, const struct sight *sight);

/** Whether the way covers the frame: iotsig_way_matches(), and all that a program checks. */
bool iotsig_way_covers(const struct way *way, const struct sight *sight);

#endif
