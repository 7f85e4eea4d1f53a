/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/mqtt.h"

enum { PUBREL = 6, SUBSCRIBE = 8, UNSUBSCRIBE = 10 };

/* A number in groups of seven bits, the lowest first (MQTT 5.0 section 1.5.5). */
static uint32_t variable(struct cursor *at)
{
    uint32_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        uint8_t byte = cursor_u8(at);
        value |= (uint32_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    at->failed = true; /* a fifth byte */
    return 0;
}

static struct bytes text(struct cursor *at)
{
    return cursor_take(at, cursor_u16(at));
}

/* The flags that a type must have (section 2.1.3); those of PUBLISH are its own. */
static bool flags_fit(uint8_t type, uint8_t flags)
{
    enum { QUALITY = 6 };
    if (type == MQTT_PUBLISH)
        return (flags & QUALITY) != QUALITY;
    return flags == (type == PUBREL || type == SUBSCRIBE || type == UNSUBSCRIBE ? 2 : 0);
}

/* Section 3.1; the properties are version 5.0's. */
static void read_connect(struct cursor at, struct mqtt_packet *packet)
{
    enum { VERSION_5 = 5, CLEAN = 2 };
    struct bytes name = text(&at);
    bool known = (name.n == 4 && bytes_start_with(name, "MQTT", 4)) ||
                 (name.n == 6 && bytes_start_with(name, "MQIsdp", 6));
    uint8_t version = cursor_u8(&at);
    packet->clean_session = cursor_u8(&at) & CLEAN;
    packet->keep_alive = cursor_u16(&at);
    if (version == VERSION_5)
        cursor_skip(&at, variable(&at));
    packet->client_id = text(&at);
    packet->has_connect = known && !at.failed;
}

/* Section 3.3. The message may end in a later segment: its length is that of the whole. */
static void read_publish(struct cursor at, uint8_t flags, uint32_t length,
                         struct mqtt_packet *packet)
{
    enum { QUALITY = 6, NUMBER_BYTES = 2 };
    packet->topic = text(&at);
    size_t head = 2 + packet->topic.n + (flags & QUALITY ? NUMBER_BYTES : 0);
    packet->has_publish = !at.failed && head <= length;
    packet->payload_length = packet->has_publish ? length - (uint32_t)head : 0;
}

bool iotsig_mqtt_parse(struct bytes payload, struct mqtt_packet *packet)
{
    struct cursor at = cursor_of(payload);
    uint8_t head = cursor_u8(&at), flags = head & 15;
    uint32_t length = variable(&at);
    *packet = (struct mqtt_packet){.type = head >> 4};
    if (at.failed || packet->type == 0 || !flags_fit(packet->type, flags))
        return false;
    struct cursor body = cursor_of(cursor_take_most(&at, length));
    if (packet->type == MQTT_CONNECT)
        read_connect(body, packet);
    else if (packet->type == MQTT_PUBLISH)
        read_publish(body, flags, length, packet);
    return true;
}
