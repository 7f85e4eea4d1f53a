/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/pattern.h - patterns: lists of flow fingerprints (behaviour section 4).
 *
 * iotsig_patterns_read() of iotsig/format.h reads them from captures and files.
 */
#ifndef IOTSIG_PATTERN_H
#define IOTSIG_PATTERN_H

#include "iotsig/layer.h"
#include "iotsig/options.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_pattern;

/** What stands for an absent port in `sport` and `dport`. */
#define IOTSIG_NO_PORT (-1)

/** One flow fingerprint. Texts and layer are borrowed from the pattern. */
struct iotsig_flow {
    int network;   /**< 4 or 6 */
    int transport; /**< 6: TCP, 17: UDP */
    const char *src, *dst;
    int32_t sport, dport;             /**< the fixed port of that host, or IOTSIG_NO_PORT */
    const struct iotsig_layer *layer; /**< NULL: none */
    uint64_t count;                   /**< fingerprints that were added up; sums end at INT64_MAX */
    uint64_t packets, bytes;          /**< of them all; bytes on the wire */
    struct iotsig_time first, last;   /**< of its packets; `digits` 0 where there is no time */
    size_t ports;                     /**< how many iotsig_pattern_port() gives */
};

/** One end that packets of a flow had. */
struct iotsig_port {
    const char *host;
    uint16_t port;
    uint64_t count; /**< fingerprints that had it */
    bool fixed;     /**< a service port, or as `match_random_ports` says */
};

/** How many flows it has. */
IOTSIG_API size_t iotsig_pattern_count(const struct iotsig_pattern *pattern);

/** Flow `index`, which must be less than the count. */
IOTSIG_API void iotsig_pattern_flow(const struct iotsig_pattern *pattern, size_t index,
                                    struct iotsig_flow *flow);

/** Port `port` of flow `index`, in order of insertion. */
IOTSIG_API void iotsig_pattern_port(const struct iotsig_pattern *pattern, size_t index,
                                    size_t port, struct iotsig_port *out);

/** The longest identifier, with its NUL: 200 characters, and a number. */
#define IOTSIG_FLOW_ID 224

/**
 * Writes the identifier of flow `index` (behaviour section 6) and a NUL. It is made of letters,
 * digits, `_`, `.` and `-`, so it can be the name of a file, and the same on every machine. Where several
 * flows of a pattern would have the same, all but the first end in `-2`, `-3`, ...
 */
IOTSIG_API void iotsig_pattern_flow_id(const struct iotsig_pattern *pattern, size_t index,
                                       char id[IOTSIG_FLOW_ID]);

/** Whether a port of TCP (6) or UDP (17) is a known service port. */
IOTSIG_API bool iotsig_port_is_service(int transport, uint16_t port);

/** NULL is allowed. */
IOTSIG_API void iotsig_pattern_free(struct iotsig_pattern *pattern);

/**
 * A list of patterns, each with the name of its input and the names of hosts that were known for
 * it. Its options hold for all that is read into it.
 */
struct iotsig_patterns;

/**
 * A new, empty list. `options` may be NULL; what it points to must outlive the list.
 * @param shared_names  whether all captures share one table of names, in the order in which they
 *                      are read, as those of one signature do; else each has its own
 * @return 0, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_patterns_new(struct iotsig_patterns **out, struct iotsig_context *context,
                                   const struct iotsig_options *options, bool shared_names,
                                   struct iotsig_error *error);

IOTSIG_API size_t iotsig_patterns_count(const struct iotsig_patterns *patterns);

/** Pattern `index`, which must be less than the count; borrowed from the list. */
IOTSIG_API const struct iotsig_pattern *iotsig_patterns_get(const struct iotsig_patterns *patterns,
                                                            size_t index);

/** Where pattern `index` comes from, such as the path of its capture. */
IOTSIG_API const char *iotsig_patterns_input(const struct iotsig_patterns *patterns, size_t index);

/** The names of hosts known for pattern `index`. */
IOTSIG_API const struct iotsig_names *iotsig_patterns_names(const struct iotsig_patterns *patterns,
                                                            size_t index);

/** NULL is allowed. */
IOTSIG_API void iotsig_patterns_free(struct iotsig_patterns *patterns);

#ifdef __cplusplus
}
#endif

#endif
