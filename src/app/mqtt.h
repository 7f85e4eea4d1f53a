/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MQTT control packets (versions 3.1, 3.1.1 and 5.0), as far as policies and features look at them.
 */
#ifndef IOTSIG_APP_MQTT_H
#define IOTSIG_APP_MQTT_H

#include "base/bytes.h"

#define MQTT_PORT 1883

enum mqtt_type { MQTT_CONNECT = 1, MQTT_PUBLISH = 3, MQTT_SUBSCRIBE = 8 };

/** The first control packet of a segment. A text that is not there is empty. */
struct mqtt_packet {
    uint8_t type;
    bool has_connect; /**< of a CONNECT: */
    bool clean_session;
    uint16_t keep_alive; /**< seconds */
    struct bytes client_id;
    bool has_publish; /**< of a PUBLISH: */
    struct bytes topic;
    /** Bytes of the message. Those of properties, which version 5.0 has in front of it, are counted
        too: that it is version 5.0 a PUBLISH does not say. */
    uint32_t payload_length;
    struct cursor filters; /**< of a SUBSCRIBE: see iotsig_mqtt_next_filter() */
};

/** False when the payload does not begin with the head of a control packet that is well-formed. */
bool iotsig_mqtt_parse(struct bytes payload, struct mqtt_packet *packet);

/** The next topic filter of a SUBSCRIBE, which is not empty; false at the end of those that are
 * whole. */
bool iotsig_mqtt_next_filter(struct cursor *filters, struct bytes *filter);

#endif
