/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns_map.h"

#include <stdlib.h>
#include <strings.h>

#include "common.h"

/* An entry holds few addresses, and a program few names: lists do. */
struct dns_entry {
    struct dns_entry *next;
    char *name;
    size_t count;
    ip_addr_t *addresses;
};

struct dns_map {
    struct dns_entry *first;
};

dns_map_t *dns_map_create(void)
{
    return runtime_allocate(1, sizeof(dns_map_t));
}

void dns_map_free(dns_map_t *map)
{
    while (map->first != NULL) {
        struct dns_entry *entry = map->first;
        map->first = entry->next;
        free(entry->name);
        free(entry->addresses);
        free(entry);
    }
    free(map);
}

dns_entry_t *dns_map_get(dns_map_t *map, char *name)
{
    struct dns_entry *entry = map->first;
    while (entry != NULL && strcasecmp(entry->name, name) != 0)
        entry = entry->next;
    return entry;
}

bool dns_entry_contains(dns_entry_t *entry, ip_addr_t address)
{
    for (size_t i = 0; i < entry->count; i++) {
        ip_addr_t *known = &entry->addresses[i];
        if (known->version == address.version &&
            memcmp(&known->value, &address.value, address.version == 6 ? 16 : 4) == 0)
            return true;
    }
    return false;
}

static struct dns_entry *new_entry(dns_map_t *map, char *name)
{
    struct dns_entry *entry = runtime_allocate(1, sizeof *entry);
    entry->name = runtime_text((struct bytes){(uint8_t *)name, strlen(name)});
    entry->next = map->first;
    map->first = entry;
    return entry;
}

void dns_map_add(dns_map_t *map, char *name, ip_list_t list)
{
    struct dns_entry *entry = dns_map_get(map, name);
    if (entry == NULL)
        entry = new_entry(map, name);
    ip_addr_t *all = runtime_allocate(entry->count + list.ip_count, sizeof *all);
    if (entry->count > 0)
        memcpy(all, entry->addresses, entry->count * sizeof *all);
    free(entry->addresses);
    entry->addresses = all;
    for (size_t i = 0; i < list.ip_count; i++)
        if (!dns_entry_contains(entry, list.ip_addresses[i]))
            all[entry->count++] = list.ip_addresses[i];
    free(list.ip_addresses);
}
