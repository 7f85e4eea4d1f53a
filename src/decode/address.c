/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "decode/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static char *write_decimal(char *to, unsigned value)
{
    if (value >= 100)
        *to++ = (char)('0' + value / 100);
    if (value >= 10)
        *to++ = (char)('0' + value / 10 % 10);
    *to++ = (char)('0' + value % 10);
    return to;
}

static char *write_ipv4(char *to, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *to++ = '.';
        to = write_decimal(to, bytes[i]);
    }
    return to;
}

static char *write_group(char *to, unsigned group)
{
    for (unsigned shift = 16; shift > 0;) {
        shift -= 4;
        if (group >> shift != 0 || shift == 0)
            *to++ = "0123456789abcdef"[group >> shift & 15];
    }
    return to;
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952 section 4.2). */
static int longest_zeros(const unsigned groups[8], int *length)
{
    int best = -1;
    *length = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && groups[i + n] == 0)
            n++;
        if (n > *length) {
            *length = n;
            best = i;
        }
        i += n;
    }
    return best;
}

static char *write_ipv6(char *to, const uint8_t *bytes)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    unsigned groups[8];
    int length;
    if (memcmp(bytes, mapped, sizeof mapped) == 0) { /* RFC 5952 section 5 */
        memcpy(to, "::ffff:", 7);
        return write_ipv4(to + 7, bytes + 12);
    }
    for (size_t i = 0; i < 8; i++)
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    int zeros = longest_zeros(groups, &length);
    for (int i = 0; i < 8; i++) {
        if (i == zeros) {
            *to++ = ':';
            i += length - 1;
            if (i == 7)
                *to++ = ':';
            continue;
        }
        if (i > 0)
            *to++ = ':';
        to = write_group(to, groups[i]);
    }
    return to;
}

char *iotsig_address_write(char *to, const struct address *address)
{
    char *end = address->version == 4 ? write_ipv4(to, address->bytes)
                                      : write_ipv6(to, address->bytes);
    *end = '\0';
    return end;
}

bool iotsig_address_parse(const char *text, struct address *address)
{
    struct address parsed = {.version = 4};
    if (inet_pton(AF_INET, text, parsed.bytes) != 1) {
        parsed.version = 6;
        if (inet_pton(AF_INET6, text, parsed.bytes) != 1)
            return false;
    }
    *address = parsed;
    return true;
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *found;
    c = (char)lower((uint8_t)c);
    found = c == '\0' ? NULL : strchr(digits, c);
    return found == NULL ? -1 : (int)(found - digits);
}

bool iotsig_mac_parse(const char *text, uint64_t *mac)
{
    uint64_t number = 0;
    for (size_t i = 0; i < 17; i++) {
        int value = i % 3 == 2 ? 0 : digit(text[i]);
        if (value < 0 || (i % 3 == 2 &&
                          (text[i] != text[2] || strchr(":-", text[i]) == NULL || text[i] == '\0')))
            return false;
        if (i % 3 != 2)
            number = number << 4 | (unsigned)value;
    }
    *mac = number;
    return text[17] == '\0';
}

void iotsig_mac_write(char to[IOTSIG_MAC_TEXT], uint64_t mac)
{
    unsigned b[6];
    for (int i = 5; i >= 0; i--, mac >>= 8)
        b[i] = (unsigned)(mac & 0xff);
    snprintf(to, IOTSIG_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}
