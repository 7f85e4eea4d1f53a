/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

char *iotsig_escape_byte(char *to, uint8_t byte)
{
    if (is_printable(byte) && byte != '\\') {
        *to++ = (char)byte;
        return to;
    }
    *to++ = '\\';
    if (byte == '\\') {
        *to++ = '\\';
        return to;
    }
    *to++ = (char)('0' + byte / 100);
    *to++ = (char)('0' + byte / 10 % 10);
    *to++ = (char)('0' + byte % 10);
    return to;
}

size_t iotsig_escape(char *to, size_t room, struct bytes bytes)
{
    char *at = to;
    for (size_t i = 0; i < bytes.n; i++) {
        char escaped[IOTSIG_ESCAPED_MAX];
        size_t n = (size_t)(iotsig_escape_byte(escaped, bytes.p[i]) - escaped);
        if (n > room - (size_t)(at - to))
            break;
        memcpy(at, escaped, n);
        at += n;
    }
    return (size_t)(at - to);
}

uint8_t iotsig_unescape_byte(struct text *text)
{
    uint8_t byte = (uint8_t)text->p[0];
    size_t n = 1;
    if (byte == '\\' && text->n >= IOTSIG_ESCAPED_MAX && is_digit((uint8_t)text->p[1]) &&
        is_digit((uint8_t)text->p[2]) && is_digit((uint8_t)text->p[3])) {
        n = IOTSIG_ESCAPED_MAX;
        byte = (uint8_t)((text->p[1] - '0') * 100 + (text->p[2] - '0') * 10 + (text->p[3] - '0'));
    } else if (byte == '\\' && text->n > 1) {
        n = 2;
        byte = (uint8_t)text->p[1];
    }
    *text = (struct text){text->p + n, text->n - n};
    return byte;
}

/* Takes the bytes of `raw` off both, as far as they are the same; whether all were. */
static bool take_raw(struct text *escaped, struct text raw)
{
    for (size_t i = 0; i < raw.n; i++)
        if (escaped->n == 0 || iotsig_unescape_byte(escaped) != (uint8_t)raw.p[i])
            return false;
    return true;
}

bool iotsig_escaped_equal(struct text escaped, struct text raw)
{
    return take_raw(&escaped, raw) && escaped.n == 0;
}

bool iotsig_escaped_starts(struct text escaped, struct text raw)
{
    return take_raw(&escaped, raw);
}

static bool is_continuation(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

size_t iotsig_utf8_length(struct bytes bytes)
{
    if (bytes.n == 0)
        return 0;
    const uint8_t *p = bytes.p;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return bytes.n >= 2 && is_continuation(p[1]) ? 2 : 0;
    if (p[0] >= 0xe0 && p[0] <= 0xef) {
        if (bytes.n < 3 || !is_continuation(p[1]) || !is_continuation(p[2]))
            return 0;
        bool overlong = p[0] == 0xe0 && p[1] < 0xa0;
        bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
        return overlong || surrogate ? 0 : 3;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        if (bytes.n < 4 || !is_continuation(p[1]) || !is_continuation(p[2]) ||
            !is_continuation(p[3]))
            return 0;
        bool overlong = p[0] == 0xf0 && p[1] < 0x90;
        bool beyond = p[0] == 0xf4 && p[1] >= 0x90;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

/*
 * Whether a character of UTF-8 may be shown. Not those that a terminal obeys, that end a line, are
 * not seen, or turn the direction of what stands behind them (Unicode, categories Cc, Zl, Zp and Cf).
 */
static bool may_be_shown(const uint8_t *p, size_t n)
{
    if (n == 2)
        return !(p[0] == 0xc2 && (p[1] < 0xa0 || p[1] == 0xad)) && !(p[0] == 0xd8 && p[1] == 0x9c);
    if (n == 3 && p[0] == 0xe2 && p[1] == 0x80)
        return !(p[2] >= 0x8b && p[2] <= 0x8f) && !(p[2] >= 0xa8 && p[2] <= 0xae);
    if (n == 3 && p[0] == 0xe2 && p[1] == 0x81)
        return !(p[2] >= 0xa0 && p[2] <= 0xaf);
    if (n == 3 && p[0] == 0xef)
        return !(p[1] == 0xbb && p[2] == 0xbf) && !(p[1] == 0xbf && p[2] >= 0xb0);
    return n == 3 || (n == 4 && !(p[0] == 0xf3 && p[1] == 0xa0)); /* tags are not seen either */
}

size_t iotsig_take_shown(struct bytes *bytes, char piece[IOTSIG_ESCAPED_MAX])
{
    size_t length = iotsig_utf8_length(*bytes), written = length;
    if (may_be_shown(bytes->p, length)) {
        memcpy(piece, bytes->p, length);
    } else {
        length = 1;
        written = (size_t)(iotsig_escape_byte(piece, bytes->p[0]) - piece);
    }
    *bytes = (struct bytes){bytes->p + length, bytes->n - length};
    return written;
}

bool iotsig_number(struct text text, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;
    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (!is_digit((uint8_t)text.p[i]))
            return false;
        uint64_t digit = (uint64_t)(text.p[i] - '0');
        if (sum > (max - digit) / 10 || digit > max)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

char *iotsig_write_number(char *to, uint64_t value)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (n > 0)
        *to++ = digits[--n];
    return to;
}
