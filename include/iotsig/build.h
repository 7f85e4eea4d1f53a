/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/build.h - application layers, flows and patterns that a program makes itself, instead of
 * reading them.
 *
 * Texts that are given are cleaned as those of files are (behaviour section 3): hosts become lower
 * case, addresses get their one spelling, and bytes that are not printable ASCII are escaped; a
 * backslash is taken as one that escapes already.
 */
#ifndef IOTSIG_BUILD_H
#define IOTSIG_BUILD_H

#include "iotsig/packet.h"
#include "iotsig/pattern.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A layer by itself, with these attributes; their names may be those of policies and of the Python
 * package, too. Of two for one attribute the later counts.
 * @return 0; IOTSIG_ERR_ARGUMENT: a protocol or an attribute that is not known, a text that is none
 *         (or the other way round), one that is too long; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_layer_new(struct iotsig_layer **out, struct iotsig_context *context,
                                const char *protocol, const struct iotsig_attribute *attributes,
                                size_t count, struct iotsig_error *error);

/**
 * What a payload says, which is taken to be one of this protocol, whatever its ports; or, where
 * that is NULL, of the one by which it would be read in a capture.
 * @return 0; IOTSIG_ERR_FORMAT: it is none; IOTSIG_ERR_ARGUMENT: a protocol that is not known;
 *         IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_layer_parse(struct iotsig_layer **out, struct iotsig_context *context,
                                  const char *protocol, const struct iotsig_payload *payload,
                                  struct iotsig_error *error);

/** Frees a layer of these functions, with the context it was made with. NULL is allowed. */
IOTSIG_API void iotsig_layer_free(struct iotsig_context *context, struct iotsig_layer *layer);

/** A new, empty pattern. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_pattern_new(struct iotsig_pattern **out, struct iotsig_context *context,
                                  struct iotsig_error *error);

/** Whether ports of a pattern are fixed that all packets of a fingerprint use; at first not. */
IOTSIG_API void iotsig_pattern_set_random_ports(struct iotsig_pattern *pattern, bool random_ports);
IOTSIG_API bool iotsig_pattern_random_ports(const struct iotsig_pattern *pattern);

/**
 * Appends a flow with `flow->ports` ports; `sport` and `dport`, and whether ports are fixed, do not
 * count. `src` and `dst` may be NULL or empty: no host, which is equal to itself only. `network`
 * and `transport` may be any number up to 255, of which all but 4 and 6, and 6 and 17, are equal to
 * themselves only and cannot be written. The identifier of the flow is not told apart from those of
 * others.
 * @return 0; IOTSIG_ERR_ARGUMENT: a host is too long; IOTSIG_ERR_LIMIT: more flows than the context
 *         allows; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_pattern_add(struct iotsig_pattern *pattern, const struct iotsig_flow *flow,
                                  const struct iotsig_port *ports, struct iotsig_error *error);

/**
 * Appends copies of all flows of another pattern, which may be of another context, and tells
 * identifiers apart.
 * @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY; some may then have been appended
 */
IOTSIG_API int iotsig_pattern_add_all(struct iotsig_pattern *pattern,
                                      const struct iotsig_pattern *from,
                                      struct iotsig_error *error);

/**
 * Whether flow `a` of a pattern matches its flow `b` (behaviour section 4).
 * @param options  `same_hosts` and `match_random_ports` count; may be NULL
 */
IOTSIG_API bool iotsig_pattern_matches(const struct iotsig_pattern *pattern, size_t a, size_t b,
                                       const struct iotsig_options *options);

/**
 * Adds flow `from` to flow `to` of a pattern, as flows that match are added; both stay.
 * @return 0, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_pattern_join(struct iotsig_pattern *pattern, size_t to, size_t from,
                                   const struct iotsig_options *options,
                                   struct iotsig_error *error);

/**
 * Appends a copy of a pattern, which may be of another context, to a list.
 * @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_patterns_add(struct iotsig_patterns *patterns,
                                   const struct iotsig_pattern *pattern, const char *input,
                                   struct iotsig_error *error);

/** Packets that become the flows of a pattern. */
struct iotsig_grouping;

/**
 * @param options  `same_hosts` and `match_random_ports` count; may be NULL
 * @return 0, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_grouping_new(struct iotsig_grouping **out, struct iotsig_context *context,
                                   const struct iotsig_options *options,
                                   struct iotsig_error *error);

/**
 * Adds a packet; its number does not count. Hosts and protocols as in iotsig_pattern_add().
 * @return 0, IOTSIG_ERR_ARGUMENT, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_grouping_add(struct iotsig_grouping *grouping,
                                   const struct iotsig_packet *packet, struct iotsig_error *error);

/**
 * The flows of the packets, as a pattern of its own. Frees the grouping, whatever the result.
 * @return 0, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_grouping_finish(struct iotsig_grouping *grouping, struct iotsig_pattern **out,
                                      struct iotsig_error *error);

/** NULL is allowed. */
IOTSIG_API void iotsig_grouping_free(struct iotsig_grouping *grouping);

#ifdef __cplusplus
}
#endif

#endif
