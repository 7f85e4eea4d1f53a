/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/tplink.h"

#include "app/app.h"

bool iotsig_tplink_decode(const struct packet *packet, struct plain *plain)
{
    struct cursor at = cursor_of(packet->payload);
    uint8_t key = 171;
    if (packet->transport == IOTSIG_TCP)
        cursor_skip(&at, 4);
    for (plain->n = 0; at.left > 0 && plain->n < PLAIN_MAX; plain->n++) {
        uint8_t byte = cursor_u8(&at);
        plain->bytes[plain->n] = byte ^ key;
        key = byte;
    }
    return plain->n > 0 && plain->bytes[0] == '{';
}

struct bytes iotsig_tplink_string(struct cursor *at)
{
    struct bytes rest = cursor_rest(at);
    size_t n = 0;
    for (uint8_t byte; at->left > 0 && (byte = cursor_u8(at)) != '"'; n++)
        if (byte == '\\') {
            cursor_skip(at, 1);
            n++;
        }
    return (struct bytes){rest.p, n < rest.n ? n : rest.n};
}

static void skip_spaces(struct cursor *at)
{
    while (at->left > 0 &&
           (at->p[0] == ' ' || at->p[0] == '\t' || at->p[0] == '\r' || at->p[0] == '\n'))
        cursor_skip(at, 1);
}

static bool is_context(struct bytes module)
{
    return module.n == 7 && bytes_start_with(module, "context", 7);
}

/* Keys of the object that the cursor is in, and of those in it (RFC 8259). */
bool iotsig_tplink_command(const struct plain *plain, struct bytes *module, struct bytes *name)
{
    struct cursor at = cursor_of(plain_bytes(plain));
    size_t depth = 0;
    *module = (struct bytes){at.p, 0};
    while (at.left > 0) {
        uint8_t byte = cursor_u8(&at);
        if (byte == '{' || byte == '[') {
            depth++;
        } else if (byte == '}' || byte == ']') {
            if (--depth == 0)
                return false;
        } else if (byte == '"') {
            struct bytes string = iotsig_tplink_string(&at);
            skip_spaces(&at);
            if (at.left == 0 || at.p[0] != ':')
                continue; /* a value */
            if (depth == 1)
                *module = string;
            else if (depth == 2 && !is_context(*module)) {
                *name = string;
                return module->n > 0 && name->n > 0;
            }
        }
    }
    return false;
}

/* The layer. */

enum { RESPONSE, COMMAND };

static bool recognise(const struct packet *packet)
{
    struct plain plain;
    return app_has_port(packet, packet->transport, TP_LINK_PORT) &&
           iotsig_tplink_decode(packet, &plain);
}

/* "system.set_relay_state" */
static bool set_command(struct iotsig_layer *layer, struct bytes module, struct bytes name,
                        struct app_scratch *scratch)
{
    size_t n = iotsig_escape(scratch->at, scratch->left, module);
    if (scratch->left - n < 2)
        return false;
    scratch->at[n++] = '.';
    n += iotsig_escape(scratch->at + n, scratch->left - n, name);
    return app_take(layer, COMMAND, n, scratch);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct plain plain;
    struct bytes module, name;
    if (!iotsig_tplink_decode(packet, &plain))
        return false;
    app_set_truth(layer, RESPONSE, packet->src.port == TP_LINK_PORT);
    return !iotsig_tplink_command(&plain, &module, &name) ||
           set_command(layer, module, name, scratch);
}

const struct app_protocol iotsig_app_tplink = {
    .name = "TP-Link",
    .attributes = {{"response", APP_TRUTH, 0}, {"command", APP_TEXT, 1}},
    .equality = APP_KNOWN_EQUAL,
    .layer = IOTSIG_LAYER_TPLINK,
    .recognise = recognise,
    .parse = parse,
};
