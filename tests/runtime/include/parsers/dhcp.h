/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCP (RFC 2131, RFC 2132). */
#ifndef RUNTIME_DHCP_H
#define RUNTIME_DHCP_H

#include <stdint.h>

typedef enum {
    DHCP_DISCOVER = 1,
    DHCP_OFFER,
    DHCP_REQUEST,
    DHCP_DECLINE,
    DHCP_ACK,
    DHCP_NAK,
    DHCP_RELEASE,
    DHCP_INFORM
} dhcp_message_type_t;

typedef struct {
    uint8_t chaddr[16];
    struct {
        dhcp_message_type_t message_type; /**< 0 when it is not told */
    } options;
} dhcp_message_t;

dhcp_message_t dhcp_parse_message(uint8_t *data);

void dhcp_free_message(dhcp_message_t message);

#endif
