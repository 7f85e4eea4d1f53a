/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nftables' `limit rate over`: which packets are above a rate. */
#ifndef IOTSIG_DETECT_LIMIT_H
#define IOTSIG_DETECT_LIMIT_H

#include "translate/profile.h"

/** A bucket of nanoseconds: full at first, and filled by time; each packet costs some. */
struct limit {
    const struct policy_rate *rate;
    uint64_t period; /**< nanoseconds in which the bucket gains what the rate allows */
    uint64_t count;  /**< packets or bytes in a period */
    uint64_t most, tokens;
    bool started;
    int64_t last; /**< when a packet was looked at last, in nanoseconds */
};

/** A full one. */
void iotsig_limit_init(struct limit *limit, const struct policy_rate *rate);

/**
 * Whether a packet at a time is over the rate; `size`: its bytes behind the header of the link.
 * Time that goes back counts as none.
 */
bool iotsig_limit_over(struct limit *limit, int64_t now, uint64_t size);

#endif
