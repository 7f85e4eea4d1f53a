/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IGMP, versions 1 to 3 (RFC 1112, RFC 2236, RFC 3376). */
#ifndef RUNTIME_IGMP_H
#define RUNTIME_IGMP_H

#include <stdint.h>

typedef enum {
    MEMBERSHIP_QUERY = 0x11,
    V1_MEMBERSHIP_REPORT = 0x12,
    V2_MEMBERSHIP_REPORT = 0x16,
    LEAVE_GROUP = 0x17,
    V3_MEMBERSHIP_REPORT = 0x22
} igmp_message_type_t;

/* Addresses are in network order. */

typedef struct {
    uint32_t group_address;
} igmp_v2_message_t;

typedef struct {
    uint32_t group_address;
} igmp_v3_group_record_t;

typedef struct {
    uint16_t num_groups; /**< those that were whole */
    igmp_v3_group_record_t *groups;
} igmp_v3_membership_report_t;

typedef struct {
    uint8_t version; /**< 0 when it is none of the three */
    igmp_message_type_t type;
    union {
        igmp_v2_message_t v2_message;                     /**< all other types */
        igmp_v3_membership_report_t v3_membership_report; /**< of V3_MEMBERSHIP_REPORT */
    } body;
} igmp_message_t;

/** `data` is behind the IP header. */
igmp_message_t igmp_parse_message(uint8_t *data);

void igmp_free_message(igmp_message_t message);

#endif
