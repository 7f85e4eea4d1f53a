/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls.h"

#include "common.h"

#define CONTENT_FIRST 20
#define CONTENT_LAST  23
#define HANDSHAKE     22
#define MAJOR         3
#define MINOR_LAST    4
#define RANDOM        32

bool is_tls(uint8_t *data)
{
    struct cursor at = cursor_of(runtime_bytes(data));
    uint8_t content = cursor_u8(&at), major = cursor_u8(&at), minor = cursor_u8(&at);
    cursor_skip(&at, 2);
    return !at.failed && content >= CONTENT_FIRST && content <= CONTENT_LAST && major == MAJOR &&
           minor <= MINOR_LAST;
}

tls_message_t tls_parse_message(uint8_t *data)
{
    tls_message_t message = {0};
    struct cursor at = cursor_of(runtime_bytes(data));
    message.content_type = cursor_u8(&at);
    message.tls_version = (tls_version_t)cursor_u16(&at);
    size_t length = cursor_u16(&at);
    if (message.content_type != HANDSHAKE)
        return message;
    at = cursor_of(cursor_take_most(&at, length));
    uint8_t type = cursor_u8(&at);
    message.handshake_type = (tls_handshake_type_t)type;
    if (type != TLS_CLIENT_HELLO && type != TLS_SERVER_HELLO)
        return message;
    cursor_skip(&at, 3 + 2 + RANDOM);
    message.session_id_present = cursor_u8(&at) > 0;
    return message;
}
