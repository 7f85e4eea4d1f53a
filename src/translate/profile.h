/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profiles: what a device's policies say, checked and with every word resolved.
 *
 * A profile comes as a tree (YAML, JSON, a MUD file, or made of the flows of a signature). Reading
 * it finds all that is wrong, not only the first, and each with its place and the policy's name.
 * What is wrong never makes a policy wider: a policy with a problem is not used.
 */
#ifndef IOTSIG_TRANSLATE_PROFILE_H
#define IOTSIG_TRANSLATE_PROFILE_H

#include <jansson.h>

#include "base/context.h"
#include "base/error.h"
#include "base/text.h"
#include "decode/address.h"
#include "iotsig/firewall.h"
#include "translate/field.h"
#include "translate/tree.h"

/** Addresses from `low` to `high`, both of one family. */
struct address_range {
    struct address low, high;
};

struct number_range {
    uint64_t low, high;
};

enum text_match {
    MATCH_EXACT,
    MATCH_START, /**< a URI that begins so */
    MATCH_BELOW, /**< a name below this one: `*.x`, `$.x` */
    MATCH_END    /**< this name, and those below: `$x` */
};

/** A name (in lower case), a URI, or another text: raw bytes without NUL, and a NUL behind them. */
struct policy_text {
    struct text bytes;
    enum text_match match;
};

/**
 * One field of a policy: a packet has one of these values. Ranges are sorted and apart from each
 * other.
 */
struct policy_check {
    const struct policy_field *field;
    bool outside; /**< none of `ranges` instead of one: `external`. There are no texts or words
                     then. */
    struct address_range *ranges;
    size_t range_count;
    struct number_range *numbers;
    size_t number_count;
    struct policy_text *texts;
    size_t text_count;
    const char **words; /**< with `words_open`: `self`, `local`, and those that have no address */
    size_t word_count;
};

struct policy_part {
    enum policy_protocol protocol;
    struct policy_check *checks; /**< in the order of the policy */
    size_t count;
};

enum rate_unit { RATE_PACKETS, RATE_BYTES, RATE_KBYTES, RATE_MBYTES };

/** So many in so many seconds; `count` 0: no rate. */
struct policy_rate {
    uint64_t count;
    enum rate_unit unit;
    uint32_t seconds; /**< 1, 60, 3600, 86400, 604800 */
    uint32_t burst;   /**< packets; 0: as nftables has it */
};

/** The largest IP packet. */
#define POLICY_SIZE_MAX 65535

/** The part of an IPv6 packet that its length field does not count (RFC 8200 section 3). */
#define IPV6_HEADER 40

/** What `stats` says of one direction. */
struct policy_stats {
    struct policy_rate rate;
    bool has_size;
    struct number_range size; /**< bytes of the IP packet */
};

enum policy_initiator { INITIATOR_ANY, INITIATOR_SRC, INITIATOR_DST };

struct policy {
    const char *name;  /**< with those of its groups, as in the profile: "group/name" */
    const char *shown; /**< the same for messages: escaped, not too long */
    struct policy_part parts[POLICY_PROTOCOLS];
    size_t part_count;
    bool bidirectional;
    enum policy_initiator initiator;
    struct policy_stats forward, backward;
    bool counts, lasts; /**< `packet-count`, `duration`: not enforced */
    struct profile *profile;
};

/** A host word's addresses. */
struct host_word {
    const char *word;
    struct {
        struct address_range *ranges;
        size_t count, capacity;
        bool settled;
    } family[2]; /**< IPv4, IPv6 */
    bool has_mac, mac_settled;
    uint64_t mac;
};

struct profile {
    struct iotsig_profiles *list;
    const char *path;            /**< for messages; of signatures: NULL */
    struct iotsig_device device; /**< the settings' texts in front of the profile's */
    json_t *root;                /**< its own reference */
    struct iotsig_tree *tree;    /**< or NULL: no places are known */
    struct host_word *words;     /**< those that were defined */
    size_t word_count, word_capacity;
    struct policy *policies; /**< the good ones */
    size_t policy_count, policy_capacity;
    bool is_full; /**< there were more policies */
};

struct iotsig_profiles {
    struct iotsig_context *context;
    struct iotsig_profile_settings settings;
    struct iotsig_arena arena; /**< all texts and values */
    struct profile **items;
    size_t count, capacity;
    size_t problems; /**< errors that were told */
};

/**
 * Takes a tree as the profile of a device. `root` and `tree` (may be NULL) are the list's from then
 * on, also on failure. What is wrong in it is told to the settings' function.
 * @return 0, IOTSIG_ERR_MEMORY
 */
int iotsig_profiles_take(struct iotsig_profiles *profiles, const char *path, json_t *root,
                         struct iotsig_tree *tree, struct iotsig_error *error);

/** Adds a policy or a group, which is the mapping's from then on, under a name that is not taken:
 * "plug", "plug-2", ... False: no memory. */
bool iotsig_policies_add(json_t *policies, const char *name, json_t *value);

/** The mapping `device-info` of a device; NULL: no memory. */
json_t *iotsig_device_tree(const struct iotsig_device *device);

/** Where a member or item of the profile's tree stands. */
struct tree_place iotsig_profile_place(const struct profile *profile, const json_t *collection,
                                       const char *key, size_t index);

/** Whether a policy names a protocol. */
bool iotsig_policy_has(const struct policy *policy, enum policy_protocol protocol);

/** The check of a field, or NULL. */
const struct policy_check *iotsig_part_check(const struct policy_part *part, enum field_id id);

/** Tells of what is wrong, or with `warning` worth knowing; `place.line` 0: it is not known. */
void iotsig_profile_problem(struct profile *profile, struct tree_place place, bool warning,
                            const struct policy *policy, const char *format, ...) PRINTF_LIKE(5, 6);

/** The tree of the profile that flows make; to be freed with json_decref(). NULL: no memory.
 * (flows.c) */
json_t *iotsig_profile_tree(const struct iotsig_patterns *patterns,
                            const struct iotsig_device *device);

/** The family of a protocol's hosts: 4 or 6. */
static inline uint8_t policy_family(enum policy_protocol protocol)
{
    return protocol == POLICY_IPV6 ? 6 : 4;
}

/* Values (value.c). */

/** For whom values are read. */
struct value_reader {
    struct profile *profile;
    const struct policy *policy;
    bool no_memory;
};

/**
 * Reads a value, or a list of them, into a check of a field. What is wrong has been told.
 * @return whether it is good
 */
bool iotsig_value_read(struct value_reader *reader, const struct policy_field *field,
                       const json_t *collection, const char *key, struct policy_check *check);

/** Reads the `stats` of a policy. @return whether they are good */
bool iotsig_stats_read(struct value_reader *reader, const json_t *policy_tree,
                       struct policy *policy);

/** The rate of a text such as "10/second" or "5 kbytes/minute". */
bool iotsig_rate_parse(const char *text, struct policy_rate *rate);

/** Whether a text is a host word of some family, and so cannot be a host's own name. */
bool iotsig_is_host_word(const char *text);

/**
 * Defines a host word by an address or network, which is added to those that it has in this family,
 * or by a MAC address.
 * @return 0; IOTSIG_ERR_ARGUMENT: the word or the value is none; IOTSIG_ERR_MEMORY
 */
int iotsig_host_define(struct profile *profile, const char *word, const char *value);

/** Makes a word known that has no address yet. @return as iotsig_host_define() */
int iotsig_host_declare(struct profile *profile, const char *word);

/** Marks what is defined: later definitions of the same words and families are not taken. */
void iotsig_hosts_settle(struct profile *profile);

#endif
