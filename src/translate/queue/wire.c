/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS messages on the wire (RFC 1035 section 4). */

#define WIRE_HEADER 12
#define WIRE_NAME   256 /* a name's text */

enum { WIRE_A = 1, WIRE_AAAA = 28 };

/*
 * Reads a name in lower case, with dots between its labels. Pointers lead backwards only, so that
 * they come to an end; what is no character of a host's name becomes '?' where it would look like
 * another name.
 * @return how many bytes it takes where it stands; 0: it is none
 */
static size_t take_name(const uint8_t *message, size_t n, size_t start, char to[WIRE_NAME])
{
    size_t at = start, limit = start, taken = 0, length = 0;
    while (at < n && message[at] != 0) {
        size_t label = message[at];
        if (label >= 0xc0) {
            if (n - at < 2)
                return 0;
            size_t place = number_at(message + at) & 0x3fff;
            taken = taken != 0 ? taken : at + 2 - start;
            if (place >= limit)
                return 0;
            limit = at = place;
            continue;
        }
        if (label > 63 || label >= n - at || length + label + 1 > WIRE_NAME - 2)
            return 0;
        if (length > 0)
            to[length++] = '.';
        for (size_t i = 1; i <= label; i++) {
            uint8_t c = message[at + i];
            to[length++] = c == '.' || c == '\0' ? '?' : (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        at += label + 1;
    }
    to[length] = '\0';
    return at >= n ? 0 : taken != 0 ? taken : at + 1 - start;
}

struct wire_record {
    unsigned type, class, length;
    uint32_t ttl;
    size_t data; /* where it stands */
};

/* Reads a question's or record's name, and goes past what is fixed of it. */
static bool take_question(const uint8_t *message, size_t n, size_t *at, char name[WIRE_NAME])
{
    size_t taken = take_name(message, n, *at, name);
    if (taken == 0 || n - *at - taken < 4)
        return false;
    *at += taken + 4;
    return true;
}

static bool take_record(const uint8_t *message, size_t n, size_t *at, char name[WIRE_NAME],
                        struct wire_record *record)
{
    size_t taken = take_name(message, n, *at, name);
    if (taken == 0 || n - *at - taken < 10)
        return false;
    const uint8_t *fixed = message + *at + taken;
    record->type = number_at(fixed);
    record->class = number_at(fixed + 2);
    record->ttl = (uint32_t)number_at(fixed + 4) << 16 | number_at(fixed + 6);
    record->length = number_at(fixed + 8);
    record->data = *at + taken + 10;
    if (record->length > n - record->data)
        return false;
    *at = record->data + record->length;
    return true;
}
