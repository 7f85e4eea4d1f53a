/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of patterns, for those who fill it. */
#ifndef IOTSIG_FLOW_PATTERNS_H
#define IOTSIG_FLOW_PATTERNS_H

#include "flow/pattern.h"
#include "host/names.h"

/** What a signature was made from, and is called. */
struct provenance {
    const char *name;
    const char **captures;
    size_t capture_count;
    int64_t timeout_ns; /**< NO_TIMEOUT: not known */
};

#define NO_TIMEOUT (-1)

struct patterns_item {
    struct iotsig_pattern *pattern;
    const char *input;
    struct iotsig_names *names;         /**< its own, or NULL: the list's */
    const struct provenance *signature; /**< of a signature that was read; or NULL. The list's. */
};

struct iotsig_profiles;
struct iotsig_library;

struct iotsig_patterns {
    struct iotsig_context *context;
    struct iotsig_options options;
    bool shared_names;
    struct iotsig_names *names; /**< those known beforehand; with shared names all */
    struct iotsig_arena texts;
    struct patterns_item *items;
    size_t count, capacity;
    struct iotsig_profiles *profiles; /**< where profiles go that are read; NULL: they become flows */
    struct iotsig_library *library;   /**< where learned signatures go; NULL: they are refused */
};

/**
 * Appends a pattern, which belongs to the list from then on, also on failure; so does `names`,
 * which may be NULL. @return 0, IOTSIG_ERR_MEMORY
 */
int iotsig_patterns_append(struct iotsig_patterns *patterns, struct iotsig_pattern *pattern,
                           const char *input, struct iotsig_names *names,
                           struct iotsig_error *error);

/**
 * Reads an open capture into the list.
 * @return 0; as iotsig_capture_next(), then what was read before is in the list;
 *         IOTSIG_ERR_LIMIT, IOTSIG_ERR_CANCELLED, IOTSIG_ERR_MEMORY
 */
int iotsig_patterns_read_capture(struct iotsig_patterns *patterns, struct iotsig_capture *capture,
                                 const char *path, struct iotsig_error *error);

#endif
