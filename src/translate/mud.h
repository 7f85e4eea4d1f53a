/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writer and the reader of MUD files share; for no other file. */
#ifndef IOTSIG_TRANSLATE_MUD_H
#define IOTSIG_TRANSLATE_MUD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/** Names of members, with the modules that RFC 7951 section 4 wants. */
#define MUD_MUD       "ietf-mud:mud"
#define MUD_ACLS      "ietf-access-control-list:acls"
#define MUD_DIRECTION "ietf-mud:direction-initiated"
#define MUD_SRC_NAME  "ietf-acldns:src-dnsname"
#define MUD_DST_NAME  "ietf-acldns:dst-dnsname"

/** Characters that the name of a list or an entry may have (RFC 8519 section 4.1). */
#define MUD_NAME_MAX 64

/** Entries that a file may have. */
#define MUD_ACES_MAX 65536

/** Under device-info: the file's address, and which controllers its host words stand for. */
#define MUD_URL         "mud-url"
#define MUD_CONTROLLERS "mud-controllers"

/** Host words of what MUD knows: `my-controller`, and the classes of RFC 8520 section 7. */
#define MUD_MY_CONTROLLER "controller"
struct mud_class {
    const char *word, *uri;
};
extern const struct mud_class mud_classes[2];

/** Whether a text is a URI (RFC 3986): a scheme, and no character that none has. */
bool iotsig_mud_is_uri(const char *text);

/** Whether it is one with https, as that of a MUD file is. */
bool iotsig_mud_is_url(const char *text);

/**
 * Whether a character of UTF-8, of so many bytes, may be in a text of YANG (RFC 7950 section 14),
 * and is no control character.
 */
bool iotsig_mud_is_character(struct bytes one);

/** The number of IP's field, of a protocol of policies: 6, 17, 1, 58, 2; else 0. */
unsigned iotsig_mud_number(unsigned protocol);

#endif
