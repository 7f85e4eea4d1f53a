/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules: what becomes of policies in a firewall.
 *
 * A policy is one *way* forward, and when it is bidirectional a second backward, with sources and
 * destinations exchanged. Ways with the same nftables matches share a *rule*, and rules with a
 * queue number are decided by a program. In a table the rules that nftables decides come first: a
 * packet that a program lets through does not come back to the rules behind its queue.
 */
#ifndef IOTSIG_TRANSLATE_RULE_H
#define IOTSIG_TRANSLATE_RULE_H

#include "base/map.h"
#include "translate/profile.h"

/** Whose connection a packet must belong to. */
enum way_origin { ORIGIN_ANY, ORIGIN_SENDER, ORIGIN_RECEIVER };

/** A policy in one direction. */
struct way {
    const struct policy *policy;
    const char *name; /**< the policy's, or with "-backward" */
    bool backward;
    struct policy_part parts[POLICY_PROTOCOLS]; /**< in the order of the policy */
    size_t part_count;
    unsigned protocols;  /**< bits of those in `parts` */
    unsigned transports; /**< bits of what an application goes over, where the policy names none */
    enum way_origin origin;
    struct policy_stats stats;
    bool queued;   /**< a program must look at the packet */
    size_t number; /**< in the firewall, from 0 */
};

enum rule_verdict { VERDICT_DROP, VERDICT_ACCEPT, VERDICT_QUEUE };

struct rule {
    const char *matches; /**< nftables: all that stands in front of log, counter and verdict */
    enum rule_verdict verdict;
    uint16_t queue;
    const struct way **ways; /**< none: a program takes names' addresses from the answers it sees */
    size_t count, capacity;
};

/** The table of a device, or of all. */
struct table {
    const char *name;   /**< an identifier of nftables */
    struct rule *rules; /**< in the order in which packets meet them */
    size_t count, capacity;
};

struct iotsig_firewall {
    struct iotsig_profiles *profiles;
    struct iotsig_firewall_settings settings;
    const char *name; /**< of the program of its queues: letters, digits, `_`, `-`, `.` */
    struct iotsig_arena arena;
    struct way **ways; /**< by number */
    size_t way_count, way_capacity;
    struct table *tables;
    size_t table_count, table_capacity;
    size_t queue_count;      /**< rules with a queue */
    struct iotsig_map rules; /**< where the rule of these matches is; while it is being made */
    struct iotsig_map names; /**< of tables, and the last number behind each */
};

/** The part of a protocol, or NULL. */
static inline const struct policy_part *way_part(const struct way *way,
                                                 enum policy_protocol protocol)
{
    for (size_t i = 0; i < way->part_count; i++)
        if (way->parts[i].protocol == protocol)
            return &way->parts[i];
    return NULL;
}

/** The check of a field, or NULL. */
const struct policy_check *iotsig_way_check(const struct way *way, enum field_id id);

/** Whether a way asks for ports; else an application is looked for on its usual ones. */
bool iotsig_way_names_port(const struct way *way);

/** Whether nftables can decide a check. */
bool iotsig_check_is_nft(const struct policy_check *check);

/** Whether there may be a packet that both ways cover; true when that is not certain. */
bool iotsig_ways_may_meet(const struct way *a, const struct way *b);

/**
 * The ways that the program of a queue must decide: those of the rule, and those of later rules
 * with a queue in its table that may cover the same packets; but for those with a rate, or with an
 * originator that this rule does not ask for: only nftables knows these.
 * @param to  room for as many as the firewall has ways
 * @return how many there are
 */
size_t iotsig_rule_decides(const struct table *table, const struct rule *rule,
                           const struct way **to);

/** nftables' text of a way's matches, of the arena; NULL when there is no memory. (nft.c) */
const char *iotsig_nft_matches(struct iotsig_firewall *firewall, const struct way *way);

/** Whether a text is a word of nftables' language, and so no name of a table. (nft.c) */
bool iotsig_nft_is_keyword(const char *text);

/** "10/second", "5 kbytes/minute burst 3 packets". (nft.c) */
#define RATE_TEXT 64
void iotsig_rate_write(char to[RATE_TEXT], const struct policy_rate *rate);

/** Longest names where nftables has a limit, with a NUL. */
#define NFT_NAME_ROOM   64
#define NFT_PREFIX_ROOM 128

/**
 * A text of `room` bytes at most with letters, digits and those of `also` only: others become `-`,
 * and when something changed, or it was cut, a hash of the whole stands at the end.
 */
void iotsig_plain_name(char *to, size_t room, const char *name, const char *also);

/** What the rules are printed for. */
enum nft_purpose {
    NFT_FILE,
    NFT_CHECK,         /**< queues are accept: not every kernel has them */
    NFT_CHECK_NO_TRACK /**< and rules about connections are left out, for the same reason */
};

/** The texts of the files (nft.c, queue.c, readme.c). @return 0, IOTSIG_ERR_MEMORY */
int iotsig_nft_print(const struct iotsig_firewall *firewall, enum nft_purpose purpose,
                     struct iotsig_output *output, struct iotsig_error *error);
int iotsig_queues_print(const struct iotsig_firewall *firewall, struct iotsig_output *output,
                        struct iotsig_error *error);
int iotsig_cmake_print(const struct iotsig_firewall *firewall, struct iotsig_output *output,
                       struct iotsig_error *error);
int iotsig_readme_print(const struct iotsig_firewall *firewall, struct iotsig_output *output,
                        struct iotsig_error *error);

#endif
