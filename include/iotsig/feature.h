/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/feature.h - the features of a capture, which signatures are learned from.
 *
 * A feature is a text of a family, such as "out tcp cloud.example.com 443" of the family flow. It
 * is about one device, `self`, and says nothing that differs from one unit or one home to the next:
 * its own addresses, serial numbers and the like are replaced by words. A capture has each feature
 * once, with how often it was seen.
 *
 * The device is the hardware address, neither multicast nor zero, that is the greatest by, in this
 * order: it was a DHCP client; an EAPOL supplicant; sent an ARP probe or announcement; sends from
 * no public address; is no DHCP server; answered a TCP SYN of a local peer; the most frames sent;
 * the largest address. Where frames have no hardware addresses that are known (raw IP, Wi-Fi), it
 * is the private IP address with most flows.
 *
 * Memory follows the flows and features of a capture, never its packets.
 */
#ifndef IOTSIG_FEATURE_H
#define IOTSIG_FEATURE_H

#include "iotsig/options.h"
#include "iotsig/output.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_style; /* of iotsig/format.h */

/** How captures become features; all zero is the default. */
struct iotsig_feature_options {
    /** The device: a hardware address "02:00:00:00:00:01" or an IP address; NULL: it is found. */
    const char *self;
    /** Names of families, with commas; NULL: all but those that are optional (agent). */
    const char *families;
    bool spells; /**< keep also when each feature was seen: iotsig_features_spell() */
};

/** @return 0, IOTSIG_ERR_ARGUMENT: one of them is none */
IOTSIG_API int iotsig_feature_options_check(const struct iotsig_feature_options *options,
                                            struct iotsig_error *error);

/** A feature; texts are printable ASCII, and belong to the set. */
struct iotsig_feature {
    const char *family, *text;
    uint64_t count; /**< packets or records it was seen in; of the family length, messages */
    struct iotsig_time first; /**< when it was first seen; `digits` 0: not known */
};

/** Features of a capture, in the order of families, then bytewise by text. */
struct iotsig_features;

/**
 * Reads a capture to its end, or to the pause of the options; "-" is standard input. The set is
 * there even when the capture turns out damaged: iotsig_features_failure() tells.
 * @param options   how captures are read, or NULL: no pause ends it. The filter, names, progress
 * and timeout count; frames are kept whatever they are
 * @param features  may be NULL
 * @return 0; as iotsig_capture_open(); IOTSIG_ERR_ARGUMENT also for `features`; IOTSIG_ERR_LIMIT:
 * more flows, features or names than the context allows; IOTSIG_ERR_CANCELLED, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_features_read(struct iotsig_features **out, struct iotsig_context *context,
                                    const char *path, const struct iotsig_options *options,
                                    const struct iotsig_feature_options *features,
                                    struct iotsig_error *error);

/** How reading ended: 0, or a failure behind the last frame that was read. `error` may be NULL. */
IOTSIG_API int iotsig_features_failure(const struct iotsig_features *features,
                                       struct iotsig_error *error);

/** As iotsig_capture_is_cut(). */
IOTSIG_API bool iotsig_features_is_cut(const struct iotsig_features *features,
                                       struct iotsig_error *warning);

IOTSIG_API size_t iotsig_features_count(const struct iotsig_features *features);

/** Feature `i` < iotsig_features_count(). */
IOTSIG_API void iotsig_features_get(const struct iotsig_features *features, size_t i,
                                    struct iotsig_feature *feature);

/** A time in which something was seen, in nanoseconds since 1970-01-01 00:00 UTC; often one instant. */
struct iotsig_spell {
    int64_t first_ns, last_ns;
};

/** The most spells of a feature. Where there were more, the nearest were put together. */
#define IOTSIG_SPELLS_MAX 63

/**
 * Spell `k` in which feature `i` was seen, in the order of their beginnings; false at the end, and where
 * they were not asked for, or the capture has no times. A message of the family length is seen when its
 * last segment is.
 */
IOTSIG_API bool iotsig_features_spell(const struct iotsig_features *features, size_t i, size_t k,
                                      struct iotsig_spell *spell);

/** The names of hosts that the capture told, and those known beforehand. They belong to the set. */
IOTSIG_API const struct iotsig_names *iotsig_features_names(const struct iotsig_features *features);

/**
 * The device's hardware address, or IP address where there is none; NULL: no device was found. The
 * text belongs to the set.
 */
IOTSIG_API const char *iotsig_features_self(const struct iotsig_features *features);

/**
 * How the device was found: "given"; "only": there was no other; what set it apart from the next:
 * "dhcp-client", "eapol", "arp", "no-public-source", "no-dhcp-server", "answered-syn", "frames",
 * "largest"; "flows": an IP address. NULL: there is none.
 */
IOTSIG_API const char *iotsig_features_found_by(const struct iotsig_features *features);

/** IP address `i` of the device, in the order in which they were seen; NULL at the end. */
IOTSIG_API const char *iotsig_features_address(const struct iotsig_features *features, size_t i);

/** The address of the gateway, or NULL: what DHCP said, else the local resolver, else whom ARP
 * asked for most. */
IOTSIG_API const char *iotsig_features_gateway(const struct iotsig_features *features);

/** When the first frame of the capture was seen, and the last; `digits` 0: there was none. */
IOTSIG_API void iotsig_features_span(const struct iotsig_features *features,
                                     struct iotsig_time *first, struct iotsig_time *last);

/** NULL is allowed. */
IOTSIG_API void iotsig_features_free(struct iotsig_features *features);

/** The slots that iotsig_feature_slot() tells are from 1 to this. */
#define IOTSIG_SLOTS 3

/**
 * Where a feature is what the device calls itself (its host name, its model): which of these names it
 * is, from 1 on. A device has one of each: two values of a slot are two products. 0: it is no name.
 */
IOTSIG_API unsigned iotsig_feature_slot(const char *family, const char *text);

/** Writes the features of several captures, one after the other, as `iotsig features` does. */
struct iotsig_feature_writer;

/** @return 0, IOTSIG_ERR_ARGUMENT for YAML, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_feature_writer_new(struct iotsig_feature_writer **out,
                                         struct iotsig_context *context,
                                         struct iotsig_output *output,
                                         const struct iotsig_style *style,
                                         struct iotsig_error *error);

/** Writes those of the capture of this name. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_feature_writer_put(struct iotsig_feature_writer *writer, const char *capture,
                                         const struct iotsig_features *features,
                                         struct iotsig_error *error);

/** Writes what is still to be written, and frees; NULL is allowed. */
IOTSIG_API void iotsig_feature_writer_free(struct iotsig_feature_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
