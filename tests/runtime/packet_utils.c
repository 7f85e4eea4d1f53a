/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packet_utils.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "common.h"

#define HASH_BYTES 32

ip_addr_t ip_str_to_net(char *text, uint8_t version)
{
    ip_addr_t address = {.version = version};
    if (inet_pton(version == 6 ? AF_INET6 : AF_INET, text, &address.value) != 1)
        memset(&address.value, 0, sizeof address.value);
    return address;
}

bool compare_ip(ip_addr_t one, ip_addr_t other)
{
    if (one.version != other.version)
        return false;
    return one.version == 6 ? memcmp(one.value.ipv6, other.value.ipv6, 16) == 0
                            : one.value.ipv4 == other.value.ipv4;
}

char *mac_hex_to_str(uint8_t *mac)
{
    char *text = runtime_allocate(18, 1);
    snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
             mac[5]);
    return text;
}

char *ipv4_net_to_str(uint32_t address)
{
    char *text = runtime_allocate(INET_ADDRSTRLEN, 1);
    inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
    return text;
}

void print_hash(uint8_t *hash)
{
    for (int i = 0; i < HASH_BYTES; i++)
        printf("%02x", hash[i]);
}
