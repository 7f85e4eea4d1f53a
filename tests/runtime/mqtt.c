/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mqtt.h"

#include "common.h"

#define LENGTH_BYTES  4
#define CLEAN_SESSION 0x02
#define QOS           0x06

/* The fixed header. `body` is what is there of the rest. */
struct packet {
    uint8_t type, flags;
    struct cursor body;
};

static bool read_packet(uint8_t *data, struct packet *packet)
{
    struct cursor at = cursor_of(runtime_bytes(data));
    uint8_t head = cursor_u8(&at), byte = 0x80;
    size_t length = 0;
    for (int i = 0; i < LENGTH_BYTES && byte >= 0x80; i++) {
        byte = cursor_u8(&at);
        length |= (size_t)(byte & 0x7f) << 7 * i;
    }
    packet->type = head >> 4;
    packet->flags = head & 0xf;
    bool well = !at.failed && byte < 0x80;
    packet->body = cursor_of(cursor_take_most(&at, length));
    return well;
}

bool is_mqtt(uint8_t *data)
{
    struct packet packet;
    if (!read_packet(data, &packet))
        return false;
    switch (packet.type) {
    case MQTT_PUBLISH: return (packet.flags & QOS) != QOS;
    case MQTT_PUBREL:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE: return packet.flags == 2;
    default:
        return packet.type >= MQTT_CONNECT && packet.type <= MQTT_DISCONNECT && packet.flags == 0;
    }
}

/* A text with its length before it. */
static uint16_t read_text(struct cursor *at, char *to, size_t room)
{
    uint16_t length = cursor_u16(at);
    struct bytes text = cursor_take(at, length);
    size_t n = text.n < room ? text.n : room - 1;
    memcpy(to, text.p, n);
    to[n] = '\0';
    return length;
}

static void read_connect(struct cursor *at, mqtt_message_t *message)
{
    cursor_skip(at, cursor_u16(at)); /* the protocol's name */
    cursor_skip(at, 1);
    message->connect_flags.clean_session = (cursor_u8(at) & CLEAN_SESSION) != 0;
    message->keep_alive = cursor_u16(at);
    message->client_id_length = read_text(at, message->client_id, sizeof message->client_id);
}

static void read_publish(struct cursor *at, uint8_t flags, mqtt_message_t *message)
{
    message->topic_length = read_text(at, message->topic_name, sizeof message->topic_name);
    if ((flags & QOS) != 0)
        cursor_skip(at, 2);
    message->payload_length = (uint16_t)at->left;
}

mqtt_message_t mqtt_parse_message(uint8_t *data)
{
    mqtt_message_t message = {0};
    struct packet packet;
    if (!read_packet(data, &packet))
        return message;
    message.packet_type = (mqtt_packet_type_t)packet.type;
    if (packet.type == MQTT_CONNECT) {
        read_connect(&packet.body, &message);
    } else if (packet.type == MQTT_PUBLISH) {
        read_publish(&packet.body, packet.flags, &message);
    } else if (packet.type == MQTT_SUBSCRIBE || packet.type == MQTT_UNSUBSCRIBE) {
        cursor_skip(&packet.body, 2);
        message.topic_length =
            read_text(&packet.body, message.topic_name, sizeof message.topic_name);
    }
    return message;
}
