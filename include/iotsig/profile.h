/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/profile.h - policies: flows as a person reads and edits them, in a device's profile
 * (behaviour section 6).
 *
 * A policy holds protocols, hosts, fixed ports and what the application says. iotsig_patterns_read()
 * of iotsig/format.h reads a profile back: each policy is a flow again.
 */
#ifndef IOTSIG_PROFILE_H
#define IOTSIG_PROFILE_H

#include "iotsig/pattern.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The device of a profile. Texts are borrowed; NULL where there is none. */
struct iotsig_device {
    const char *name, *mac;
    const char *ipv4, *ipv6; /**< its own addresses, which a policy calls `self` */
};

/**
 * Checks the texts of a device: UTF-8, and addresses of their kinds.
 * @return 0, IOTSIG_ERR_ARGUMENT
 */
IOTSIG_API int iotsig_device_check(const struct iotsig_device *device, struct iotsig_error *error);

/** What of a flow its policy does not hold. */
enum iotsig_policy_loss {
    IOTSIG_LOST_COUNTS = 1 << 0, /**< how many fingerprints, packets and bytes */
    IOTSIG_LOST_TIMES = 1 << 1,  /**< of its first and last packet */
    IOTSIG_LOST_PORTS = 1 << 2,  /**< ports that are not fixed, and how often each port was */
    IOTSIG_LOST_PAIRS = 1 << 3,  /**< which of several hosts of an end had which of several ports */
    IOTSIG_LOST_LAYER = 1 << 4   /**< an application layer of `enum iotsig_layers` */
};

/**
 * The losses of flow `index`, combined.
 * @param same  hosts that are declared to be the same, or NULL
 */
IOTSIG_API unsigned iotsig_policy_losses(const struct iotsig_pattern *pattern, size_t index,
                                         const struct iotsig_same_hosts *same);

/** One loss in words, such as "times"; NULL for what is none. */
IOTSIG_API const char *iotsig_policy_loss_text(enum iotsig_policy_loss loss);

#ifdef __cplusplus
}
#endif

#endif
