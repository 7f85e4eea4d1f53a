/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsers take no length. Each gets a copy of what it parses with zeros behind it: more than any
 * length of 16 bits leads to. */

#define COPY_MOST  65535
#define COPY_ZEROS 131072

static uint8_t *copy_of(const uint8_t *bytes, size_t n)
{
    static __thread uint8_t room[COPY_MOST + COPY_ZEROS];
    static __thread size_t used;
    n = least(n, COPY_MOST);
    if (n > 0)
        memcpy(room, bytes, n);
    if (used > n)
        memset(room + n, 0, used - n);
    used = n;
    return room;
}
