/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parsers as a runtime may have them: they take no length, and believe every count and length of a
 * packet. Under sanitizers they tell whether a generated program hands them anything that leads
 * astray.
 */
#include "coap.h"
#include "dhcp.h"
#include "dns.h"
#include "http.h"
#include "igmp.h"
#include "mqtt.h"
#include "ssdp.h"
#include "tls.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static unsigned number(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* DNS: names without a limit, pointers wherever they lead. */

struct dns_resource_record {
    char *name, *data;
};

static size_t name_length(const uint8_t *p)
{
    size_t n = 0;
    while (p[n] != 0 && p[n] < 0xc0)
        n += p[n] + 1u;
    return n + (p[n] == 0 ? 1 : 2);
}

static void copy_name(const uint8_t *message, const uint8_t *p, char **end)
{
    for (; *p != 0 && *p < 0xc0; p += *p + 1) {
        memcpy(*end, p + 1, *p);
        *end += *p;
        *(*end)++ = '.';
    }
    if (*p != 0)
        copy_name(message, message + (number(p) & 0x3fff), end);
}

static char *read_name(const uint8_t *message, const uint8_t *p)
{
    char *name = malloc(256), *end = name;
    copy_name(message, p, &end);
    end[end > name ? -1 : 0] = '\0';
    return name;
}

/* Reads what the types with names hold, and what is in texts and options. */
static char *read_data(const uint8_t *message, const uint8_t *p, unsigned type, unsigned n)
{
    const uint8_t *end = p + n;
    char *copy;
    switch (type) {
    case NS:
    case CNAME:
    case PTR: return read_name(message, p);
    case MX: return read_name(message, p + 2);
    case SRV: return read_name(message, p + 6);
    case SOA: free(read_name(message, p)); return read_name(message, p + name_length(p));
    case A: n = 4; break;
    case AAAA: n = 16; break;
    case TXT:
        for (copy = malloc(n); p < end; p += *p + 1)
            memcpy(copy, p + 1, *p);
        return copy;
    case OPT:
        for (copy = malloc(n); p < end; p += 4 + number(p + 2))
            memcpy(copy, p + 4, number(p + 2));
        return copy;
    default: break;
    }
    copy = malloc(n > 0 ? n : 1);
    memcpy(copy, p, n);
    return copy;
}

dns_message_t dns_parse_message(uint8_t *data)
{
    dns_message_t message = {
        .header = {(data[2] & 0x80) != 0, (uint16_t)number(data + 4), (uint16_t)number(data + 6)}};
    const uint8_t *p = data + 12;
    size_t others = number(data + 8) + number(data + 10);
    message.questions = malloc(message.header.qdcount * sizeof *message.questions);
    message.answers = malloc(message.header.ancount * sizeof *message.answers);
    for (size_t i = 0; i < message.header.qdcount; i++) {
        message.questions[i].qname = read_name(data, p);
        p += name_length(p) + 4;
        message.questions[i].qtype = (uint16_t)number(p - 4);
        message.questions[i].qclass = (uint16_t)number(p - 2);
    }
    for (size_t i = 0; i < message.header.ancount + others; i++) {
        struct dns_resource_record record = {.name = read_name(data, p)};
        p += name_length(p) + 10;
        record.data = read_data(data, p, number(p - 10), number(p - 2));
        p += number(p - 2);
        if (i < message.header.ancount) {
            message.answers[i] = record;
        } else {
            free(record.name);
            free(record.data);
        }
    }
    return message;
}

void dns_free_message(dns_message_t message)
{
    for (size_t i = 0; i < message.header.qdcount; i++)
        free(message.questions[i].qname);
    for (size_t i = 0; i < message.header.ancount; i++) {
        free(message.answers[i].name);
        free(message.answers[i].data);
    }
    free(message.questions);
    free(message.answers);
}

bool dns_contains_suffix_domain_name(dns_question_t *questions, uint16_t qdcount, char *suffix,
                                     uint16_t length)
{
    for (size_t i = 0; i < qdcount; i++)
        if (memcmp(questions[i].qname + strlen(questions[i].qname) - length, suffix, length) == 0)
            return true;
    return false;
}

bool dns_contains_full_domain_name(dns_question_t *questions, uint16_t qdcount, char *name)
{
    for (size_t i = 0; i < qdcount; i++)
        if (strcmp(questions[i].qname, name) == 0)
            return true;
    return false;
}

/* HTTP and SSDP: they cut the text where it lies, and go by port and address alone. */

static const char *const methods[] = {"GET",    "HEAD",    "POST",    "PUT",
                                      "DELETE", "CONNECT", "OPTIONS", "TRACE"};

bool is_http(uint8_t *data)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (memcmp(data, methods[i], strlen(methods[i])) == 0)
            return true;
    return memcmp(data, "HTTP/", 5) == 0;
}

http_message_t http_parse_message(uint8_t *data, uint16_t dst_port)
{
    http_message_t message = {.is_request = dst_port == 80, .method = HTTP_UNKNOWN};
    if (!message.is_request)
        return message;
    char *method = strtok((char *)data, " "), *uri = strtok(NULL, " ");
    for (unsigned i = 0; i < HTTP_UNKNOWN; i++)
        if (strcmp(method, methods[i]) == 0)
            message.method = (http_method_t)i;
    message.uri = strdup(uri);
    return message;
}

void http_free_message(http_message_t message)
{
    free(message.uri);
}

ssdp_message_t ssdp_parse_message(uint8_t *data, uint32_t dst_addr)
{
    ssdp_message_t message = {.is_request = dst_addr == htonl(0xeffffffa)};
    if (message.is_request)
        message.method =
            strcmp(strtok((char *)data, " "), "M-SEARCH") == 0 ? SSDP_M_SEARCH : SSDP_NOTIFY;
    return message;
}

/* CoAP: a buffer of its own for the longest URI of one packet. */

static unsigned extended(const uint8_t **p, unsigned nibble)
{
    *p += nibble == 13 ? 1 : nibble == 14 ? 2 : 0;
    return nibble == 13 ? 13u + (*p)[-1] : nibble == 14 ? 269u + number(*p - 2) : nibble;
}

coap_message_t coap_parse_message(uint8_t *data, uint16_t length)
{
    static const http_method_t codes[] = {HTTP_UNKNOWN, HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE};
    coap_message_t message = {.type = (coap_type_t)(data[0] >> 4 & 3), .method = HTTP_UNKNOWN};
    const uint8_t *p = data + 4 + (data[0] & 15), *end = data + length;
    unsigned option = 0;
    if (data[1] == 0 || data[1] > 31)
        return message;
    message.method = data[1] < 5 ? codes[data[1]] : HTTP_UNKNOWN;
    char *uri = message.uri = calloc(1, length + 1u);
    while (p < end && *p != 0xff) {
        unsigned head = *p++, delta = extended(&p, head >> 4), n = extended(&p, head & 15);
        option += delta;
        if (option == 11 || option == 15) {
            *uri++ = option == 11 ? '/' : '?';
            memcpy(uri, p, n);
            uri += n;
        }
        p += n;
    }
    return message;
}

bool coap_is_request(coap_message_t message)
{
    return message.method != HTTP_UNKNOWN;
}

void coap_free_message(coap_message_t message)
{
    free(message.uri);
}

/* DHCP: it goes on until it meets the end. */

dhcp_message_t dhcp_parse_message(uint8_t *data)
{
    dhcp_message_t message = {0};
    memcpy(message.chaddr, data + 28, 16);
    for (const uint8_t *p = data + 240; *p != 255; p += *p == 0 ? 1 : p[1] + 2)
        if (*p == 53)
            message.options.message_type = (dhcp_message_type_t)p[2];
    return message;
}

void dhcp_free_message(dhcp_message_t message)
{
    (void)message;
}

/* IGMP */

igmp_message_t igmp_parse_message(uint8_t *data)
{
    igmp_message_t message = {.version = 2, .type = (igmp_message_type_t)data[0]};
    if (message.type != V3_MEMBERSHIP_REPORT) {
        memcpy(&message.body.v2_message.group_address, data + 4, 4);
        return message;
    }
    igmp_v3_membership_report_t *report = &message.body.v3_membership_report;
    const uint8_t *p = data + 8;
    report->num_groups = (uint16_t)number(data + 6);
    report->groups = malloc(report->num_groups * sizeof *report->groups);
    for (size_t i = 0; i < report->num_groups; i++) {
        memcpy(&report->groups[i].group_address, p + 4, 4);
        p += 8 + 4 * ((size_t)p[1] + number(p + 2));
    }
    return message;
}

void igmp_free_message(igmp_message_t message)
{
    if (message.type == V3_MEMBERSHIP_REPORT)
        free(message.body.v3_membership_report.groups);
}

/* MQTT: texts go where there is room for shorter ones. */

static const uint8_t *read_text(const uint8_t *p, uint16_t *length, char *to)
{
    *length = (uint16_t)number(p);
    memcpy(to, p + 2, *length);
    to[*length] = '\0';
    return p + 2 + *length;
}

mqtt_message_t mqtt_parse_message(uint8_t *data)
{
    mqtt_message_t message = {.packet_type = (mqtt_packet_type_t)(data[0] >> 4)};
    const uint8_t *p = data + 1;
    size_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
        length |= (size_t)(*p & 0x7f) << shift;
        if (*p++ < 0x80)
            break;
    }
    const uint8_t *end = p + length;
    if (message.packet_type == MQTT_CONNECT) {
        message.connect_flags.clean_session = (p[7] & 2) != 0;
        message.keep_alive = (uint16_t)number(p + 8);
        read_text(p + 10, &message.client_id_length, message.client_id);
    } else if (message.packet_type == MQTT_PUBLISH) {
        p = read_text(p, &message.topic_length, message.topic_name);
        p += (data[0] & 6) != 0 ? 2 : 0;
        message.payload_length = (uint16_t)(end - p);
    }
    return message;
}

/* TLS */

tls_message_t tls_parse_message(uint8_t *data)
{
    tls_message_t message = {.content_type = data[0],
                             .tls_version = (tls_version_t)number(data + 1)};
    char session[32];
    message.handshake_type = (tls_handshake_type_t)data[5];
    if (message.content_type == 22 &&
        (data[5] == TLS_CLIENT_HELLO || data[5] == TLS_SERVER_HELLO)) {
        memcpy(session, data + 44, data[43]);
        message.session_id_present = data[43] > 0;
    }
    return message;
}
