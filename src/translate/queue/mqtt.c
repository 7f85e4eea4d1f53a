/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MQTT: the first control packet of a segment (MQTT 3.1.1 section 2). The parser sees only what was
 * walked here to its end. */

#define SEEN_CLIENT_MOST 127 /* what the parser has room for */
#define SEEN_TOPIC_MOST  255

enum { SEEN_CONNECT = 1, SEEN_PUBLISH = 3, SEEN_PINGREQ = 12, SEEN_PINGRESP = 13 };

struct mqtt_packet {
    unsigned type, flags;
    const uint8_t *body;
    size_t length; /* as it says */
    size_t n;      /* what is there of it */
};

static bool take_mqtt(const struct packet *packet, struct mqtt_packet *taken)
{
    const uint8_t *bytes = packet->payload;
    size_t n = packet->payload_length, at = 1;
    uint8_t byte = 0x80;
    if (n < 2)
        return false;
    memset(taken, 0, sizeof *taken);
    taken->type = bytes[0] >> 4;
    taken->flags = bytes[0] & 15;
    for (unsigned shift = 0; byte >= 0x80 && shift < 28 && at < n; shift += 7) {
        byte = bytes[at++];
        taken->length |= (size_t)(byte & 0x7f) << shift;
    }
    taken->body = bytes + at;
    taken->n = least(taken->length, n - at);
    return byte < 0x80;
}

/* Whether flags, lengths and type can be together: much of what TCP carries is the middle of
 * something. */
static bool mqtt_is_likely(const struct mqtt_packet *taken)
{
    static const struct {
        uint8_t flags, shortest;
    } rows[] = {{0, 0}, {0, 12}, {0, 2}, {0, 2}, {0, 2}, {0, 2}, {2, 2}, {0, 2},
                {2, 5}, {0, 3},  {2, 4}, {0, 2}, {0, 0}, {0, 0}, {0, 0}, {0, 0}};
    if (taken->type == 0)
        return false;
    if (taken->type == SEEN_PUBLISH) /* it may go on in the next segment */
        return (taken->flags & 6) != 6 && taken->length >= 2;
    if (taken->flags != rows[taken->type].flags || taken->length < rows[taken->type].shortest)
        return false;
    if ((taken->type == SEEN_PINGREQ || taken->type == SEEN_PINGRESP) && taken->length != 0)
        return false;
    return taken->n == taken->length;
}

/* Goes past a text of at most `most` bytes. False: it does not fit. */
static bool skip_mqtt_text(const struct mqtt_packet *taken, size_t *at, size_t most)
{
    if (taken->n - *at < 2)
        return false;
    size_t length = number_at(taken->body + *at);
    if (length > most || length > taken->n - *at - 2)
        return false;
    *at += 2 + length;
    return true;
}

/* MQTT 3.1.1 section 3.1; what version 5 has between is not read. */
static bool connect_is_sound(const struct mqtt_packet *taken)
{
    static const uint8_t name[] = {0, 4, 'M', 'Q', 'T', 'T', 4};
    size_t at = 10;
    if (taken->n < 12 || memcmp(taken->body, name, sizeof name) != 0)
        return false;
    unsigned flags = taken->body[7], texts = (flags >> 2 & 1) * 2 + (flags >> 7) + (flags >> 6 & 1);
    if (!skip_mqtt_text(taken, &at, SEEN_CLIENT_MOST))
        return false;
    for (; texts > 0; texts--)
        if (!skip_mqtt_text(taken, &at, UINT16_MAX))
            return false;
    return true;
}

static bool publish_is_sound(const struct mqtt_packet *taken)
{
    size_t at = 0;
    return skip_mqtt_text(taken, &at, SEEN_TOPIC_MOST) &&
           ((taken->flags & 6) == 0 || taken->n - at >= 2);
}

struct seen_mqtt {
    unsigned type;
    bool is_connect, is_publish; /* what `message` is of, if anything */
    mqtt_message_t message;
};

static bool see_mqtt(const struct packet *packet, struct seen_mqtt *seen)
{
    struct mqtt_packet taken;
    memset(seen, 0, sizeof *seen);
    if (!take_mqtt(packet, &taken) || !mqtt_is_likely(&taken))
        return false;
    seen->type = taken.type;
    seen->is_connect = taken.type == SEEN_CONNECT && connect_is_sound(&taken);
    seen->is_publish = taken.type == SEEN_PUBLISH && publish_is_sound(&taken);
    if (seen->is_connect || seen->is_publish)
        seen->message = mqtt_parse_message(copy_of(packet->payload, packet->payload_length));
    return true;
}

static void forget_mqtt(struct seen_mqtt *seen)
{
    memset(seen, 0, sizeof *seen);
}

OPTIONAL static bool is_mqtt_text(const char *own, size_t own_length, const char *text,
                                  size_t length)
{
    return own_length == length && memcmp(own, text, length) == 0;
}
