/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/policy.h"

#include "app/app.h"
#include "app/igmp.h"
#include "app/mqtt.h"
#include "app/startline.h"
#include "app/tls.h"
#include "translate/range.h"

/* Values. */

static bool has_number(const struct policy_check *check, uint64_t number)
{
    for (size_t i = 0; i < check->number_count; i++)
        if (check->numbers[i].low <= number && number <= check->numbers[i].high)
            return true;
    return false;
}

/* Ranges are sorted and apart, so the one that may hold an address is found by halving. */
static bool in_ranges(const struct policy_check *check, const struct address *address)
{
    size_t low = 0, high = check->range_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(check->ranges[middle].high.bytes, address->bytes, sizeof address->bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < check->range_count && range_holds(&check->ranges[low], address);
}

static bool has_address(const struct policy_check *check, const struct address *address,
                        const struct resolved *resolved)
{
    if (in_ranges(check, address) != check->outside)
        return true;
    for (size_t i = 0; i < check->text_count; i++)
        if (iotsig_resolved_holds(resolved, address, &check->texts[i]))
            return true;
    return false;
}

static bool has_name(const struct policy_check *check, struct text name)
{
    for (size_t i = 0; i < check->text_count; i++)
        if (iotsig_text_holds_name(&check->texts[i], name))
            return true;
    return false;
}

/* A text as it is on the wire. */
static bool has_raw(const struct policy_check *check, struct bytes bytes)
{
    for (size_t i = 0; i < check->text_count; i++) {
        struct text text = check->texts[i].bytes;
        if (bytes_start_with(bytes, text.p, text.n) &&
            (check->texts[i].match == MATCH_START || bytes.n == text.n))
            return true;
    }
    return false;
}

/* A text of an application layer, which is escaped. */
static bool has_escaped(const struct policy_check *check, struct text escaped)
{
    for (size_t i = 0; i < check->text_count; i++) {
        struct text text = check->texts[i].bytes;
        if (check->texts[i].match == MATCH_START ? iotsig_escaped_starts(escaped, text)
                                                 : iotsig_escaped_equal(escaped, text))
            return true;
    }
    return false;
}

/* What nftables decides. */

static bool arp_passes(const struct policy_check *check, const struct arp *arp)
{
    switch (check->field->id) {
    case FIELD_ARP_TYPE: return has_number(check, arp->operation);
    case FIELD_ARP_SHA: return has_number(check, arp->sha);
    case FIELD_ARP_THA: return has_number(check, arp->tha);
    case FIELD_ARP_SPA: return has_address(check, &arp->spa, NULL);
    case FIELD_ARP_TPA: return has_address(check, &arp->tpa, NULL);
    default: return false;
    }
}

static bool header_passes(const struct policy_check *check, const struct sight *sight)
{
    const struct frame *frame = sight->frame;
    switch (check->field->id) {
    case FIELD_IPV4_SRC:
    case FIELD_IPV6_SRC: return has_address(check, &frame->packet.src.address, sight->resolved);
    case FIELD_IPV4_DST:
    case FIELD_IPV6_DST: return has_address(check, &frame->packet.dst.address, sight->resolved);
    case FIELD_TCP_SRC:
    case FIELD_UDP_SRC:
        return frame->packet.transport != 0 && has_number(check, frame->packet.src.port);
    case FIELD_TCP_DST:
    case FIELD_UDP_DST:
        return frame->packet.transport != 0 && has_number(check, frame->packet.dst.port);
    case FIELD_ICMP_TYPE:
    case FIELD_ICMPV6_TYPE: return frame->has_icmp && has_number(check, frame->icmp_type);
    default: return check->field->protocol == POLICY_ARP && arp_passes(check, &frame->arp);
    }
}

static bool goes_over(const struct frame *frame, uint8_t protocol)
{
    return frame->has_protocol && frame->protocol == protocol;
}

/* Whether a frame is of a protocol at all; of an application a program must find that out. */
static bool is_of(const struct frame *frame, enum policy_protocol protocol)
{
    switch (protocol) {
    case POLICY_ARP: return frame->has_arp;
    case POLICY_IPV4: return frame->version == 4;
    case POLICY_IPV6: return frame->version == 6;
    case POLICY_TCP: return goes_over(frame, IOTSIG_TCP);
    case POLICY_UDP: return goes_over(frame, IOTSIG_UDP);
    case POLICY_ICMP: return frame->version == 4 && goes_over(frame, IOTSIG_ICMP);
    case POLICY_ICMPV6: return frame->version == 6 && goes_over(frame, IOTSIG_ICMPV6);
    case POLICY_IGMP: return frame->version == 4 && goes_over(frame, IOTSIG_IGMP);
    default: return true;
    }
}

/* The checks of a part that nftables decides, or the others. */
static bool headers_pass(const struct policy_part *part, const struct sight *sight, bool nft)
{
    for (size_t i = 0; i < part->count; i++)
        if (iotsig_check_is_nft(&part->checks[i]) == nft && !header_passes(&part->checks[i], sight))
            return false;
    return true;
}

static bool has_size(const struct way *way, const struct frame *frame)
{
    const struct number_range *size = &way->stats.size;
    return !way->stats.has_size ||
           (frame->version != 0 && size->low <= frame->length && frame->length <= size->high);
}

bool iotsig_way_matches(const struct way *way, const struct sight *sight)
{
    const struct frame *frame = sight->frame;
    /* The kernel takes one VLAN tag off; a bridge does not look behind more. */
    if (frame->tags > 1 || (way->origin == ORIGIN_SENDER && sight->is_reply) ||
        (way->origin == ORIGIN_RECEIVER && !sight->is_reply))
        return false;
    if (way->transports != 0 &&
        !((way->transports & PROTOCOL_BIT(POLICY_TCP)) && goes_over(frame, IOTSIG_TCP)) &&
        !((way->transports & PROTOCOL_BIT(POLICY_UDP)) && goes_over(frame, IOTSIG_UDP)))
        return false;
    for (size_t i = 0; i < way->part_count; i++) {
        const struct policy_part *part = &way->parts[i];
        if (!is_of(frame, part->protocol) ||
            (!policy_protocols[part->protocol].queued && !headers_pass(part, sight, true)))
            return false;
    }
    return has_size(way, frame);
}

/* Payloads. */

/* DNS, mDNS: one question has both the type and the name. */
static bool question_passes(const struct policy_part *part, const struct dns_record *record)
{
    for (size_t i = 0; i < part->count; i++) {
        const struct policy_check *check = &part->checks[i];
        if (check->field->kind == KIND_NAME
                ? !has_name(check, (struct text){record->owner.text, record->owner.n})
                : check->field->kind == KIND_WORD && !has_number(check, record->type))
            return false;
    }
    return true;
}

static bool dns_passes(const struct policy_part *part, const struct packet *packet)
{
    const enum field_id response =
        part->protocol == POLICY_DNS ? FIELD_DNS_RESPONSE : FIELD_MDNS_RESPONSE;
    const struct policy_check *check = iotsig_part_check(part, response);
    struct dns_reader reader;
    struct dns_record record;
    if (!iotsig_dns_start(&reader, iotsig_dns_message(packet)) ||
        (check != NULL && !has_number(check, reader.response)))
        return false;
    if (part->count == (check != NULL ? 1 : 0))
        return true;
    /* mDNS answers without a question: what is answered counts as what was asked. */
    enum dns_section asked = reader.left[DNS_QUESTION] > 0 ? DNS_QUESTION : DNS_ANSWER;
    while (iotsig_dns_next(&reader, &record) == 1 && record.section == asked)
        if (question_passes(part, &record))
            return true;
    return false;
}

static bool http_passes(const struct policy_part *part, const struct packet *packet)
{
    static const char *const no_others[] = {NULL};
    struct start_line line;
    if (!iotsig_start_line(packet->payload, no_others, &line))
        return false;
    for (size_t i = 0; i < part->count; i++) {
        const struct policy_check *check = &part->checks[i];
        bool passes = false;
        if (check->field->id == FIELD_HTTP_RESPONSE)
            passes = has_number(check, line.response);
        else if (check->field->id == FIELD_HTTP_METHOD)
            passes = line.method != NULL && has_escaped(check, text_of(line.method));
        else
            passes = has_raw(check, line.target);
        if (!passes)
            return false;
    }
    return true;
}

static struct text without_slash(struct text text)
{
    return text.n > 0 && text.p[0] == '/' ? (struct text){text.p + 1, text.n - 1} : text;
}

/* A path of CoAP is a list, so the slash in front of it says nothing, and none is an empty one. */
static bool path_passes(const struct policy_check *check, const struct iotsig_layer *layer, int uri)
{
    struct text path = TEXT("");
    if (iotsig_layer_is_response(layer))
        return false;
    if (layer->present & 1u << uri)
        path = without_slash(layer->text[uri]);
    for (size_t i = 0; i < check->text_count; i++) {
        struct text text = without_slash(check->texts[i].bytes);
        if (check->texts[i].match == MATCH_START ? iotsig_escaped_starts(path, text)
                                                 : iotsig_escaped_equal(path, text))
            return true;
    }
    return false;
}

/* One attribute of a layer that is parsed in src/app. */
static bool attribute_passes(const struct policy_check *check, const struct iotsig_layer *layer)
{
    int index;
    bool opposite;
    uint64_t number;
    if (!iotsig_app_find(layer->protocol, text_of(check->field->name), &index, &opposite))
        return false;
    if (check->field->id == FIELD_COAP_URI)
        return path_passes(check, layer, index);
    if (!(layer->present & 1u << index))
        return false;
    if (layer->protocol->attributes[index].kind == APP_TRUTH)
        return has_number(check, ((layer->truths & 1u << index) != 0) != opposite);
    if (check->field->kind == KIND_WORD)
        return iotsig_field_number(check->field, layer->text[index].p, &number) &&
               has_number(check, number);
    if (check->field->kind == KIND_MAC)
        return iotsig_mac_parse(layer->text[index].p, &number) && has_number(check, number);
    return has_escaped(check, layer->text[index]);
}

/* SSDP, CoAP, DHCP. Their recognisers go by port; here that has been looked at. */
static bool layer_passes(const struct policy_part *part, const struct sight *sight)
{
    struct packet packet = sight->frame->packet;
    const struct app_protocol *protocol =
        iotsig_app_protocol(text_of(policy_protocols[part->protocol].name));
    struct app_scratch scratch = {sight->scratch, APP_TEXT_MAX};
    struct iotsig_layer layer = {.protocol = protocol};
    packet.src.port = policy_protocols[part->protocol].ports[0];
    if (protocol == NULL || packet.payload.n == 0 || !protocol->recognise(&packet) ||
        !protocol->parse(&packet, &layer, &scratch))
        return false;
    for (size_t i = 0; i < part->count; i++)
        if (!attribute_passes(&part->checks[i], &layer))
            return false;
    return true;
}

static bool igmp_group_passes(const struct policy_check *check, struct igmp_message message)
{
    struct address group;
    while (iotsig_igmp_next_group(&message, &group))
        if (has_address(check, &group, NULL))
            return true;
    return false;
}

static bool igmp_passes(const struct policy_part *part, const struct packet *packet)
{
    struct igmp_message message;
    if (!iotsig_igmp_start(&message, packet->payload))
        return false;
    for (size_t i = 0; i < part->count; i++) {
        const struct policy_check *check = &part->checks[i];
        bool passes = check->field->id == FIELD_IGMP_VERSION ? has_number(check, message.version)
                      : check->field->id == FIELD_IGMP_TYPE  ? has_number(check, message.type)
                                                             : igmp_group_passes(check, message);
        if (!passes)
            return false;
    }
    return true;
}

static bool mqtt_check_passes(const struct policy_check *check, const struct mqtt_packet *mqtt)
{
    switch (check->field->id) {
    case FIELD_MQTT_PACKET_TYPE: return has_number(check, mqtt->type);
    case FIELD_MQTT_CLIENT_ID: return mqtt->has_connect && has_raw(check, mqtt->client_id);
    case FIELD_MQTT_CLIENT_ID_LENGTH:
        return mqtt->has_connect && has_number(check, mqtt->client_id.n);
    case FIELD_MQTT_CLEAN_SESSION:
        return mqtt->has_connect && has_number(check, mqtt->clean_session);
    case FIELD_MQTT_KEEP_ALIVE: return mqtt->has_connect && has_number(check, mqtt->keep_alive);
    case FIELD_MQTT_TOPIC_NAME: return mqtt->has_publish && has_raw(check, mqtt->topic);
    case FIELD_MQTT_PAYLOAD_LENGTH:
        return mqtt->has_publish && has_number(check, mqtt->payload_length);
    default: return false;
    }
}

static bool mqtt_passes(const struct policy_part *part, const struct packet *packet)
{
    struct mqtt_packet mqtt;
    if (!iotsig_mqtt_parse(packet->payload, &mqtt))
        return false;
    for (size_t i = 0; i < part->count; i++)
        if (!mqtt_check_passes(&part->checks[i], &mqtt))
            return false;
    return true;
}

static bool tls_check_passes(const struct policy_check *check, const struct tls_record *record)
{
    switch (check->field->id) {
    case FIELD_TLS_CONTENT_TYPE: return has_number(check, record->content_type);
    case FIELD_TLS_HANDSHAKE_TYPE:
        return record->has_handshake && has_number(check, record->handshake_type);
    case FIELD_TLS_VERSION: return has_number(check, record->version);
    case FIELD_TLS_SESSION_ID: return record->is_hello && has_number(check, record->has_session);
    default: return false;
    }
}

static bool tls_passes(const struct policy_part *part, const struct packet *packet)
{
    struct tls_record record;
    if (!iotsig_tls_record(packet->payload, &record))
        return false;
    for (size_t i = 0; i < part->count; i++)
        if (!tls_check_passes(&part->checks[i], &record))
            return false;
    return true;
}

/* What a program on a queue decides of one part. */
/* Whether an application is where it may be: on the ports that the policy names, or the usual ones.
 */
static bool is_on_port(const struct way *way, enum policy_protocol protocol,
                       const struct packet *packet)
{
    const uint16_t *ports = policy_protocols[protocol].ports;
    if (ports[0] == 0 || iotsig_way_names_port(way))
        return true;
    for (size_t i = 0; i < 2 && ports[i] != 0; i++)
        if (packet->src.port == ports[i] || packet->dst.port == ports[i])
            return true;
    return false;
}

static bool part_passes(const struct way *way, const struct policy_part *part,
                        const struct sight *sight)
{
    const struct frame *frame = sight->frame;
    const struct packet *packet = &frame->packet;
    if (!policy_protocols[part->protocol].queued)
        return headers_pass(part, sight, false);
    if (part->protocol == POLICY_IGMP)
        return !frame->later && igmp_passes(part, packet);
    if (packet->transport == 0 || !is_on_port(way, part->protocol, packet))
        return false;
    switch (part->protocol) {
    case POLICY_DNS:
    case POLICY_MDNS: return dns_passes(part, packet);
    case POLICY_HTTP: return http_passes(part, packet);
    case POLICY_MQTT: return mqtt_passes(part, packet);
    case POLICY_TLS: return tls_passes(part, packet);
    default: return layer_passes(part, sight);
    }
}

bool iotsig_way_covers(const struct way *way, const struct sight *sight)
{
    if (!iotsig_way_matches(way, sight))
        return false;
    for (size_t i = 0; i < way->part_count; i++)
        if (!part_passes(way, &way->parts[i], sight))
            return false;
    return true;
}
