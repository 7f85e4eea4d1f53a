/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of addresses. */
#ifndef IOTSIG_FEATURE_ADDRESS_H
#define IOTSIG_FEATURE_ADDRESS_H

#include "decode/address.h"

/** A hardware address that one interface has: neither of a group nor zero. */
static inline bool mac_is_host(uint64_t mac)
{
    return mac != 0 && !(mac & UINT64_C(1) << 40);
}

/** 0.0.0.0 or :: */
static inline bool address_is_unset(const struct address *address)
{
    const struct address unset = {.version = address->version};
    return address_equal(address, &unset);
}

/** RFC 5771, RFC 4291 section 2.7 */
static inline bool address_is_multicast(const struct address *address)
{
    return address->version == 4 ? address->bytes[0] >> 4 == 14 : address->bytes[0] == 0xff;
}

/** 255.255.255.255 */
static inline bool address_is_broadcast(const struct address *address)
{
    const uint8_t *b = address->bytes;
    return address->version == 4 && b[0] == 255 && b[1] == 255 && b[2] == 255 && b[3] == 255;
}

/** Private (RFC 1918), link-local (RFC 3927, RFC 4291), unique local (RFC 4193), or this host. */
static inline bool address_is_local(const struct address *address)
{
    const uint8_t *b = address->bytes;
    if (address->version == 6)
        return (b[0] == 0xfe && b[1] >> 6 == 2) || b[0] >> 1 == 0x7e;
    return b[0] == 10 || b[0] == 127 || (b[0] == 172 && b[1] >> 4 == 1) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
           address_is_broadcast(address);
}

/** One that a network gives to a host, and no private one. */
static inline bool address_is_global(const struct address *address)
{
    return !address_is_unset(address) && !address_is_local(address) &&
           !address_is_multicast(address);
}

/** The address that all with a common end ask for their neighbours (RFC 4291 section 2.7.1). */
static inline bool address_is_solicited_node(const struct address *address)
{
    static const uint8_t start[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    return address->version == 6 && memcmp(address->bytes, start, sizeof start) == 0;
}

/** Whether two may be on one link: the first 24 bits of IPv4, 64 of IPv6, are equal. */
static inline bool address_is_near(const struct address *a, const struct address *b)
{
    return a->version == b->version && memcmp(a->bytes, b->bytes, a->version == 4 ? 3 : 8) == 0;
}

#endif
