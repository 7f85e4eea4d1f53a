/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pairs of hosts that somebody has declared to be the same. */
#ifndef IOTSIG_HOST_SAME_H
#define IOTSIG_HOST_SAME_H

#include "host/hosts.h"

/**
 * The next host that `host` is declared to be the same as; start with `*i` 0, ends with NULL.
 * `same` may be NULL.
 */
const struct host *iotsig_same_hosts_partner(const struct iotsig_same_hosts *same,
                                             const struct host *host, size_t *i);

#endif
