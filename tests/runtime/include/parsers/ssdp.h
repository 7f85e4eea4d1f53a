/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSDP (UPnP device architecture): start lines like HTTP's. */
#ifndef RUNTIME_SSDP_H
#define RUNTIME_SSDP_H

#include <stdbool.h>
#include <stdint.h>

typedef enum { SSDP_M_SEARCH, SSDP_NOTIFY } ssdp_method_t;

typedef struct {
    bool is_request;
    ssdp_method_t method; /**< neither of the two when it is another, or none */
} ssdp_message_t;

/** `dst_addr` is the packet's, in network order. */
ssdp_message_t ssdp_parse_message(uint8_t *data, uint32_t dst_addr);

#endif
