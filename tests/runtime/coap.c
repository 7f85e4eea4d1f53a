/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coap.h"

#include <stdlib.h>

#include "common.h"

#define URI_PATH       11
#define URI_QUERY      15
#define PAYLOAD_MARKER 0xff
#define TOKEN_MAX      8

static const http_method_t methods[] = {HTTP_UNKNOWN, HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE};

static uint32_t extended(struct cursor *at, unsigned nibble)
{
    if (nibble == 13)
        return 13u + cursor_u8(at);
    if (nibble == 14)
        return 269u + cursor_u16(at);
    return nibble;
}

/* The URI so far: no longer than the options that it comes from, since each has a head. */
struct uri {
    uint8_t *text;
    size_t n;
    bool query;
};

static void add(struct uri *uri, uint8_t separator, struct bytes part)
{
    uri->text[uri->n++] = separator;
    if (part.n > 0)
        memcpy(uri->text + uri->n, part.p, part.n);
    uri->n += part.n;
}

static void add_option(struct uri *uri, uint32_t number, struct bytes value)
{
    if (number == URI_PATH) {
        add(uri, '/', value);
    } else if (number == URI_QUERY) {
        add(uri, uri->query ? '&' : '?', value);
        uri->query = true;
    }
}

static char *read_uri(struct cursor at)
{
    struct uri uri = {.text = runtime_allocate(at.left, 1)};
    uint32_t number = 0;
    while (at.left > 0) {
        uint8_t head = cursor_u8(&at);
        if (head == PAYLOAD_MARKER || head >> 4 == 15 || (head & 15) == 15)
            break;
        number += extended(&at, head >> 4);
        uint32_t length = extended(&at, head & 15);
        struct bytes value = cursor_take(&at, length);
        if (!at.failed)
            add_option(&uri, number, value);
    }
    char *text = uri.n > 0 ? runtime_text((struct bytes){uri.text, uri.n}) : NULL;
    free(uri.text);
    return text;
}

coap_message_t coap_parse_message(uint8_t *data, uint16_t length)
{
    struct bytes bytes = runtime_bytes(data);
    bytes.n = bytes.n < length ? bytes.n : length;
    struct cursor at = cursor_of(bytes);
    uint8_t head = cursor_u8(&at), code = cursor_u8(&at), token = head & 0xf;
    cursor_skip(&at, 2 + token);

    coap_message_t message = {.type = (coap_type_t)(head >> 4 & 3), .method = HTTP_UNKNOWN};
    if (at.failed || code >= sizeof methods / sizeof *methods || token > TOKEN_MAX)
        return message;
    message.method = methods[code];
    message.uri = read_uri(at);
    return message;
}

bool coap_is_request(coap_message_t message)
{
    return message.method != HTTP_UNKNOWN;
}

void coap_free_message(coap_message_t message)
{
    free(message.uri);
}
