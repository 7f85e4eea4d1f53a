/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTP (RFC 5905 section 7.3; control messages by RFC 9327). */
#include "app/app.h"

#define NTP_PORT 123

enum { RESPONSE, VERSION, MODE };

enum { SYMMETRIC_PASSIVE = 2, SERVER = 4, CONTROL = 6 };

static const char *const modes[8] = {NULL,     "active",    "passive", "client",
                                     "server", "broadcast", "control", NULL};

static const char *const versions[8] = {NULL, "1", "2", "3", "4", NULL, NULL, NULL};

/* Its version and mode are in the first byte. A mode without a word is none that goes between
 * hosts. */
static bool is_message(struct bytes payload)
{
    enum { HEADER = 48, CONTROL_HEADER = 12 };
    struct cursor at = cursor_of(payload);
    uint8_t head = cursor_u8(&at), mode = head & 7;
    return modes[mode] != NULL && versions[head >> 3 & 7] != NULL &&
           payload.n >= (mode == CONTROL ? CONTROL_HEADER : HEADER);
}

static bool recognise(const struct packet *packet)
{
    return app_has_port(packet, IOTSIG_UDP, NTP_PORT) && is_message(packet->payload);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct cursor at = cursor_of(packet->payload);
    uint8_t head = cursor_u8(&at), mode = head & 7, control = cursor_u8(&at);
    (void)scratch;
    if (!is_message(packet->payload))
        return false;
    app_set_truth(layer, RESPONSE,
                  mode == SERVER || mode == SYMMETRIC_PASSIVE ||
                      (mode == CONTROL && (control & 0x80)));
    app_set_constant(layer, VERSION, versions[head >> 3 & 7]);
    app_set_constant(layer, MODE, modes[mode]);
    return true;
}

static const char *word(int index, uint64_t number, char to[APP_WORD])
{
    (void)to;
    return index == MODE && number < 8 ? modes[number] : NULL;
}

/* The mode of an answer is not that of its question, so it is no part of equality. */
const struct app_protocol iotsig_app_ntp = {
    .name = "NTP",
    .attributes = {{"response", APP_TRUTH, 0}, {"version", APP_TEXT, 1}, {"mode", APP_NOTE, 1}},
    .equality = APP_KNOWN_EQUAL,
    .layer = IOTSIG_LAYER_NTP,
    .recognise = recognise,
    .parse = parse,
    .word = word,
};
