/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iotsig/select.h - flows that somebody asks for, and patterns made into one. */
#ifndef IOTSIG_SELECT_H
#define IOTSIG_SELECT_H

#include "iotsig/pattern.h"

#ifdef __cplusplus
extern "C" {
#endif

/** By what a flow is asked for. */
enum iotsig_select_by {
    IOTSIG_SELECT_HOST,      /**< a host of its ends or ports; `*.example.com`: any name below */
    IOTSIG_SELECT_PORT,      /**< a port of it, fixed or not */
    IOTSIG_SELECT_PROTOCOL,  /**< ipv4, ipv6, tcp, udp, mdns, or that of its application layer */
    IOTSIG_SELECT_ATTRIBUTE, /**< `NAME=VALUE` or `NAME` of its application layer */
    IOTSIG_SELECT_ID         /**< its identifier */
};

struct iotsig_selection;

/** A selection of all flows. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_selection_new(struct iotsig_selection **out, struct iotsig_context *context,
                                    struct iotsig_error *error);

/**
 * Adds what is asked for. A flow is selected when for each kind that was added it has one of those
 * that were.
 * @return 0, IOTSIG_ERR_ARGUMENT: no port, no protocol, ...; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_selection_add(struct iotsig_selection *selection, enum iotsig_select_by by,
                                    const char *value, struct iotsig_error *error);

/**
 * Whether a flow is selected.
 * @param same  hosts that are declared to be the same, or NULL
 */
IOTSIG_API bool iotsig_selection_has(const struct iotsig_selection *selection,
                                     const struct iotsig_pattern *pattern, size_t index,
                                     const struct iotsig_same_hosts *same);

/** NULL is allowed. */
IOTSIG_API void iotsig_selection_free(struct iotsig_selection *selection);

/**
 * Takes the flows that are not selected, or with `invert` those that are, out of all patterns of a
 * list. Identifiers are given anew.
 * @return 0, IOTSIG_ERR_MEMORY: some may have been taken out
 */
IOTSIG_API int iotsig_patterns_select(struct iotsig_patterns *patterns,
                                      const struct iotsig_selection *selection, bool invert,
                                      struct iotsig_error *error);

/**
 * Makes all patterns of a list one, called `name`: their flows in order, each added to the first that
 * it is matched by (behaviour section 4), else appended. Names of hosts that come later replace
 * earlier ones. A list without patterns stays so.
 * @return 0, IOTSIG_ERR_MEMORY, IOTSIG_ERR_LIMIT: the list is as it was
 */
IOTSIG_API int iotsig_patterns_merge(struct iotsig_patterns *patterns, const char *name,
                                     struct iotsig_error *error);

#ifdef __cplusplus
}
#endif

#endif
