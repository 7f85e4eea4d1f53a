/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header fields of HTTP (RFC 9112 section 5) and of its relatives. */
#include "feature/family.h"

static bool is_name(struct bytes bytes, const char *name)
{
    struct cursor at = cursor_of(bytes);
    for (; *name != '\0'; name++)
        if (lower(cursor_u8(&at)) != (uint8_t)*name || at.failed)
            return false;
    return at.left == 0;
}

static struct bytes trimmed(struct cursor at)
{
    while (at.left > 0 && (at.p[0] == ' ' || at.p[0] == '\t'))
        cursor_skip(&at, 1);
    struct bytes value = cursor_rest(&at);
    struct bytes end = {value.p, 0};
    for (struct cursor c = at; c.left > 0;) {
        uint8_t byte = cursor_u8(&c);
        if (byte != ' ' && byte != '\t' && byte != '\r')
            end.n = value.n - c.left;
    }
    return end;
}

struct bytes iotsig_header_field(struct bytes payload, const char *name)
{
    struct cursor at = cursor_of(payload);
    cursor_skip(&at, bytes_find(payload, '\n')); /* the start line */
    while (at.left > 0) {
        cursor_skip(&at, 1);
        struct bytes line = cursor_take(&at, bytes_find(cursor_rest(&at), '\n'));
        if (line.n <= 1)
            break; /* the body follows */
        struct cursor field = cursor_of(line);
        struct bytes found = cursor_take(&field, bytes_find(line, ':'));
        cursor_skip(&field, 1);
        if (!field.failed && is_name(found, name))
            return trimmed(field);
    }
    return (struct bytes){payload.p, 0};
}
