/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses. */
#ifndef RUNTIME_PACKET_UTILS_H
#define RUNTIME_PACKET_UTILS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t version; /**< 4 or 6 */
    union {
        uint32_t ipv4;
        uint8_t ipv6[16];
    } value; /**< in network order */
} ip_addr_t;

/** The address that a text is, of version 4 or 6; all zeros when it is none. */
ip_addr_t ip_str_to_net(char *text, uint8_t version);

/** Whether two addresses are the same. */
bool compare_ip(ip_addr_t one, ip_addr_t other);

/** "00:11:22:33:44:55"; the caller frees it. */
char *mac_hex_to_str(uint8_t *mac);

/** "192.168.1.2"; the caller frees it. */
char *ipv4_net_to_str(uint32_t address);

/** Prints the hash that a callback gets where LOG is defined. */
void print_hash(uint8_t *hash);

#endif
