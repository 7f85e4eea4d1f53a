/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCP messages (RFC 2131), as far as features need them. */
#ifndef IOTSIG_FEATURE_DHCP_H
#define IOTSIG_FEATURE_DHCP_H

#include "decode/decode.h"

/** A DHCP message. A value that is not there is empty. */
struct dhcp {
    bool reply; /**< BOOTREPLY: from a server */
    bool has_client;
    uint64_t client; /**< its hardware address */
    uint8_t type;    /**< option 53; 0: none */
    bool has_router;
    struct address router;     /**< the first of option 3 */
    struct bytes parameters;   /**< option 55 */
    struct bytes vendor_class; /**< option 60 */
    struct bytes host_name;    /**< option 12 */
    struct cursor options;     /**< all of the options field */
};

/** Whether a packet is on DHCP's ports. */
static inline bool iotsig_dhcp_recognise(const struct packet *packet)
{
    return packet->src.port == 67 || packet->src.port == 68 || packet->dst.port == 67 ||
           packet->dst.port == 68;
}

/** Reads a message; false when it is none. */
bool iotsig_dhcp_read(const struct packet *packet, struct dhcp *dhcp);

/** The next option but padding; false at the end. */
bool iotsig_dhcp_next(struct cursor *options, uint8_t *number, struct cursor *value);

#endif
