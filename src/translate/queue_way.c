/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The function of a way: it checks all that its policy says, but for the rate and the connection's
 * originator. */
#include "translate/queue.h"

/* Where a program finds a field's value. */
struct value_row {
    const char *value; /* a number, or the address or text to look at */
    const char *needs; /* what must be true before: else there is no such value; or NULL */
};

/* clang-format off */
static const struct value_row values[FIELD_COUNT] = {
    [FIELD_ARP_TYPE] = {"seen.operation", NULL},
    [FIELD_ARP_SHA] = {"seen.sender_mac", NULL},
    [FIELD_ARP_THA] = {"seen.target_mac", NULL},
    [FIELD_ARP_SPA] = {"seen.sender", NULL},
    [FIELD_ARP_TPA] = {"seen.target", NULL},
    [FIELD_IPV4_SRC] = {"packet->source", NULL},
    [FIELD_IPV4_DST] = {"packet->destination", NULL},
    [FIELD_IPV6_SRC] = {"packet->source", NULL},
    [FIELD_IPV6_DST] = {"packet->destination", NULL},
    [FIELD_TCP_SRC] = {"packet->source_port", "packet->has_ports"},
    [FIELD_TCP_DST] = {"packet->destination_port", "packet->has_ports"},
    [FIELD_UDP_SRC] = {"packet->source_port", "packet->has_ports"},
    [FIELD_UDP_DST] = {"packet->destination_port", "packet->has_ports"},
    [FIELD_ICMP_TYPE] = {"packet->payload[0]", "packet->payload_length > 0"},
    [FIELD_ICMPV6_TYPE] = {"packet->payload[0]", "packet->payload_length > 0"},
    [FIELD_IGMP_VERSION] = {"seen.version", NULL},
    [FIELD_IGMP_TYPE] = {"seen.type", NULL},
    [FIELD_IGMP_GROUP] = {"any_igmp_group(&seen", NULL},
    [FIELD_DNS_RESPONSE] = {"seen.message.header.qr", NULL},
    [FIELD_DNS_QTYPE] = {"question->qtype", NULL},
    [FIELD_DNS_NAME] = {NULL, NULL},
    [FIELD_MDNS_RESPONSE] = {"seen.message.header.qr", NULL},
    [FIELD_MDNS_QTYPE] = {"question->qtype", NULL},
    [FIELD_MDNS_NAME] = {NULL, NULL},
    [FIELD_HTTP_RESPONSE] = {"seen.response", NULL},
    [FIELD_HTTP_METHOD] = {"is_http_method(&seen, HTTP_", NULL},
    [FIELD_HTTP_URI] = {"is_http_uri(&seen, ", NULL},
    [FIELD_SSDP_RESPONSE] = {"seen.response", NULL},
    [FIELD_SSDP_METHOD] = {"is_ssdp_method(&seen, SSDP_", NULL},
    [FIELD_COAP_RESPONSE] = {"seen.response", NULL},
    [FIELD_COAP_TYPE] = {"(unsigned)seen.message.type", NULL},
    [FIELD_COAP_METHOD] = {"is_coap_method(&seen, HTTP_", NULL},
    [FIELD_COAP_URI] = {"is_coap_uri(&seen, ", "seen.request"},
    [FIELD_DHCP_TYPE] = {"(unsigned)seen.message.options.message_type", NULL},
    [FIELD_DHCP_CLIENT_MAC] = {"mac_at(seen.message.chaddr)", NULL},
    [FIELD_MQTT_PACKET_TYPE] = {"seen.type", NULL},
    [FIELD_MQTT_CLIENT_ID] = {"is_mqtt_text(seen.message.client_id, seen.message.client_id_length, ", "seen.is_connect"},
    [FIELD_MQTT_CLIENT_ID_LENGTH] = {"seen.message.client_id_length", "seen.is_connect"},
    [FIELD_MQTT_CLEAN_SESSION] = {"seen.message.connect_flags.clean_session", "seen.is_connect"},
    [FIELD_MQTT_KEEP_ALIVE] = {"seen.message.keep_alive", "seen.is_connect"},
    [FIELD_MQTT_TOPIC_NAME] = {"is_mqtt_text(seen.message.topic_name, seen.message.topic_length, ", "seen.is_publish"},
    [FIELD_MQTT_PAYLOAD_LENGTH] = {"seen.message.payload_length", "seen.is_publish"},
    [FIELD_TLS_CONTENT_TYPE] = {"(unsigned)seen.message.content_type", NULL},
    [FIELD_TLS_HANDSHAKE_TYPE] = {"(unsigned)seen.message.handshake_type", "seen.is_handshake"},
    [FIELD_TLS_VERSION] = {"(unsigned)seen.message.tls_version", NULL},
    [FIELD_TLS_SESSION_ID] = {"seen.message.session_id_present", "seen.is_hello"},
};

/* What a program asks of the headers for each protocol, and what sees its message. */
static const struct {
    const char *headers;
    const char *seen; /* what sees its message, or NULL */
} protocols[POLICY_PROTOCOLS] = {
    [POLICY_ARP] = {"packet->version == 0", "arp"},
    [POLICY_IPV4] = {"packet->version == 4", NULL},
    [POLICY_IPV6] = {"packet->version == 6", NULL},
    [POLICY_TCP] = {"packet->protocol == IPPROTO_TCP", NULL},
    [POLICY_UDP] = {"packet->protocol == IPPROTO_UDP", NULL},
    [POLICY_ICMP] = {"packet->version == 4 && packet->protocol == IPPROTO_ICMP", NULL},
    [POLICY_ICMPV6] = {"packet->version == 6 && packet->protocol == IPPROTO_ICMPV6", NULL},
    [POLICY_IGMP] = {"packet->version == 4 && packet->protocol == IPPROTO_IGMP", "igmp"},
    [POLICY_DNS] = {NULL, "dns"},
    [POLICY_MDNS] = {NULL, "dns"},
    [POLICY_HTTP] = {NULL, "http"},
    [POLICY_SSDP] = {NULL, "ssdp"},
    [POLICY_COAP] = {NULL, "coap"},
    [POLICY_DHCP] = {"packet->version == 4", "dhcp"},
    [POLICY_MQTT] = {NULL, "mqtt"},
    [POLICY_TLS] = {NULL, "tls"},
};
/* clang-format on */

/* Texts. */

void iotsig_queue_put_text(const struct queue_program *program, struct text text)
{
    iotsig_queue_put(program, "\"");
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        bool plain = is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
                     (c != '\0' && strchr(" _.,:/=+@-", c) != NULL);
        iotsig_queue_put(program, plain ? "%c" : "\\%03o", c);
    }
    iotsig_queue_put(program, "\"");
}

/* What several values are joined by. */
static void put_or(const struct queue_program *program, size_t before)
{
    if (before > 0)
        iotsig_queue_put(program, " ||\n         ");
}

static void put_numbers(const struct queue_program *program, const struct policy_check *check)
{
    for (size_t i = 0; i < check->number_count; i++) {
        put_or(program, i);
        iotsig_queue_put(program, "within(%s, %llu, %llu)", values[check->field->id].value,
                         (unsigned long long)check->numbers[i].low,
                         (unsigned long long)check->numbers[i].high);
    }
}

/* Hosts. */

static bool is_hosts(const struct policy_check *check)
{
    return check->field->kind == KIND_HOST || check->field->kind == KIND_GROUP;
}

static void put_address(const struct queue_program *program, const struct address *address)
{
    size_t n = address->version == 6 ? 16 : 4;
    for (size_t i = 0; i < n; i++)
        iotsig_queue_put(program, "%s%u", i == 0 ? "{" : ", ", address->bytes[i]);
    iotsig_queue_put(program, "}");
}

/* The table of a check's ranges is named after the way and the field. */
static void put_ranges(const struct queue_program *program, const struct way *way,
                       const struct policy_check *check)
{
    iotsig_queue_put(program, "static const uint8_t ranges_%zu_%u[][2][16] = {\n", way->number,
                     (unsigned)check->field->id);
    for (size_t i = 0; i < check->range_count; i++) {
        iotsig_queue_put(program, "    {");
        put_address(program, &check->ranges[i].low);
        iotsig_queue_put(program, ", ");
        put_address(program, &check->ranges[i].high);
        iotsig_queue_put(program, "},\n");
    }
    iotsig_queue_put(program, "};\n\n");
}

static void put_hosts(const struct queue_program *program, const struct way *way,
                      const struct policy_check *check)
{
    const char *value = values[check->field->id].value;
    if (check->range_count > 0)
        iotsig_queue_put(program, "%sin_ranges(%s, ranges_%zu_%u, %zu)", check->outside ? "!" : "",
                         value, way->number, (unsigned)check->field->id, check->range_count);
    for (size_t i = 0; i < check->text_count; i++) {
        put_or(program, check->range_count + i);
        iotsig_queue_put(program, "host_has(%zu, packet->version, %s)",
                         iotsig_queue_host(program, &check->texts[i]), value);
    }
}

static void put_group(const struct queue_program *program, const struct way *way,
                      const struct policy_check *check)
{
    iotsig_queue_put(program, "%s, %s, ranges_%zu_%u, %zu)", values[check->field->id].value,
                     check->outside ? "true" : "false", way->number, (unsigned)check->field->id,
                     check->range_count);
}

/* Texts of a message. */

static void put_method(const struct queue_program *program, const struct policy_check *check,
                       struct text method)
{
    if (text_equal(method, TEXT("PATCH"))) { /* none of the parser's */
        iotsig_queue_put(program, "seen.is_patch");
        return;
    }
    iotsig_queue_put(program, "%s", values[check->field->id].value);
    for (size_t i = 0; i < method.n; i++)
        iotsig_queue_put(program, "%c", method.p[i] == '-' ? '_' : method.p[i]);
    iotsig_queue_put(program, ")");
}

static void put_message_text(const struct queue_program *program, const struct policy_check *check,
                             const struct policy_text *text)
{
    iotsig_queue_put(program, "%s", values[check->field->id].value);
    iotsig_queue_put_text(program, text->bytes);
    iotsig_queue_put(program, ", %zu", text->bytes.n);
    if (check->field->kind == KIND_URI)
        iotsig_queue_put(program, ", %s", text->match == MATCH_START ? "true" : "false");
    iotsig_queue_put(program, ")");
}

static void put_name(const struct queue_program *program, const struct policy_text *text)
{
    if (text->match != MATCH_BELOW) {
        iotsig_queue_put(program, "is_name(question, ");
        iotsig_queue_put_text(program, text->bytes);
        iotsig_queue_put(program, ")");
    }
    put_or(program, text->match == MATCH_END);
    if (text->match != MATCH_EXACT) {
        iotsig_queue_put(program, "is_below(question, \".\" ");
        iotsig_queue_put_text(program, text->bytes);
        iotsig_queue_put(program, ", %zu)", text->bytes.n + 1);
    }
}

static void put_texts(const struct queue_program *program, const struct policy_check *check)
{
    for (size_t i = 0; i < check->text_count; i++) {
        put_or(program, i);
        if (check->field->kind == KIND_METHOD)
            put_method(program, check, check->texts[i].bytes);
        else if (check->field->kind == KIND_NAME)
            put_name(program, &check->texts[i]);
        else
            put_message_text(program, check, &check->texts[i]);
    }
}

/* Checks. */

static void put_check(const struct queue_program *program, const struct way *way,
                      const struct policy_check *check)
{
    if (values[check->field->id].needs != NULL)
        iotsig_queue_put(program, "%s && ", values[check->field->id].needs);
    iotsig_queue_put(program, "(");
    if (check->field->id == FIELD_IGMP_GROUP)
        put_group(program, way, check);
    else if (is_hosts(check))
        put_hosts(program, way, check);
    else if (check->number_count > 0)
        put_numbers(program, check);
    else
        put_texts(program, check);
    iotsig_queue_put(program, ")");
}

/* Of a question: its name and its type are of the same one. */
static bool is_of_question(const struct policy_check *check)
{
    enum field_id id = check->field->id;
    return id == FIELD_DNS_QTYPE || id == FIELD_DNS_NAME || id == FIELD_MDNS_QTYPE ||
           id == FIELD_MDNS_NAME;
}

static bool asks_question(const struct policy_part *part)
{
    for (size_t i = 0; i < part->count; i++)
        if (is_of_question(&part->checks[i]))
            return true;
    return false;
}

static void put_question(const struct queue_program *program, const struct way *way,
                         const struct policy_part *part)
{
    bool first = true;
    iotsig_queue_put(program, "static bool question_%zu(dns_question_t *question)\n{\n    return ",
                     way->number);
    for (size_t i = 0; i < part->count; i++) {
        if (!is_of_question(&part->checks[i]))
            continue;
        iotsig_queue_put(program, first ? "" : " &&\n        ");
        put_check(program, way, &part->checks[i]);
        first = false;
    }
    iotsig_queue_put(program, ";\n}\n\n");
}

static void put_tables(const struct queue_program *program, const struct way *way)
{
    for (size_t i = 0; i < way->part_count; i++) {
        const struct policy_part *part = &way->parts[i];
        for (size_t j = 0; j < part->count; j++)
            if (is_hosts(&part->checks[j]) && part->checks[j].range_count > 0)
                put_ranges(program, way, &part->checks[j]);
        if (asks_question(part))
            put_question(program, way, part);
    }
}

/* The function. */

static void put_requirement(const struct queue_program *program, const char *what)
{
    iotsig_queue_put(program, "    if (!(%s))\n        return false;\n", what);
}

/* Which transports there may be, when the policy names none. */
static void put_transports(const struct queue_program *program, const struct way *way)
{
    const char *before = "";
    if (way->transports == 0)
        return;
    iotsig_queue_put(program, "    if (!(");
    for (unsigned i = 0; i < POLICY_PROTOCOLS; i++) {
        if ((way->transports & PROTOCOL_BIT(i)) == 0)
            continue;
        iotsig_queue_put(program, "%s%s", before, protocols[i].headers);
        before = " || ";
    }
    iotsig_queue_put(program, "))\n        return false;\n");
}

/* The usual ports of an application, when the policy names none: what only looks like it on another
 * is not blocked. */
static void put_ports(const struct queue_program *program, const struct way *way,
                      enum policy_protocol protocol)
{
    const uint16_t *ports = policy_protocols[protocol].ports;
    if (ports[0] == 0 || iotsig_way_names_port(way))
        return;
    iotsig_queue_put(program, "    if (!(");
    for (size_t i = 0; i < 2 && ports[i] != 0; i++)
        iotsig_queue_put(program, "%shas_port(packet, %u)", i == 0 ? "" : " || ", ports[i]);
    iotsig_queue_put(program, "))\n        return false;\n");
}

/* What the headers must say of a part; its own checks too, when nothing of it is in a message. */
static void put_headers(const struct queue_program *program, const struct way *way,
                        const struct policy_part *part)
{
    if (protocols[part->protocol].headers != NULL)
        put_requirement(program, protocols[part->protocol].headers);
    put_ports(program, way, part->protocol);
    if (protocols[part->protocol].seen != NULL)
        return;
    for (size_t i = 0; i < part->count; i++) {
        iotsig_queue_put(program, "    if (!(");
        put_check(program, way, &part->checks[i]);
        iotsig_queue_put(program, "))\n        return false;\n");
    }
}

/* What a message must say. It is freed whatever it says. */
static void put_message(const struct queue_program *program, const struct way *way,
                        const struct policy_part *part)
{
    const char *name = protocols[part->protocol].seen, *before = "";
    iotsig_queue_put(program,
                     "    struct seen_%s seen;\n"
                     "    if (!see_%s(packet, &seen))\n"
                     "        return false;\n"
                     "    bool matches = ",
                     name, name);
    if (asks_question(part)) {
        iotsig_queue_put(program, "any_question(&seen, question_%zu)", way->number);
        before = " &&\n        ";
    }
    for (size_t i = 0; i < part->count; i++) {
        if (is_of_question(&part->checks[i]))
            continue;
        iotsig_queue_put(program, "%s", before);
        put_check(program, way, &part->checks[i]);
        before = " &&\n        ";
    }
    iotsig_queue_put(program, "%s;\n    forget_%s(&seen);\n    return matches;\n}\n\n",
                     before[0] == '\0' ? "true" : "", name);
}

void iotsig_queue_put_way(const struct queue_program *program, const struct way *way)
{
    char name[QUEUE_NAME_ROOM];
    const struct policy_part *message = NULL;
    iotsig_queue_name(name, way);
    put_tables(program, way);
    iotsig_queue_put(program, "/* %s */\nstatic bool way_%zu(const struct packet *packet)\n{\n",
                     name, way->number);
    put_transports(program, way);
    for (size_t i = 0; i < way->part_count; i++) {
        put_headers(program, way, &way->parts[i]);
        if (protocols[way->parts[i].protocol].seen != NULL)
            message = &way->parts[i];
    }
    if (way->stats.has_size)
        iotsig_queue_put(program,
                         "    if (!within(packet->length, %llu, %llu))\n        return false;\n",
                         (unsigned long long)way->stats.size.low,
                         (unsigned long long)way->stats.size.high);
    if (message != NULL)
        put_message(program, way, message);
    else
        iotsig_queue_put(program, "    return true;\n}\n\n");
}
