/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts from the network.
 *
 * Inside the library each such text is printable ASCII: a byte that is not, and a backslash, are
 * written `\DDD` and `\\` as in RFC 1035 section 5.1, when the text is taken in. So none can
 * carry a terminal sequence or a newline, whatever is done with it later.
 */
#ifndef IOTSIG_BASE_TEXT_H
#define IOTSIG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/** The longest that one byte can become. */
#define IOTSIG_ESCAPED_MAX 4

/** A piece of a text; borrowed, not NUL-terminated. */
struct text {
    const char *p;
    size_t n;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

static inline struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/** The text without `last` at its end, if it is there. */
static inline struct text text_chop(struct text text, char last)
{
    if (text.n > 0 && text.p[text.n - 1] == last)
        text.n--;
    return text;
}

/** Writes one byte escaped to `to` (IOTSIG_ESCAPED_MAX bytes); returns the end. */
char *iotsig_escape_byte(char *to, uint8_t byte);

/** Escapes as many of `bytes` as fit in `room`; returns how much was written. */
size_t iotsig_escape(char *to, size_t room, struct bytes bytes);

/** Takes the next byte off the front of an escaped text of n > 0, as it was before. */
uint8_t iotsig_unescape_byte(struct text *text);

/** Whether an escaped text stands for these bytes. */
bool iotsig_escaped_equal(struct text escaped, struct text raw);

/** Whether it stands for bytes that begin with these. */
bool iotsig_escaped_starts(struct text escaped, struct text raw);

/** ASCII lower case; other bytes stay. */
static inline uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static inline bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_printable(uint8_t c)
{
    return c >= 0x20 && c <= 0x7e;
}

/** The bytes of the UTF-8 character at the start, 0 when it is malformed (RFC 3629). */
size_t iotsig_utf8_length(struct bytes bytes);

/**
 * Takes the next character off the front of n > 0 bytes that somebody called something, to `piece`
 * as it may be shown; returns its length. UTF-8 is kept; what a terminal could obey, what is not
 * seen and what is malformed is escaped, byte by byte.
 */
size_t iotsig_take_shown(struct bytes *bytes, char piece[IOTSIG_ESCAPED_MAX]);

/** A decimal number without sign of at most `max`; false when the text is not just that. */
bool iotsig_number(struct text text, uint64_t max, uint64_t *value);

/** Decimal digits of `value` to `to` (20 bytes); returns the end. */
char *iotsig_write_number(char *to, uint64_t value);

#endif
