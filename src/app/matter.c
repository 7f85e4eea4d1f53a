/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Matter messages (Matter Core Specification 1.0 section 4.4): the message header, which is in
 * clear, and behind that of an unsecured session the protocol header. Numbers are little-endian.
 */
#include "app/app.h"

#define MATTER_PORT 5540

enum { RESPONSE, SESSION, MESSAGE };

/* The secure channel protocol, by which sessions are made (section 4.11). */
static const struct {
    uint8_t number;
    const char *word;
} messages[] = {
    {0x00, "counter-sync-request"},
    {0x01, "counter-sync-response"},
    {0x10, "ack"},
    {0x20, "pbkdf-request"},
    {0x21, "pbkdf-response"},
    {0x22, "pase-1"},
    {0x23, "pase-2"},
    {0x24, "pase-3"},
    {0x30, "case-sigma-1"},
    {0x31, "case-sigma-2"},
    {0x32, "case-sigma-3"},
    {0x33, "case-sigma-2-resume"},
    {0x40, "status"},
};

struct header {
    const char *session; /* NULL: it is no message */
    struct cursor rest;
};

static struct header read_header(struct bytes payload)
{
    enum { VERSION = 0xf0, SOURCE = 4, TARGET = 3, NODE = 1, GROUP = 2, TYPE = 3 };
    struct cursor at = cursor_of(payload);
    uint8_t flags = cursor_u8(&at);
    uint16_t session = cursor_u16le(&at);
    uint8_t type = cursor_u8(&at) & TYPE;
    cursor_skip(&at, 4); /* the counter */
    if (flags & SOURCE)
        cursor_skip(&at, 8);
    if ((flags & TARGET) != 0)
        cursor_skip(&at, (flags & TARGET) == NODE ? 8 : 2);
    if (at.failed || (flags & VERSION) || (flags & TARGET) == TARGET || type > 1)
        return (struct header){NULL, at};
    const char *word = type == 1 ? "group" : session == 0 ? "unsecured" : "secured";
    return (struct header){word, at};
}

static bool recognise(const struct packet *packet)
{
    return app_has_port(packet, IOTSIG_UDP, MATTER_PORT) &&
           read_header(packet->payload).session != NULL;
}

/* Section 4.4.3. A vendor's protocol has words of its own. */
static void read_protocol(struct cursor at, struct iotsig_layer *layer)
{
    enum { INITIATOR = 1, VENDOR = 16, SECURE_CHANNEL = 0 };
    uint8_t flags = cursor_u8(&at), opcode = cursor_u8(&at);
    cursor_skip(&at, 2); /* the exchange */
    uint16_t protocol = cursor_u16le(&at);
    if (at.failed)
        return;
    app_set_truth(layer, RESPONSE, !(flags & INITIATOR));
    if ((flags & VENDOR) || protocol != SECURE_CHANNEL)
        return;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (messages[i].number == opcode)
            app_set_constant(layer, MESSAGE, messages[i].word);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct header header = read_header(packet->payload);
    (void)scratch;
    if (header.session == NULL)
        return false;
    app_set_constant(layer, SESSION, header.session);
    if (strcmp(header.session, "unsecured") == 0)
        read_protocol(header.rest, layer);
    return true;
}

/* A session begins unsecured, and goes on between the same ends: neither is part of equality. */
const struct app_protocol iotsig_app_matter = {
    .name = "Matter",
    .attributes = {{"response", APP_TRUTH, 0}, {"session", APP_NOTE, 1}, {"message", APP_NOTE, 1}},
    .equality = APP_KNOWN_EQUAL,
    .layer = IOTSIG_LAYER_MATTER,
    .recognise = recognise,
    .parse = parse,
};
