/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/mqtt.h"

#include "app/app.h"

enum { PUBREL = 6, UNSUBSCRIBE = 10 };

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
    return flags == (type == PUBREL || type == MQTT_SUBSCRIBE || type == UNSUBSCRIBE ? 2 : 0);
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

bool iotsig_mqtt_next_filter(struct cursor *filters, struct bytes *filter)
{
    *filter = text(filters);
    cursor_skip(filters, 1); /* options */
    return filter->n > 0 && !filters->failed;
}

/* Whether filters follow each other up to the end, which may be cut. */
static bool are_filters(struct cursor at, bool cut)
{
    struct bytes filter;
    if (!iotsig_mqtt_next_filter(&at, &filter))
        return false;
    while (at.left > 0 && iotsig_mqtt_next_filter(&at, &filter))
        continue;
    return cut || (!at.failed && at.left == 0);
}

/* Section 3.8. Whether there are properties, as version 5.0 has, a SUBSCRIBE does not say: there
 * are none where filters follow at once. */
static void read_subscribe(struct cursor at, bool cut, struct mqtt_packet *packet)
{
    cursor_skip(&at, 2); /* the packet's number */
    struct cursor behind = at;
    cursor_skip(&behind, variable(&behind));
    if (are_filters(at, cut))
        packet->filters = at;
    else if (are_filters(behind, cut))
        packet->filters = behind;
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
    else if (packet->type == MQTT_SUBSCRIBE)
        read_subscribe(body, body.left < length, packet);
    return true;
}

/* The layer. */

enum { TYPE, CLIENT_ID, TOPIC };

/* Section 2.1.2 */
static const char *const types[16] = {NULL,        "connect",  "connack",     "publish",
                                      "puback",    "pubrec",   "pubrel",      "pubcomp",
                                      "subscribe", "suback",   "unsubscribe", "unsuback",
                                      "pingreq",   "pingresp", "disconnect",  "auth"};

static bool recognise(const struct packet *packet)
{
    struct mqtt_packet mqtt;
    return app_has_port(packet, IOTSIG_TCP, MQTT_PORT) && iotsig_mqtt_parse(packet->payload, &mqtt);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct mqtt_packet mqtt;
    struct bytes topic;
    if (!iotsig_mqtt_parse(packet->payload, &mqtt))
        return false;
    app_set_constant(layer, TYPE, types[mqtt.type]);
    if (mqtt.has_connect && mqtt.client_id.n > 0)
        return app_set_bytes(layer, CLIENT_ID, mqtt.client_id, scratch);
    if (mqtt.has_publish && mqtt.topic.n > 0)
        return app_set_bytes(layer, TOPIC, mqtt.topic, scratch);
    return mqtt.type != MQTT_SUBSCRIBE || !iotsig_mqtt_next_filter(&mqtt.filters, &topic) ||
           app_set_bytes(layer, TOPIC, topic, scratch);
}

static const char *word(int index, uint64_t number, char to[APP_WORD])
{
    (void)to;
    return index == TYPE && number < 16 ? types[number] : NULL;
}

/* Many clients have another ID each time, so it is no part of equality. */
const struct app_protocol iotsig_app_mqtt = {
    .name = "MQTT",
    .attributes = {{"type", APP_TEXT, 1}, {"client-id", APP_NOTE, 1}, {"topic", APP_TEXT, 1}},
    .equality = APP_KNOWN_EQUAL,
    .layer = IOTSIG_LAYER_MQTT,
    .recognise = recognise,
    .parse = parse,
    .word = word,
};
