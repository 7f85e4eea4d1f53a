/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MQTT 3.1.1: the first control packet of a segment. */
#ifndef RUNTIME_MQTT_H
#define RUNTIME_MQTT_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    MQTT_CONNECT = 1,
    MQTT_CONNACK,
    MQTT_PUBLISH,
    MQTT_PUBACK,
    MQTT_PUBREC,
    MQTT_PUBREL,
    MQTT_PUBCOMP,
    MQTT_SUBSCRIBE,
    MQTT_SUBACK,
    MQTT_UNSUBSCRIBE,
    MQTT_UNSUBACK,
    MQTT_PINGREQ,
    MQTT_PINGRESP,
    MQTT_DISCONNECT
} mqtt_packet_type_t;

/* The lengths are those on the wire; the texts end in a NUL, and are cut where there is no room. */
typedef struct {
    mqtt_packet_type_t packet_type;
    struct {
        bool clean_session;
    } connect_flags;
    uint16_t keep_alive; /**< in seconds */
    uint16_t client_id_length;
    char client_id[128];
    uint16_t topic_length; /**< of what is published, or the first that is subscribed to */
    char topic_name[256];
    uint16_t payload_length; /**< of what is published */
} mqtt_message_t;

/** Whether the start of a control packet is at `data`. */
bool is_mqtt(uint8_t *data);

mqtt_message_t mqtt_parse_message(uint8_t *data);

#endif
