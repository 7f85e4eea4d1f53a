/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IGMP messages (RFC 1112, RFC 2236, RFC 3376). */
#ifndef IOTSIG_APP_IGMP_H
#define IOTSIG_APP_IGMP_H

#include "base/bytes.h"
#include "decode/address.h"

enum igmp_type {
    IGMP_QUERY = 0x11,
    IGMP_V1_REPORT = 0x12,
    IGMP_V2_REPORT = 0x16,
    IGMP_LEAVE = 0x17,
    IGMP_V3_REPORT = 0x22
};

struct igmp_message {
    uint8_t type;
    uint8_t version;      /**< 1 to 3, a query's by RFC 3376 section 7.1; 0: not known */
    struct cursor groups; /**< where the next group is */
    uint16_t left;        /**< groups that are announced */
};

/** Begins a message; false when its first eight bytes are not there. */
bool iotsig_igmp_start(struct igmp_message *message, struct bytes bytes);

/** The next group that the message is about; false at the end. */
bool iotsig_igmp_next_group(struct igmp_message *message, struct address *group);

#endif
