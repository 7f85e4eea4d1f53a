/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/edimax.h"

#include "app/app.h"

bool iotsig_edimax_decode(const struct packet *packet, struct plain *plain)
{
    static const char start[] = "param>";
    struct cursor at = cursor_of(packet->payload);
    unsigned turn = cursor_u8(&at) - (unsigned)'<';
    if (turn > 7)
        return false;
    for (plain->n = 0; at.left > 0 && plain->n < PLAIN_MAX; plain->n++) {
        unsigned byte = cursor_u8(&at);
        plain->bytes[plain->n] = (uint8_t)(byte << turn | byte >> (8 - turn));
    }
    return bytes_start_with(plain_bytes(plain), start, sizeof start - 1);
}

struct bytes iotsig_edimax_value(const struct plain *plain, const char *start)
{
    struct cursor at = cursor_of(plain_bytes(plain));
    size_t n = strlen(start);
    while (at.left > 0 && !bytes_start_with(cursor_rest(&at), start, n))
        cursor_skip(&at, 1);
    cursor_take_most(&at, n);
    return cursor_take(&at, bytes_find(cursor_rest(&at), '"'));
}

/* The layer. */

enum { CODE, MODEL };

static bool recognise(const struct packet *packet)
{
    struct plain plain;
    return app_has_port(packet, packet->transport, EDIMAX_PORT) &&
           iotsig_edimax_decode(packet, &plain);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct plain plain;
    if (!iotsig_edimax_decode(packet, &plain))
        return false;
    struct bytes code = iotsig_edimax_value(&plain, EDIMAX_CODE_START);
    struct bytes model = iotsig_edimax_value(&plain, EDIMAX_MODEL_START);
    return (code.n == 0 || app_set_bytes(layer, CODE, code, scratch)) &&
           (model.n == 0 || app_set_bytes(layer, MODEL, model, scratch));
}

const struct app_protocol iotsig_app_edimax = {
    .name = "Edimax",
    .attributes = {{"code", APP_TEXT, 1}, {"model", APP_TEXT, 1}},
    .equality = APP_KNOWN_EQUAL,
    .layer = IOTSIG_LAYER_EDIMAX,
    .recognise = recognise,
    .parse = parse,
};
