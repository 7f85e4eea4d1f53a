/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which device a capture is of. */
#ifndef IOTSIG_FEATURE_SELF_H
#define IOTSIG_FEATURE_SELF_H

#include "feature/family.h"

/** What was asked for: a device, where there is one of both, and families. */
struct wanted {
    bool has_mac, has_address;
    uint64_t mac;
    struct address address;
    unsigned families; /**< bits by `enum family_id` */
};

/** Parses "02:00:00:00:00:01" (or with `-`) or an IP address; of no families. */
bool iotsig_wanted_parse(const char *text, struct wanted *wanted);

/** What options ask for; all of them may be absent. @return 0, IOTSIG_ERR_ARGUMENT */
int iotsig_wanted_of_options(const struct iotsig_feature_options *options, struct wanted *wanted,
                             struct iotsig_error *error);

/** Whether a server answers names in the local network: a gateway may; a public one is none. */
bool iotsig_is_local_resolver(const struct side *server);

/**
 * Finds the device and what surrounds it. `*addresses` becomes the array of its addresses, which
 * the caller frees, also on failure. `*found_by` is NULL when there is none.
 * @return 0, IOTSIG_ERR_MEMORY
 */
int iotsig_self_find(struct collector *collector, const struct wanted *wanted, struct view *view,
                     struct address **addresses, const char **found_by, struct iotsig_error *error);

#endif
