/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP addresses, and their text (RFC 5952); hardware addresses. */
#ifndef IOTSIG_DECODE_ADDRESS_H
#define IOTSIG_DECODE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** The longest text of an address, with its NUL. */
#define IOTSIG_ADDRESS_TEXT 46

/** An address; for IPv4 the first four bytes, the others zero. Comparable with memcmp(). */
struct address {
    uint8_t bytes[16];
    uint8_t version; /**< 4 or 6 */
};

/** Whether two are the same: what memcmp() would say, without the call. */
static inline bool address_equal(const struct address *a, const struct address *b)
{
    uint64_t x[2], y[2];
    memcpy(x, a->bytes, sizeof x);
    memcpy(y, b->bytes, sizeof y);
    return x[0] == y[0] && x[1] == y[1] && a->version == b->version;
}

/** Some order of addresses, the same on every run of one machine: below 0, 0, above 0. */
static inline int address_order(const struct address *a, const struct address *b)
{
    uint64_t x[2], y[2];
    memcpy(x, a->bytes, sizeof x);
    memcpy(y, b->bytes, sizeof y);
    if (x[0] != y[0])
        return x[0] < y[0] ? -1 : 1;
    if (x[1] != y[1])
        return x[1] < y[1] ? -1 : 1;
    return (int)a->version - (int)b->version;
}

/** Writes its text to `to` (IOTSIG_ADDRESS_TEXT bytes), NUL-terminated; returns the end. */
char *iotsig_address_write(char *to, const struct address *address);

/** The text of a hardware address, with its NUL. */
#define IOTSIG_MAC_TEXT 18

/** Parses six bytes in hexadecimal with colons, or hyphens, between. */
bool iotsig_mac_parse(const char *text, uint64_t *mac);

/** Writes a hardware address with colons. */
void iotsig_mac_write(char to[IOTSIG_MAC_TEXT], uint64_t mac);

/** Parses an address in any spelling of RFC 4291 section 2.2, or IPv4 as a dotted quad. */
bool iotsig_address_parse(const char *text, struct address *address);

#endif
