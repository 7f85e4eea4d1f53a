/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tuya's local protocol, as projects such as tinytuya describe it: TCP port 6668, and broadcasts to
 * UDP ports 6666 and 6667. A message is: a prefix; a number; a command; a length; content; a
 * suffix. With the prefix 00006699, which is version 3.5, two bytes are between prefix and number.
 */
#include "app/app.h"

enum { CONTROL_PORT = 6668, CLEAR_PORT = 6666, BROADCAST_PORT = 6667 };

#define PREFIX     0x000055aau
#define PREFIX_3_5 0x00006699u

enum { COMMAND, VERSION };

static const struct {
    uint32_t number;
    const char *word;
} commands[] = {
    {0x00, "udp"},
    {0x01, "ap-config"},
    {0x02, "active"},
    {0x03, "session-key-start"},
    {0x04, "session-key-response"},
    {0x05, "session-key-finish"},
    {0x06, "unbind"},
    {0x07, "control"},
    {0x08, "status"},
    {0x09, "heartbeat"},
    {0x0a, "query"},
    {0x0b, "query-wifi"},
    {0x0c, "token-bind"},
    {0x0d, "control-new"},
    {0x0e, "enable-wifi"},
    {0x0f, "wifi-info"},
    {0x10, "query-new"},
    {0x11, "scene-execute"},
    {0x12, "update-points"},
    {0x13, "broadcast"},
    {0x14, "ap-config-new"},
    {0x23, "broadcast-3.4"},
    {0x25, "request-devices"},
    {0x40, "extension-stream"},
};

struct message {
    uint32_t prefix, command;
    struct cursor content;
};

static bool read_message(struct bytes payload, struct message *message)
{
    struct cursor at = cursor_of(payload);
    message->prefix = cursor_u32(&at);
    if (message->prefix == PREFIX_3_5)
        cursor_skip(&at, 2);
    cursor_skip(&at, 4);
    message->command = cursor_u32(&at);
    message->content = cursor_of(cursor_take_most(&at, cursor_u32(&at)));
    return !at.failed && (message->prefix == PREFIX || message->prefix == PREFIX_3_5);
}

static bool recognise(const struct packet *packet)
{
    struct message message;
    return (app_has_port(packet, IOTSIG_TCP, CONTROL_PORT) ||
            app_has_port(packet, IOTSIG_UDP, CLEAR_PORT) ||
            app_has_port(packet, IOTSIG_UDP, BROADCAST_PORT)) &&
           read_message(packet->payload, &message);
}

static bool is_version(struct bytes bytes)
{
    struct cursor at = cursor_of(bytes);
    uint8_t major = cursor_u8(&at), dot = cursor_u8(&at), minor = cursor_u8(&at);
    return !at.failed && is_digit(major) && dot == '.' && is_digit(minor);
}

/* In front of the content, as in "3.3" and twelve bytes, or in its JSON: {"version":"3.1"}. A
 * device puts a code of four bytes, of which three are zero, before either. Empty where all is
 * encrypted. */
static struct bytes clear_version(struct cursor content)
{
    static const char key[] = "\"version\":\"";
    if (content.left > 4 && bytes_start_with(cursor_rest(&content), "\0\0\0", 3))
        cursor_skip(&content, 4);
    if (content.left > 0 && content.p[0] == '{') {
        while (content.left > 0 && !bytes_start_with(cursor_rest(&content), key, sizeof key - 1))
            cursor_skip(&content, 1);
        cursor_skip(&content, sizeof key - 1);
    }
    struct bytes version = cursor_take(&content, 3);
    return is_version(version) ? version : (struct bytes){version.p, 0};
}

/* A command without a word is told by its number. */
static bool set_command(struct iotsig_layer *layer, uint32_t command, struct app_scratch *scratch)
{
    char number[20];
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].number == command) {
            app_set_constant(layer, COMMAND, commands[i].word);
            return true;
        }
    size_t n = (size_t)(iotsig_write_number(number, command) - number);
    return app_set_text(layer, COMMAND, (struct text){number, n}, scratch);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct message message;
    if (!read_message(packet->payload, &message) || !set_command(layer, message.command, scratch))
        return false;
    if (message.prefix == PREFIX_3_5) {
        app_set_constant(layer, VERSION, "3.5");
        return true;
    }
    struct bytes version = clear_version(message.content);
    return version.n == 0 || app_set_bytes(layer, VERSION, version, scratch);
}

static const char *word(int index, uint64_t number, char to[APP_WORD])
{
    (void)to;
    for (size_t i = 0; index == COMMAND && i < sizeof commands / sizeof *commands; i++)
        if (commands[i].number == number)
            return commands[i].word;
    return NULL;
}

const struct app_protocol iotsig_app_tuya = {
    .name = "Tuya",
    .attributes = {{"command", APP_TEXT, 1}, {"version", APP_TEXT, 1}},
    .equality = APP_KNOWN_EQUAL,
    .layer = IOTSIG_LAYER_TUYA,
    .recognise = recognise,
    .parse = parse,
    .word = word,
};
