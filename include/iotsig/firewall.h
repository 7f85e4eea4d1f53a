/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/firewall.h - from profiles and signatures to a firewall that blocks their flows.
 *
 * Profiles of several devices are read into a list; all that is wrong in them is told. A firewall
 * is made of a list, and written as a folder, explained in words, or tried on a capture. It is a
 * block list: what a policy covers is dropped, all else passes.
 */
#ifndef IOTSIG_FIREWALL_H
#define IOTSIG_FIREWALL_H

#include "iotsig/format.h"
#include "iotsig/learn.h"
#include "iotsig/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_profiles;

/** How profiles are read; all zero is the default. Texts are borrowed for the life of the list. */
struct iotsig_profile_settings {
    struct iotsig_device device; /**< what is set here goes in front of what a profile says */
    const char *const *hosts; /**< "WORD=ADDRESS": host words of the network, such as `gateway` */
    size_t host_count;
    const char *include_root; /**< files that `!include` names lie below; NULL: the parent of the
                                   profile's folder */
    /** What is read is only converted: a host word without an address is no problem. No firewall
       can be made of such a list. */
    bool words_open;
    bool lenient; /**< an unknown protocol or field is a warning, and its policy is
                       left out */
    /** Told of each problem; `warning`: nothing is lost by it. May be NULL. */
    void (*problem)(void *user, const struct iotsig_error *problem, bool warning);
    void *user;
};

/**
 * An empty list.
 * @return 0; IOTSIG_ERR_ARGUMENT: a device or a host of the settings is wrong; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_profiles_new(struct iotsig_profiles **out, struct iotsig_context *context,
                                   const struct iotsig_profile_settings *settings,
                                   struct iotsig_error *error);

/**
 * From now on iotsig_patterns_read() reads profiles of YAML and JSON into a list of profiles, which
 * must outlive the patterns, instead of making their policies flows. A policy that is not good has
 * been told of, and is left out.
 */
IOTSIG_API void iotsig_patterns_set_profiles(struct iotsig_patterns *patterns,
                                             struct iotsig_profiles *profiles);

/**
 * From now on iotsig_patterns_read() adds learned signatures to a library, which must outlive the
 * patterns, instead of refusing them.
 */
IOTSIG_API void iotsig_patterns_set_library(struct iotsig_patterns *patterns,
                                            struct iotsig_library *library);

/**
 * Reads a MUD file (RFC 8520; "-": standard input) into the list: each entry that accepts is a
 * policy. Its words for hosts are listed under `hosts`, and have no address unless the settings give
 * one. An entry that cannot be a policy has been told of, and is left out.
 * @return 0, also when entries were left out; IOTSIG_ERR_READ, IOTSIG_ERR_FORMAT,
 * IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_profiles_read_mud(struct iotsig_profiles *profiles, const char *path,
                                        struct iotsig_error *error);

/**
 * Adds the flows of patterns and signatures, as policies of the settings' device.
 * @return 0; IOTSIG_ERR_ARGUMENT: the device has no name or no address; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_profiles_add(struct iotsig_profiles *profiles,
                                   const struct iotsig_patterns *patterns,
                                   struct iotsig_error *error);

/**
 * Adds the flows among the mandatory features of learned signatures, as policies of the settings'
 * device: of one signature flat, of several each in a group called like its event.
 * @return 0; IOTSIG_ERR_FORMAT: a feature of the family flow is none; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_profiles_add_learned(struct iotsig_profiles *profiles,
                                           const struct iotsig_library *library,
                                           struct iotsig_error *error);

/** Profiles in the list, and policies in all of them that are good. */
IOTSIG_API size_t iotsig_profiles_count(const struct iotsig_profiles *profiles);
IOTSIG_API size_t iotsig_profiles_policies(const struct iotsig_profiles *profiles);

/** How many errors were told. */
IOTSIG_API size_t iotsig_profiles_problems(const struct iotsig_profiles *profiles);

/**
 * Writes the only profile of the list as YAML or JSON, with what it has beside policies.
 * @return 0; IOTSIG_ERR_ARGUMENT: another format, or not one profile; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_profiles_write(const struct iotsig_profiles *profiles,
                                     struct iotsig_output *output, const struct iotsig_style *style,
                                     struct iotsig_error *error);

/**
 * Writes it as a MUD file (RFC 8520, with the access lists of RFC 8519).
 * @return 0; IOTSIG_ERR_ARGUMENT: not one profile, or the environment's SOURCE_DATE_EPOCH is no
 * time; IOTSIG_ERR_EMPTY: no policy can be one of MUD; IOTSIG_ERR_MEMORY. What MUD cannot hold has
 * been told as a warning.
 */
IOTSIG_API int iotsig_profiles_write_mud(struct iotsig_profiles *profiles,
                                         struct iotsig_output *output, struct iotsig_error *error);

IOTSIG_API void iotsig_profiles_free(struct iotsig_profiles *profiles);

/** What rules log. */
enum iotsig_firewall_log { IOTSIG_LOG_NONE, IOTSIG_LOG_CSV, IOTSIG_LOG_PCAP };

/** How a firewall is made; all zero is the default. Texts are borrowed while it is made. */
struct iotsig_firewall_settings {
    const char
        *name;      /**< one table of this name for all devices; NULL: one for each, of its name */
    uint16_t queue; /**< the first number of a queue */
    uint32_t rate;  /**< packets a second that pass, of policies that give no rate; 0: none */
    bool has_drop_probability;
    double drop_probability; /**< 0 to 1; without: 1. Excludes a rate. */
    enum iotsig_firewall_log log;
    uint16_t log_group;
};

struct iotsig_firewall;

/**
 * Makes the rules of all policies of a list. The list must outlive the firewall.
 * @return 0; IOTSIG_ERR_ARGUMENT: settings that exclude each other, or `words_open`;
 * IOTSIG_ERR_EMPTY: no policy; IOTSIG_ERR_FORMAT: a policy has no rule, which has been told as a
 * problem of the list; IOTSIG_ERR_LIMIT: more queues than there are numbers; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_firewall_new(struct iotsig_firewall **out, struct iotsig_profiles *profiles,
                                   const struct iotsig_firewall_settings *settings,
                                   struct iotsig_error *error);

IOTSIG_API void iotsig_firewall_free(struct iotsig_firewall *firewall);

/**
 * Has libnftables check the rules; queues count as accept.
 * @return 0; IOTSIG_ERR_FORMAT: it refuses them; IOTSIG_ERR_UNSUPPORTED: they cannot be checked
 * here; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_firewall_check(const struct iotsig_firewall *firewall,
                                     struct iotsig_error *error);

/** The files of a firewall. */
enum iotsig_firewall_file {
    IOTSIG_FILE_NFT,    /**< firewall.nft */
    IOTSIG_FILE_QUEUES, /**< nfqueues.c; there is none without a queue */
    IOTSIG_FILE_CMAKE,  /**< CMakeLists.txt; likewise */
    IOTSIG_FILE_README, /**< README.txt */
    IOTSIG_FILE_COUNT
};

/** The name of a file in the folder; NULL: this firewall does not have it. */
IOTSIG_API const char *iotsig_firewall_file_name(const struct iotsig_firewall *firewall,
                                                 enum iotsig_firewall_file file);

/** Writes one of its files. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_firewall_print(const struct iotsig_firewall *firewall,
                                     enum iotsig_firewall_file file, struct iotsig_output *output,
                                     struct iotsig_error *error);

/**
 * Writes all of them into the folder `path`, which appears whole or not at all. A folder that is
 * there already is replaced when it holds nothing but files of these names.
 * @return 0, IOTSIG_ERR_WRITE, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_firewall_write(const struct iotsig_firewall *firewall, const char *path,
                                     struct iotsig_error *error);

/** Says in plain words what each rule blocks. @return 0, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_firewall_explain(const struct iotsig_firewall *firewall,
                                       struct iotsig_output *output, struct iotsig_error *error);

/*
 * A trial: what a firewall would do to the packets of captures.
 *
 * All packets of a capture are looked at, with parsers that are bounded; nothing is sent, loaded or
 * asked for. Tables and rules are gone through as the kernel does it; a packet counts for the first
 * policy of the rule that covers it. A rate fills up with the times of the packets, and is full
 * when a capture begins; who sends the first packet of a connection in a capture began it. Hosts
 * that policies name have the addresses of the names known beforehand, and those of the answers of
 * name servers in the captures, each from its packet on: before the first answer nothing is known
 * of a name, while a program on a queue asks for it itself.
 */
struct iotsig_trial;

/** Of packets that were counted. Times without digits: there is none. */
struct iotsig_trial_count {
    uint64_t packets;
    uint64_t bytes; /**< of IP packets by their headers, of ARP messages */
    uint64_t flows; /**< unordered pairs of ends with their protocol; of ARP, pairs of addresses */
    struct iotsig_time first, last;
};

/** A policy in one direction. Texts are borrowed, and those of a profile: not for a terminal. */
struct iotsig_trial_policy {
    const char *device;  /**< the name of the device; NULL: it has none */
    const char *policy;  /**< with its groups: "group/name" */
    bool backward;       /**< packets that answer */
    const char *verdict; /**< of its rule: "drop", "queue" (a program decides), "accept" */
    struct iotsig_trial_count count; /**< dropped; of verdict "accept": accepted */
};

/** A rule of nftables. */
struct iotsig_trial_rule {
    const char *table, *rule; /**< the table's name; the matches of the rule */
    const char *verdict;
    uint64_t packets; /**< that reach its verdict, as its counter in the kernel would say */
};

/**
 * A trial of a firewall, which must outlive it. `names`: those known beforehand, or NULL.
 * @return 0; IOTSIG_ERR_LIMIT: more names than settings allow; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_trial_new(struct iotsig_trial **out, const struct iotsig_firewall *firewall,
                                const struct iotsig_names *names, struct iotsig_error *error);

/**
 * Reads a capture ("-": standard input). Of the options (may be NULL) `filter`, `progress` and
 * `user` count. `warning` (may be NULL) gets what iotsig_capture_is_cut() says of it; else its
 * message is empty. What was read before a failure counts.
 * @return as iotsig_capture_open() and iotsig_capture_next(); IOTSIG_ERR_LIMIT: more flows or names
 * than the settings allow; IOTSIG_ERR_CANCELLED
 */
IOTSIG_API int iotsig_trial_read(struct iotsig_trial *trial, const char *path,
                                 const struct iotsig_options *options, struct iotsig_error *warning,
                                 struct iotsig_error *error);

/** Packets of the captures so far, and those of them that would be dropped (covered, where a drop
 * probability leaves the rest to chance). Either may be NULL. */
IOTSIG_API void iotsig_trial_totals(const struct iotsig_trial *trial, uint64_t *packets,
                                    struct iotsig_trial_count *dropped);

/** The policies, each direction by itself, and rules; false: there is none of this number. */
IOTSIG_API bool iotsig_trial_policy(const struct iotsig_trial *trial, size_t index,
                                    struct iotsig_trial_policy *policy);
IOTSIG_API bool iotsig_trial_rule(const struct iotsig_trial *trial, size_t index,
                                  struct iotsig_trial_rule *rule);

/**
 * Writes the outcome: as text for people; as JSON all of it; as JSON lines and CSV the policies.
 * @return 0; IOTSIG_ERR_ARGUMENT for YAML; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_trial_write(const struct iotsig_trial *trial, struct iotsig_output *output,
                                  const struct iotsig_style *style, struct iotsig_error *error);

IOTSIG_API void iotsig_trial_free(struct iotsig_trial *trial);

#ifdef __cplusplus
}
#endif

#endif
