/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which addresses the names of policies have: those of names known beforehand, and of the answers
 * of name servers seen so far.
 *
 * A program on a queue asks for its names itself. What it would learn is in a capture only as far
 * as the device asks too, and from the answer on. Multicast DNS does not count.
 */
#ifndef IOTSIG_DETECT_RESOLVED_H
#define IOTSIG_DETECT_RESOLVED_H

#include "app/dns.h"
#include "base/map.h"
#include "host/names.h"
#include "translate/profile.h"

/** Names that one message may lead through: a question, and the aliases that answer it. */
#define RESOLVED_CHAIN 16

struct resolved_link;

struct resolved {
    const struct iotsig_context *context;
    struct iotsig_map names;     /**< from what policies name to a number */
    struct iotsig_map addresses; /**< from a struct address to its first link */
    struct resolved_link *links; /**< an address has a name that policies name */
    size_t count, capacity;
    struct dns_name chain[RESOLVED_CHAIN];
    struct dns_reader reader;
    struct dns_record record;
};

void iotsig_resolved_init(struct resolved *resolved, const struct iotsig_context *context);
void iotsig_resolved_fini(struct resolved *resolved);

/** Only names that are wanted are kept. False when there is no memory. */
bool iotsig_resolved_want(struct resolved *resolved, const struct policy_text *text);

/** Takes what a table says of wanted names. @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY */
int iotsig_resolved_load(struct resolved *resolved, const struct iotsig_names *names,
                         struct iotsig_error *error);

/** Takes what a packet says, if it is an answer. @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY */
int iotsig_resolved_learn(struct resolved *resolved, const struct packet *packet,
                          struct iotsig_error *error);

/** Whether an address has a name that the text, which is wanted, stands for. */
bool iotsig_resolved_holds(const struct resolved *resolved, const struct address *address,
                           const struct policy_text *text);

/** Whether a text of a policy stands for a name; this one is escaped, and in lower case. */
bool iotsig_text_holds_name(const struct policy_text *text, struct text name);

#endif
