/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DHCP (RFC 2131, options of RFC 2132). */
#include "app/app.h"

#define SERVER_PORT 67
#define CLIENT_PORT 68
#define COOKIE 0x63825363u
#define MAC_BYTES 6

enum { CLIENT_MAC, MESSAGE_TYPE };

enum option { PAD = 0, OVERLOAD = 52, MESSAGE = 53, END = 255 };

/* Where `sname` and `file` hold options too (option 52). */
enum { IN_FILE = 1, IN_SNAME = 2 };

static const char *const messages[] = {NULL,  "discover", "offer",   "request", "decline",
                                       "ack", "nak",      "release", "inform"};

/* The fixed part of a message, with what follows the cookie. */
struct message {
    uint8_t hardware_length;
    struct bytes client, sname, file;
    struct cursor options;
    bool whole;
};

static struct message read_message(struct bytes payload)
{
    struct message message = {0};
    struct cursor at = cursor_of(payload);
    cursor_skip(&at, 2); /* op, htype */
    message.hardware_length = cursor_u8(&at);
    cursor_skip(&at, 1 + 4 + 2 + 2 + 4 * 4); /* hops, xid, secs, flags, four addresses */
    message.client = cursor_take(&at, 16);
    message.sname = cursor_take(&at, 64);
    message.file = cursor_take(&at, 128);
    message.whole = cursor_u32(&at) == COOKIE;
    message.options = at;
    return message;
}

static bool recognise(const struct packet *packet)
{
    return (app_has_port(packet, IOTSIG_UDP, SERVER_PORT) ||
            app_has_port(packet, IOTSIG_UDP, CLIENT_PORT)) &&
           read_message(packet->payload).whole;
}

/* Looks for the message type and for overload in one field of options, as far as it goes. */
static void read_options(struct cursor at, uint8_t *type, uint8_t *overload)
{
    while (at.left > 0) {
        uint8_t option = cursor_u8(&at);
        if (option == PAD)
            continue;
        if (option == END)
            return;
        struct cursor value = cursor_sub(&at, cursor_u8(&at));
        uint8_t first = cursor_u8(&value);
        if (value.failed)
            continue;
        if (option == MESSAGE && *type == 0)
            *type = first;
        else if (option == OVERLOAD)
            *overload = first;
    }
}

static bool set_client(struct iotsig_layer *layer, struct bytes client, struct app_scratch *scratch)
{
    char text[IOTSIG_MAC_TEXT];
    struct cursor at = cursor_of(client);
    iotsig_mac_write(text, cursor_u48(&at));
    return app_set_text(layer, CLIENT_MAC, text_of(text), scratch);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct message message = read_message(packet->payload);
    uint8_t type = 0, overload = 0, ignored = 0;

    read_options(message.options, &type, &overload);
    if (overload & IN_FILE)
        read_options(cursor_of(message.file), &type, &ignored);
    if (overload & IN_SNAME)
        read_options(cursor_of(message.sname), &type, &ignored);

    if (message.hardware_length == MAC_BYTES && !set_client(layer, message.client, scratch))
        return false;
    if (type > 0 && type < sizeof messages / sizeof *messages)
        app_set_constant(layer, MESSAGE_TYPE, messages[type]);
    return true;
}

static const char *word(int index, uint64_t number, char to[APP_WORD])
{
    (void)to;
    bool known = index == MESSAGE_TYPE && number < sizeof messages / sizeof *messages;
    return known ? messages[number] : NULL;
}

const struct app_protocol iotsig_app_dhcp = {
    .name = "DHCP",
    .attributes = {{"client_mac", APP_TEXT, 1}, {"message_type", APP_NOTE, 1}},
    .equality = APP_ALL_EQUAL,
    .recognise = recognise,
    .parse = parse,
    .aliases = {{"client-mac", CLIENT_MAC, false}, {"type", MESSAGE_TYPE, false}},
    .word = word,
};
