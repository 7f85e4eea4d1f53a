/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As the kernel has it (net/netfilter/nft_limit.c), with the times of packets for the clock. */
#include "detect/limit.h"

#define NANOSECONDS UINT64_C(1000000000)

/* What nft gives to a rate of packets without a burst; to one of bytes it gives none. */
#define BURST_PACKETS 5

static uint64_t unit_of(enum rate_unit unit)
{
    return unit == RATE_KBYTES ? 1024 : unit == RATE_MBYTES ? 1024 * 1024 : 1;
}

/* Products wrap around like the kernel's. */
void iotsig_limit_init(struct limit *limit, const struct policy_rate *rate)
{
    uint64_t burst = rate->burst;
    *limit = (struct limit){.rate = rate,
                            .period = rate->seconds * NANOSECONDS,
                            .count = rate->count * unit_of(rate->unit)};
    if (rate->unit != RATE_PACKETS)
        limit->most = limit->period * (limit->count + burst) / limit->count;
    else
        limit->most = limit->period / limit->count * (burst > 0 ? burst : BURST_PACKETS);
    limit->tokens = limit->most;
}

bool iotsig_limit_over(struct limit *limit, int64_t now, uint64_t size)
{
    uint64_t cost = limit->rate->unit == RATE_PACKETS ? limit->period / limit->count
                                                      : limit->period * size / limit->count;
    uint64_t passed =
        limit->started && now > limit->last ? (uint64_t)now - (uint64_t)limit->last : 0;
    limit->tokens = passed < limit->most - limit->tokens ? limit->tokens + passed : limit->most;
    if (!limit->started || now > limit->last)
        limit->last = now;
    limit->started = true;
    if (cost > limit->tokens)
        return true;
    limit->tokens -= cost;
    return false;
}
