/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/distance.h - how far two flows are apart, and in what they differ (behaviour section 6).
 *
 * Distances are exact fractions from 0 to 1, always reduced; nothing on the way is rounded.
 */
#ifndef IOTSIG_DISTANCE_H
#define IOTSIG_DISTANCE_H

#include "iotsig/pattern.h"
#include "iotsig/ratio.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A distance, and the three of which it is a third each. */
struct iotsig_distance {
    struct iotsig_ratio network;     /**< protocol and hosts */
    struct iotsig_ratio transport;   /**< protocol and fixed ports */
    struct iotsig_ratio application; /**< protocol and attributes */
    struct iotsig_ratio whole;
};

/**
 * The distance of flow `i` of pattern `a` and flow `j` of pattern `b`, which may be the same
 * pattern. It is 0 of a flow and itself. It need not be the same in both directions: which ports
 * are common is asked of the first.
 * @return 0; IOTSIG_ERR_MEMORY; IOTSIG_ERR_LIMIT: the fraction does not fit in 64 bits, which takes
 *         texts of many thousand characters
 */
IOTSIG_API int iotsig_flow_distance(const struct iotsig_pattern *a, size_t i,
                                    const struct iotsig_pattern *b, size_t j,
                                    struct iotsig_distance *distance, struct iotsig_error *error);

/**
 * The distance of two hosts, of which a flow's distance is made. Hosts are cleaned before.
 * @return 0; IOTSIG_ERR_ARGUMENT: one is too long; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_host_distance(struct iotsig_context *context, const char *a, const char *b,
                                    struct iotsig_ratio *distance, struct iotsig_error *error);

/** A text as the numbers of its Unicode characters; borrowed. */
struct iotsig_characters {
    const uint32_t *at;
    size_t count;
};

/**
 * Levenshtein's distance of two texts, of the sum of their lengths; 0 for two empty ones.
 * @return 0, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_text_distance(struct iotsig_context *context, struct iotsig_characters a,
                                    struct iotsig_characters b, struct iotsig_ratio *distance,
                                    struct iotsig_error *error);

enum iotsig_difference_kind {
    IOTSIG_DIFFERENT_NETWORK,   /**< the network protocols: texts */
    IOTSIG_DIFFERENT_TRANSPORT, /**< the transport protocols: texts */
    IOTSIG_DIFFERENT_HOST,      /**< of one end: texts */
    IOTSIG_DIFFERENT_PORT,      /**< the fixed ports of one end: hosts as texts, and ports */
    IOTSIG_DIFFERENT_PROTOCOL,  /**< of the application: texts; NULL for none */
    IOTSIG_DIFFERENT_ATTRIBUTE  /**< of the application: its name, and texts; NULL where absent */
};

/** One thing in which two flows differ. Texts are borrowed from the patterns, or constant. */
struct iotsig_difference {
    enum iotsig_difference_kind kind;
    const char *name;       /**< of an attribute; else NULL */
    const char *a, *b;      /**< what each flow has */
    int32_t port_a, port_b; /**< IOTSIG_NO_PORT where it has none */
};

/**
 * Calls `each` with all differences of flow `i` of `a` and flow `j` of `b`: network protocol,
 * hosts, transport protocol, ports, application. The second flow is turned round where its hosts
 * are nearer that way, as in the distance. Ports that are not fixed are no difference.
 */
IOTSIG_API void iotsig_flow_differences(
    const struct iotsig_pattern *a, size_t i, const struct iotsig_pattern *b, size_t j,
    void (*each)(void *user, const struct iotsig_difference *difference), void *user);

#ifdef __cplusplus
}
#endif

#endif
