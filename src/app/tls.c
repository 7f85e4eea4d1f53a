/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/tls.h"

enum { CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22, APPLICATION_DATA = 23 };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };
enum { SERVER_NAME = 0, HOST_NAME = 0 };

/* The first name of type host_name in a server_name extension (RFC 6066 section 3). */
static struct bytes host_name(struct cursor extension)
{
    struct cursor list = cursor_sub(&extension, cursor_u16(&extension));
    while (list.left > 0) {
        uint8_t type = cursor_u8(&list);
        struct bytes name = cursor_take(&list, cursor_u16(&list));
        if (type == HOST_NAME && !list.failed)
            return name;
    }
    return (struct bytes){NULL, 0};
}

/* Past all that comes before the extensions (RFC 8446 sections 4.1.2 and 4.1.3). */
static struct cursor extensions_of(struct cursor hello, uint8_t type)
{
    cursor_skip(&hello, 2 + 32);                     /* version, random */
    cursor_skip(&hello, cursor_u8(&hello));          /* session */
    if (type == CLIENT_HELLO) {
        cursor_skip(&hello, cursor_u16(&hello)); /* cipher suites */
        cursor_skip(&hello, cursor_u8(&hello));  /* compression methods */
    } else {
        cursor_skip(&hello, 2 + 1); /* the chosen ones */
    }
    return cursor_sub(&hello, cursor_u16(&hello));
}

static void walk_hello(struct cursor hello, uint8_t type, struct tls_summary *summary)
{
    struct cursor extensions = extensions_of(hello, type);
    while (extensions.left > 0) {
        uint16_t kind = cursor_u16(&extensions);
        struct cursor extension = cursor_sub(&extensions, cursor_u16(&extensions));
        if (extensions.failed || kind != SERVER_NAME)
            continue;
        summary->server_name_hello = true;
        if (type == CLIENT_HELLO && summary->server_name.n == 0)
            summary->server_name = host_name(extension);
        return;
    }
}

static void walk_handshake(struct cursor record, struct tls_summary *summary)
{
    while (record.left > 0) {
        uint8_t type = cursor_u8(&record);
        struct cursor message = cursor_sub(&record, cursor_u24(&record));
        if (!message.failed && (type == CLIENT_HELLO || type == SERVER_HELLO))
            walk_hello(message, type, summary);
    }
}

struct tls_summary iotsig_tls_walk(struct bytes payload)
{
    struct tls_summary summary = {0};
    struct cursor at = cursor_of(payload);

    for (;;) {
        uint8_t type = cursor_u8(&at), major = cursor_u8(&at);
        cursor_skip(&at, 1);
        struct cursor record = cursor_sub(&at, cursor_u16(&at));
        if (at.failed || type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA || major != 3)
            return summary;
        summary.records = true;
        if (type == APPLICATION_DATA)
            summary.application_data = true;
        else if (type == HANDSHAKE)
            walk_handshake(record, &summary);
    }
}

bool iotsig_tls_record(struct bytes payload, struct tls_record *record)
{
    enum { HEARTBEAT = 24, LENGTH_MAX = (1 << 14) + 2048 }; /* RFC 6520, RFC 5246 section 6.2.3 */
    struct cursor at = cursor_of(payload);
    *record = (struct tls_record){.content_type = cursor_u8(&at)};
    record->version = cursor_u16(&at);
    size_t length = cursor_u16(&at);
    if (at.failed || record->content_type < CHANGE_CIPHER_SPEC ||
        record->content_type > HEARTBEAT || record->version >> 8 != 3 || length == 0 ||
        length > LENGTH_MAX)
        return false;
    if (record->content_type != HANDSHAKE)
        return true;
    at = cursor_of(cursor_take_most(&at, length));
    record->handshake_type = cursor_u8(&at);
    record->has_handshake = !at.failed;
    if (record->handshake_type != CLIENT_HELLO && record->handshake_type != SERVER_HELLO)
        return true;
    cursor_skip(&at, 3 + 2 + 32); /* length, version, random */
    record->has_session = cursor_u8(&at) > 0;
    record->is_hello = !at.failed;
    return true;
}
