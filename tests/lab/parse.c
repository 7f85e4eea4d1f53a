/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses packets with the runtime, as generated programs do, and prints what it found: a line for
 * each of the input, which is "PARSER HEX". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coap.h"
#include "dhcp.h"
#include "dns.h"
#include "header.h"
#include "http.h"
#include "igmp.h"
#include "mqtt.h"
#include "packet_utils.h"
#include "ssdp.h"
#include "tls.h"

#define LINE_ROOM 300000

static const char *text(const char *string)
{
    return string == NULL ? "-" : string;
}

static void print_address(ip_addr_t address)
{
    if (address.version == 4) {
        char *string = ipv4_net_to_str(address.value.ipv4);
        printf(" %s", string);
        free(string);
        return;
    }
    printf(" ");
    for (int i = 0; i < 16; i++)
        printf("%02x", address.value.ipv6[i]);
}

static void print_headers(uint8_t *packet)
{
    size_t l3 = get_l3_header_length(packet);
    printf("l3=%zu all=%zu port=%u udp=%u", l3, get_headers_length(packet),
           (unsigned)get_dst_port(packet + l3), (unsigned)get_udp_payload_length(packet + l3));
    ip_addr_t source = {.version = packet[0] >> 4}, target = source;
    if (source.version == 4) {
        source.value.ipv4 = get_ipv4_src_addr(packet);
        target.value.ipv4 = get_ipv4_dst_addr(packet);
    } else {
        memcpy(source.value.ipv6, get_ipv6_src_addr(packet), 16);
        memcpy(target.value.ipv6, get_ipv6_dst_addr(packet), 16);
    }
    print_address(source);
    print_address(target);
}

static void print_dns(uint8_t *packet)
{
    dns_message_t message = dns_parse_message(packet + get_headers_length(packet));
    dns_header_t header = message.header;
    printf("qr=%d questions=%u answers=%u", header.qr, (unsigned)header.qdcount,
           (unsigned)header.ancount);
    for (int i = 0; i < header.qdcount; i++) {
        dns_question_t *question = &message.questions[i];
        printf(" [%s %u %u]", question->qname, (unsigned)question->qtype,
               (unsigned)question->qclass);
        ip_list_t list = dns_get_ip_from_name(message.answers, header.ancount, question->qname);
        for (int j = 0; j < list.ip_count; j++)
            print_address(list.ip_addresses[j]);
        free(list.ip_addresses);
    }
    char suffix[] = ".plug.example", full[] = "api.plug.example";
    printf(" suffix=%d full=%d",
           dns_contains_suffix_domain_name(message.questions, header.qdcount, suffix,
                                           (uint16_t)strlen(suffix)),
           dns_contains_full_domain_name(message.questions, header.qdcount, full));
    dns_free_message(message);
}

static void print_http(uint8_t *packet)
{
    uint8_t *data = packet + get_headers_length(packet);
    uint16_t port = get_dst_port(packet + get_l3_header_length(packet));
    http_message_t message = http_parse_message(data, port);
    printf("http=%d request=%d method=%d uri=%s", is_http(data), message.is_request,
           (int)message.method, text(message.uri));
    http_free_message(message);
}

static void print_coap(uint8_t *packet)
{
    uint16_t length = get_udp_payload_length(packet + get_l3_header_length(packet));
    coap_message_t message = coap_parse_message(packet + get_headers_length(packet), length);
    printf("request=%d type=%d method=%d uri=%s", coap_is_request(message), (int)message.type,
           (int)message.method, text(message.uri));
    coap_free_message(message);
}

static void print_ssdp(uint8_t *packet)
{
    ssdp_message_t message =
        ssdp_parse_message(packet + get_headers_length(packet), get_ipv4_dst_addr(packet));
    printf("request=%d search=%d notify=%d", message.is_request, message.method == SSDP_M_SEARCH,
           message.method == SSDP_NOTIFY);
}

static void print_dhcp(uint8_t *packet)
{
    dhcp_message_t message = dhcp_parse_message(packet + get_headers_length(packet));
    char *client = mac_hex_to_str(message.chaddr);
    printf("type=%d client=%s", (int)message.options.message_type, client);
    free(client);
    dhcp_free_message(message);
}

static void print_igmp(uint8_t *packet)
{
    igmp_message_t message = igmp_parse_message(packet + get_l3_header_length(packet));
    printf("version=%u type=%#x", (unsigned)message.version, (unsigned)message.type);
    if (message.type == V3_MEMBERSHIP_REPORT) {
        for (int i = 0; i < message.body.v3_membership_report.num_groups; i++) {
            uint32_t group = message.body.v3_membership_report.groups[i].group_address;
            print_address((ip_addr_t){.version = 4, .value.ipv4 = group});
        }
    } else {
        uint32_t group = message.body.v2_message.group_address;
        print_address((ip_addr_t){.version = 4, .value.ipv4 = group});
    }
    igmp_free_message(message);
}

static void print_mqtt(uint8_t *packet)
{
    uint8_t *data = packet + get_headers_length(packet);
    mqtt_message_t message = mqtt_parse_message(data);
    printf("mqtt=%d type=%d clean=%d alive=%u id=%u:%s topic=%u:%s payload=%u", is_mqtt(data),
           (int)message.packet_type, message.connect_flags.clean_session,
           (unsigned)message.keep_alive, (unsigned)message.client_id_length, message.client_id,
           (unsigned)message.topic_length, message.topic_name, (unsigned)message.payload_length);
}

static void print_tls(uint8_t *packet)
{
    uint8_t *data = packet + get_headers_length(packet);
    tls_message_t message = tls_parse_message(data);
    printf("tls=%d version=%#x content=%u handshake=%d session=%d", is_tls(data),
           (unsigned)message.tls_version, (unsigned)message.content_type,
           (int)message.handshake_type, message.session_id_present);
}

static const struct {
    const char *name;
    void (*print)(uint8_t *packet);
} parsers[] = {
    {"headers", print_headers}, {"dns", print_dns},   {"http", print_http},
    {"coap", print_coap},       {"ssdp", print_ssdp}, {"dhcp", print_dhcp},
    {"igmp", print_igmp},       {"mqtt", print_mqtt}, {"tls", print_tls},
};

/* The packet gets room of just its size, so that a sanitizer sees who reads behind it. */
static void parse_line(const char *name, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *packet = malloc(n);
    for (size_t i = 0; i < n; i++) {
        unsigned byte;
        sscanf(hex + 2 * i, "%2x", &byte);
        packet[i] = (uint8_t)byte;
    }
    for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++)
        if (strcmp(parsers[i].name, name) == 0)
            parsers[i].print(packet);
    puts("");
    free(packet);
}

int main(void)
{
    static char line[LINE_ROOM], hex[LINE_ROOM];
    char name[16];
    while (fgets(line, sizeof line, stdin) != NULL)
        if (sscanf(line, "%15s %s", name, hex) == 2)
            parse_line(name, hex);
    return 0;
}
