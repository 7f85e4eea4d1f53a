/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP addresses, and their text (RFC 5952). */
#ifndef IOTSIG_DECODE_ADDRESS_H
#define IOTSIG_DECODE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/** The longest text of an address, with its NUL. */
#define IOTSIG_ADDRESS_TEXT 46

/** An address; for IPv4 the first four bytes, the others zero. Comparable with memcmp(). */
struct address {
    uint8_t bytes[16];
    uint8_t version; /**< 4 or 6 */
};

/** Writes its text to `to` (IOTSIG_ADDRESS_TEXT bytes), NUL-terminated; returns the end. */
char *iotsig_address_write(char *to, const struct address *address);

/** Parses an address in any spelling of RFC 4291 section 2.2, or IPv4 as a dotted quad. */
bool iotsig_address_parse(const char *text, struct address *address);

#endif
