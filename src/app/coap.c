/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CoAP over UDP (RFC 7252; the methods of RFC 8132 too). */
#include "app/app.h"

#define COAP_PORT 5683
#define URI_PATH 11
#define PAYLOAD_MARKER 0xff
#define TOKEN_MAX 8

enum { TYPE, RESPONSE, CODE, URI };

static const char *const types[] = {"CON", "NON", "ACK", "RST"};

/* Codes 0.dd (RFC 7252 section 12.1.1, RFC 8132 section 7); a name for each there can be. */
static const char *const requests[32] = {
    "0.00", "GET",  "POST", "PUT",  "DELETE", "FETCH", "PATCH", "iPATCH", "0.08", "0.09", "0.10",
    "0.11", "0.12", "0.13", "0.14", "0.15",   "0.16",  "0.17",  "0.18",   "0.19", "0.20", "0.21",
    "0.22", "0.23", "0.24", "0.25", "0.26",   "0.27",  "0.28",  "0.29",   "0.30", "0.31",
};

static bool recognise(const struct packet *packet)
{
    return app_has_port(packet, IOTSIG_UDP, COAP_PORT) && packet->payload.n >= 4 &&
           packet->payload.p[0] >> 6 == 1;
}

/* An option's delta or length: a nibble, and what extends it (RFC 7252 section 3.1). */
static uint32_t extended(struct cursor *at, unsigned nibble)
{
    if (nibble == 13)
        return 13u + cursor_u8(at);
    if (nibble == 14)
        return 269u + cursor_u16(at);
    return nibble;
}

/* The path so far: what has been written to scratch and is not taken yet. */
struct path {
    char *start, *end;
    size_t left;
};

/* Adds a segment. A slash inside it is escaped, so that it is not taken for a separator. */
static bool add_segment(struct path *path, struct bytes segment)
{
    if (path->left < 1)
        return false;
    *path->end++ = '/';
    path->left--;
    for (struct cursor at = cursor_of(segment); at.left > 0;) {
        uint8_t byte = cursor_u8(&at);
        if (path->left < IOTSIG_ESCAPED_MAX)
            return false;
        char *end = path->end;
        if (byte == '/') {
            memcpy(end, "\\047", IOTSIG_ESCAPED_MAX);
            end += IOTSIG_ESCAPED_MAX;
        } else {
            end = iotsig_escape_byte(end, byte);
        }
        path->left -= (size_t)(end - path->end);
        path->end = end;
    }
    return true;
}

/* The Uri-Path options, joined. They come in order of their numbers, so what is cut behind them does
 * not touch the path. False when the path is not whole, or an option is malformed. */
static bool read_path(struct cursor *at, struct path *path)
{
    uint32_t number = 0;
    while (at->left > 0) {
        uint8_t head = cursor_u8(at);
        if (head == PAYLOAD_MARKER)
            return true;
        unsigned delta = head >> 4, length = head & 0xf;
        if (delta == 15 || length == 15)
            return false;
        number += extended(at, delta);
        uint32_t size = extended(at, length);
        struct bytes value = cursor_take(at, size);
        if (at->failed)
            return number > URI_PATH;
        if (number == URI_PATH && !add_segment(path, value))
            return false;
    }
    return true;
}

/* Writes the path behind what scratch holds, then takes it. */
static void set_uri(struct iotsig_layer *layer, struct cursor *options, struct app_scratch *scratch)
{
    struct path path = {scratch->at, scratch->at, scratch->left};
    if (!read_path(options, &path) || path.end == path.start)
        return;
    (void)app_take_uri(layer, URI, (size_t)(path.end - path.start), scratch);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct cursor at = cursor_of(packet->payload);
    uint8_t head = cursor_u8(&at), code = cursor_u8(&at);
    unsigned token = head & 0xf;
    bool request = code >> 5 == 0 && code != 0;

    app_set_constant(layer, TYPE, types[head >> 4 & 3]);
    app_set_truth(layer, RESPONSE, !request);
    if (!request)
        return true;
    app_set_constant(layer, CODE, requests[code & 31]);
    cursor_skip(&at, 2 + token); /* the message ID, the token */
    if (token <= TOKEN_MAX && !at.failed)
        set_uri(layer, &at, scratch);
    return true;
}

static const char *word(int index, uint64_t number, char to[APP_WORD])
{
    (void)to;
    if (index == TYPE)
        return number < 4 ? types[number] : NULL;
    return index == CODE && number < 32 ? requests[number] : NULL;
}

const struct app_protocol iotsig_app_coap = {
    .name = "CoAP",
    .attributes = {{"type", APP_NOTE, 0},
                   {"response", APP_TRUTH, 0},
                   {"code", APP_TEXT, 1},
                   {"uri", APP_URI, 1}},
    .equality = APP_RESPONSE_MATCHES,
    .recognise = recognise,
    .parse = parse,
    .aliases = {{"method", CODE, false}, {"is_request", RESPONSE, true}, {"uri_path", URI, false}},
    .word = word,
};
