/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses of names. No locks: threads that share a map take turns by themselves. */
#ifndef RUNTIME_DNS_MAP_H
#define RUNTIME_DNS_MAP_H

#include "packet_utils.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t ip_count;
    ip_addr_t *ip_addresses; /**< allocated */
} ip_list_t;

typedef struct dns_map dns_map_t;
typedef struct dns_entry dns_entry_t;

dns_map_t *dns_map_create(void);

/** Frees a map and all addresses in it. */
void dns_map_free(dns_map_t *map);

/** Gives a name more addresses. The name is copied; the map takes the list over, and frees it. */
void dns_map_add(dns_map_t *map, char *name, ip_list_t list);

/** The entry of a name; NULL when there is none. */
dns_entry_t *dns_map_get(dns_map_t *map, char *name);

/** Whether an address is among those of an entry. */
bool dns_entry_contains(dns_entry_t *entry, ip_addr_t address);

#endif
