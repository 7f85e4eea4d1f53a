/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of names, for those who fill and use them. */
#ifndef IOTSIG_HOST_NAMES_H
#define IOTSIG_HOST_NAMES_H

#include "base/context.h"
#include "base/strings.h"
#include "decode/decode.h"
#include "iotsig/names.h"

/** The longest text of a host or name, with its NUL: DNS_NAME_TEXT, or an address. */
#define IOTSIG_NAME_TEXT 1024

struct iotsig_names {
    struct iotsig_context *context;
    struct iotsig_strings texts;
    struct iotsig_map addresses; /**< from a struct address to the number of its name */
    struct iotsig_map aliases;   /**< from a canonical name to the number of its alias */
};

/** Sets the name of an address. @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY */
int iotsig_names_set_address(struct iotsig_names *names, const struct address *address,
                             struct text name, struct iotsig_error *error);

/** Like it, unless the address has a name. */
int iotsig_names_set_address_once(struct iotsig_names *names, const struct address *address,
                                  struct text name, struct iotsig_error *error);

int iotsig_names_set_alias(struct iotsig_names *names, struct text canonical, struct text alias,
                           struct iotsig_error *error);

/** What a PTR record says: the name of an address, if it has none, or an alias. */
int iotsig_names_set_pointer(struct iotsig_names *names, struct text owner, struct text target,
                             struct iotsig_error *error);

/** Adds all entries of another table; they replace those with the same keys. */
int iotsig_names_add_all(struct iotsig_names *names, const struct iotsig_names *from,
                         struct iotsig_error *error);

/** Every name that has an alias becomes the alias. */
int iotsig_names_follow_aliases(struct iotsig_names *names, struct iotsig_error *error);

/** A payload as one of a packet, which points to it. A destination that is no address is left out.
 */
struct packet iotsig_packet_of(const struct iotsig_payload *payload);

/** Takes the names from a packet that is kept. @return 0, IOTSIG_ERR_LIMIT, IOTSIG_ERR_MEMORY */
int iotsig_names_learn(struct iotsig_names *names, const struct packet *packet,
                       struct iotsig_error *error);

/** The text that stands for an address: alias, name, or the address, written to `to`. */
struct text iotsig_names_host(const struct iotsig_names *names, const struct address *address,
                              char to[IOTSIG_ADDRESS_TEXT]);

/** The address that an in-addr.arpa or ip6.arpa name stands for. */
bool iotsig_reverse_address(struct text name, struct address *address);

#endif
