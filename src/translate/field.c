/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "translate/field.h"

#include "base/text.h"

#define BIT    PROTOCOL_BIT
#define IP_ANY (BIT(POLICY_IPV4) | BIT(POLICY_IPV6))
#define TRANSPORTS                                                                                 \
    (BIT(POLICY_TCP) | BIT(POLICY_UDP) | BIT(POLICY_ICMP) | BIT(POLICY_ICMPV6) | BIT(POLICY_IGMP))
#define APPLICATIONS                                                                               \
    (BIT(POLICY_DNS) | BIT(POLICY_MDNS) | BIT(POLICY_HTTP) | BIT(POLICY_SSDP) | BIT(POLICY_COAP) | \
     BIT(POLICY_DHCP) | BIT(POLICY_MQTT) | BIT(POLICY_TLS))
#define ALL_BUT(protocol, set) ((set) & ~BIT(protocol))
/* An application excludes the others, and what carries no application. */
#define APPLICATION(protocol)                                                                      \
    (ALL_BUT(protocol, APPLICATIONS) | BIT(POLICY_ARP) | BIT(POLICY_ICMP) | BIT(POLICY_ICMPV6) |   \
     BIT(POLICY_IGMP))

/* clang-format off */
const struct policy_protocol_row policy_protocols[POLICY_PROTOCOLS] = {
    [POLICY_ARP]    = {"arp", 0, IP_ANY | TRANSPORTS | APPLICATIONS, false, {0}},
    [POLICY_IPV4]   = {"ipv4", 0, BIT(POLICY_ARP) | BIT(POLICY_IPV6) | BIT(POLICY_ICMPV6), false, {0}},
    [POLICY_IPV6]   = {"ipv6", 0, BIT(POLICY_ARP) | BIT(POLICY_IPV4) | BIT(POLICY_ICMP) | BIT(POLICY_IGMP) | BIT(POLICY_DHCP), false, {0}},
    [POLICY_TCP]    = {"tcp", 0, BIT(POLICY_ARP) | ALL_BUT(POLICY_TCP, TRANSPORTS), false, {0}},
    [POLICY_UDP]    = {"udp", 0, BIT(POLICY_ARP) | ALL_BUT(POLICY_UDP, TRANSPORTS), false, {0}},
    [POLICY_ICMP]   = {"icmp", 0, BIT(POLICY_ARP) | BIT(POLICY_IPV6) | ALL_BUT(POLICY_ICMP, TRANSPORTS) | APPLICATIONS, false, {0}},
    [POLICY_ICMPV6] = {"icmpv6", 0, BIT(POLICY_ARP) | BIT(POLICY_IPV4) | ALL_BUT(POLICY_ICMPV6, TRANSPORTS) | APPLICATIONS, false, {0}},
    [POLICY_IGMP]   = {"igmp", 0, BIT(POLICY_ARP) | BIT(POLICY_IPV6) | ALL_BUT(POLICY_IGMP, TRANSPORTS) | APPLICATIONS, true, {0}},
    [POLICY_DNS]    = {"dns", BIT(POLICY_UDP) | BIT(POLICY_TCP), APPLICATION(POLICY_DNS), true, {53}},
    [POLICY_MDNS]   = {"mdns", BIT(POLICY_UDP), APPLICATION(POLICY_MDNS) | BIT(POLICY_TCP), true, {5353}},
    [POLICY_HTTP]   = {"http", BIT(POLICY_TCP), APPLICATION(POLICY_HTTP) | BIT(POLICY_UDP), true, {0}},
    [POLICY_SSDP]   = {"ssdp", BIT(POLICY_UDP), APPLICATION(POLICY_SSDP) | BIT(POLICY_TCP), true, {1900}},
    [POLICY_COAP]   = {"coap", BIT(POLICY_UDP), APPLICATION(POLICY_COAP) | BIT(POLICY_TCP), true, {5683}},
    [POLICY_DHCP]   = {"dhcp", BIT(POLICY_UDP), APPLICATION(POLICY_DHCP) | BIT(POLICY_TCP) | BIT(POLICY_IPV6), true, {67, 68}},
    [POLICY_MQTT]   = {"mqtt", BIT(POLICY_TCP), APPLICATION(POLICY_MQTT) | BIT(POLICY_UDP), true, {1883}},
    [POLICY_TLS]    = {"tls", BIT(POLICY_TCP), APPLICATION(POLICY_TLS) | BIT(POLICY_UDP), true, {0}},
};

static const struct field_word arp_types[] = {{"request", 1, 2}, {"reply", 2, 1}, {NULL, 0, 0}};

static const struct field_word icmp_types[] = {
    {"echo-reply", 0, 8}, {"destination-unreachable", 3, 3}, {"source-quench", 4, 4}, {"redirect", 5, 5}, {"echo-request", 8, 0},
    {"router-advertisement", 9, 10}, {"router-solicitation", 10, 9}, {"time-exceeded", 11, 11}, {"parameter-problem", 12, 12},
    {"timestamp-request", 13, 14}, {"timestamp-reply", 14, 13}, {"info-request", 15, 16}, {"info-reply", 16, 15},
    {"address-mask-request", 17, 18}, {"address-mask-reply", 18, 17}, {NULL, 0, 0}};

static const struct field_word icmpv6_types[] = {
    {"destination-unreachable", 1, 1}, {"packet-too-big", 2, 2}, {"time-exceeded", 3, 3}, {"parameter-problem", 4, 4},
    {"echo-request", 128, 129}, {"echo-reply", 129, 128}, {"mld-listener-query", 130, 130}, {"mld-listener-report", 131, 131},
    {"mld-listener-done", 132, 132}, {"nd-router-solicit", 133, 134}, {"nd-router-advert", 134, 133},
    {"nd-neighbor-solicit", 135, 136}, {"nd-neighbor-advert", 136, 135}, {"nd-redirect", 137, 137},
    {"router-renumbering", 138, 138}, {"ind-neighbor-solicit", 141, 142}, {"ind-neighbor-advert", 142, 141},
    {"mld2-listener-report", 143, 143}, {NULL, 0, 0}};

/* RFC 3376 section 4, RFC 2236 section 2.1 */
static const struct field_word igmp_types[] = {
    {"membership-query", 0x11, 0x11}, {"v1-membership-report", 0x12, 0x12}, {"v2-membership-report", 0x16, 0x16},
    {"leave-group", 0x17, 0x17}, {"v3-membership-report", 0x22, 0x22}, {NULL, 0, 0}};

/* IANA, DNS resource record types */
static const struct field_word dns_types[] = {
    {"A", 1, 1}, {"NS", 2, 2}, {"CNAME", 5, 5}, {"SOA", 6, 6}, {"PTR", 12, 12}, {"HINFO", 13, 13}, {"MX", 15, 15}, {"TXT", 16, 16},
    {"AAAA", 28, 28}, {"SRV", 33, 33}, {"NAPTR", 35, 35}, {"OPT", 41, 41}, {"DS", 43, 43}, {"RRSIG", 46, 46}, {"NSEC", 47, 47},
    {"DNSKEY", 48, 48}, {"NSEC3", 50, 50}, {"TLSA", 52, 52}, {"SVCB", 64, 64}, {"HTTPS", 65, 65}, {"ANY", 255, 255}, {"ALL", 255, 255},
    {"CAA", 257, 257}, {NULL, 0, 0}};

/* RFC 9110 section 9, RFC 5789 */
static const struct field_word http_methods[] = {
    {"GET", 0, 0}, {"HEAD", 0, 0}, {"POST", 0, 0}, {"PUT", 0, 0}, {"DELETE", 0, 0}, {"CONNECT", 0, 0}, {"OPTIONS", 0, 0},
    {"TRACE", 0, 0}, {"PATCH", 0, 0}, {NULL, 0, 0}};

static const struct field_word ssdp_methods[] = {{"M-SEARCH", 0, 0}, {"NOTIFY", 0, 0}, {NULL, 0, 0}};

/* RFC 7252 sections 3 and 12.1.1 */
static const struct field_word coap_types[] = {{"con", 0, 0}, {"non", 1, 1}, {"ack", 2, 2}, {"rst", 3, 3}, {NULL, 0, 0}};
static const struct field_word coap_methods[] = {{"GET", 0, 0}, {"POST", 0, 0}, {"PUT", 0, 0}, {"DELETE", 0, 0}, {NULL, 0, 0}};

/* RFC 2132 section 9.6 */
static const struct field_word dhcp_types[] = {
    {"discover", 1, 1}, {"offer", 2, 2}, {"request", 3, 3}, {"decline", 4, 4}, {"ack", 5, 5}, {"nak", 6, 6}, {"release", 7, 7},
    {"inform", 8, 8}, {NULL, 0, 0}};

/* MQTT 5.0 section 2.1.2 */
static const struct field_word mqtt_types[] = {
    {"connect", 1, 1}, {"connack", 2, 2}, {"publish", 3, 3}, {"puback", 4, 4}, {"pubrec", 5, 5}, {"pubrel", 6, 6}, {"pubcomp", 7, 7},
    {"subscribe", 8, 8}, {"suback", 9, 9}, {"unsubscribe", 10, 10}, {"unsuback", 11, 11}, {"pingreq", 12, 12}, {"pingresp", 13, 13},
    {"disconnect", 14, 14}, {"auth", 15, 15}, {NULL, 0, 0}};

/* RFC 8446 sections 5.1 and 4, RFC 5246 section 7.4 */
static const struct field_word tls_contents[] = {
    {"change-cipher-spec", 20, 20}, {"alert", 21, 21}, {"handshake", 22, 22}, {"application-data", 23, 23}, {"heartbeat", 24, 24}, {NULL, 0, 0}};
static const struct field_word tls_handshakes[] = {
    {"hello-request", 0, 0}, {"client-hello", 1, 1}, {"server-hello", 2, 2}, {"new-session-ticket", 4, 4}, {"encrypted-extensions", 8, 8},
    {"certificate", 11, 11}, {"server-key-exchange", 12, 12}, {"certificate-request", 13, 13}, {"server-hello-done", 14, 14},
    {"certificate-verify", 15, 15}, {"client-key-exchange", 16, 16}, {"finished", 20, 20}, {NULL, 0, 0}};
static const struct field_word tls_versions[] = {
    {"1.0", 0x0301, 0x0301}, {"1.1", 0x0302, 0x0302}, {"1.2", 0x0303, 0x0303}, {"1.3", 0x0304, 0x0304}, {"ssl-3.0", 0x0300, 0x0300},
    {"tls-1.0", 0x0301, 0x0301}, {"tls-1.1", 0x0302, 0x0302}, {"tls-1.2", 0x0303, 0x0303}, {"tls-1.3", 0x0304, 0x0304}, {NULL, 0, 0}};

#define ROW(id, protocol, name, alias, kind, backward, words, max) \
    [FIELD_##id] = {FIELD_##id, POLICY_##protocol, name, alias, KIND_##kind, BACKWARD_##backward, FIELD_##id, words, max}
#define SWAP(id, protocol, name, alias, kind, other, max) \
    [FIELD_##id] = {FIELD_##id, POLICY_##protocol, name, alias, KIND_##kind, BACKWARD_SWAP, FIELD_##other, NULL, max}

const struct policy_field policy_fields[FIELD_COUNT] = {
    ROW(ARP_TYPE, ARP, "type", "operation", WORD, FLIP, arp_types, UINT16_MAX),
    SWAP(ARP_SHA, ARP, "sha", NULL, MAC, ARP_THA, 0),
    SWAP(ARP_THA, ARP, "tha", NULL, MAC, ARP_SHA, 0),
    SWAP(ARP_SPA, ARP, "spa", NULL, GROUP, ARP_TPA, 0),
    SWAP(ARP_TPA, ARP, "tpa", NULL, GROUP, ARP_SPA, 0),
    SWAP(IPV4_SRC, IPV4, "src", NULL, HOST, IPV4_DST, 0),
    SWAP(IPV4_DST, IPV4, "dst", NULL, HOST, IPV4_SRC, 0),
    SWAP(IPV6_SRC, IPV6, "src", NULL, HOST, IPV6_DST, 0),
    SWAP(IPV6_DST, IPV6, "dst", NULL, HOST, IPV6_SRC, 0),
    SWAP(TCP_SRC, TCP, "src-port", NULL, NUMBER, TCP_DST, UINT16_MAX),
    SWAP(TCP_DST, TCP, "dst-port", NULL, NUMBER, TCP_SRC, UINT16_MAX),
    SWAP(UDP_SRC, UDP, "src-port", NULL, NUMBER, UDP_DST, UINT16_MAX),
    SWAP(UDP_DST, UDP, "dst-port", NULL, NUMBER, UDP_SRC, UINT16_MAX),
    ROW(ICMP_TYPE, ICMP, "type", NULL, WORD, FLIP, icmp_types, UINT8_MAX),
    ROW(ICMPV6_TYPE, ICMPV6, "type", NULL, WORD, FLIP, icmpv6_types, UINT8_MAX),
    ROW(IGMP_VERSION, IGMP, "version", NULL, NUMBER, SAME, NULL, UINT8_MAX),
    ROW(IGMP_TYPE, IGMP, "type", NULL, WORD, SAME, igmp_types, UINT8_MAX),
    ROW(IGMP_GROUP, IGMP, "group", NULL, GROUP, SAME, NULL, 0),
    ROW(DNS_RESPONSE, DNS, "response", NULL, TRUTH, NEGATE, NULL, 0),
    ROW(DNS_QTYPE, DNS, "qtype", NULL, WORD, SAME, dns_types, UINT16_MAX),
    ROW(DNS_NAME, DNS, "domain-name", NULL, NAME, SAME, NULL, 0),
    ROW(MDNS_RESPONSE, MDNS, "response", NULL, TRUTH, NEGATE, NULL, 0),
    ROW(MDNS_QTYPE, MDNS, "qtype", NULL, WORD, SAME, dns_types, UINT16_MAX),
    ROW(MDNS_NAME, MDNS, "domain-name", NULL, NAME, SAME, NULL, 0),
    ROW(HTTP_RESPONSE, HTTP, "response", NULL, TRUTH, NEGATE, NULL, 0),
    ROW(HTTP_METHOD, HTTP, "method", NULL, METHOD, DROP, http_methods, 0),
    ROW(HTTP_URI, HTTP, "uri", NULL, URI, DROP, NULL, 4096),
    ROW(SSDP_RESPONSE, SSDP, "response", NULL, TRUTH, NEGATE, NULL, 0),
    ROW(SSDP_METHOD, SSDP, "method", "type", METHOD, DROP, ssdp_methods, 0),
    ROW(COAP_RESPONSE, COAP, "response", NULL, TRUTH, NEGATE, NULL, 0),
    ROW(COAP_TYPE, COAP, "type", NULL, WORD, DROP, coap_types, 3),
    ROW(COAP_METHOD, COAP, "method", "code", METHOD, DROP, coap_methods, 0),
    ROW(COAP_URI, COAP, "uri", NULL, URI, DROP, NULL, 4096),
    ROW(DHCP_TYPE, DHCP, "type", "message-type", WORD, DROP, dhcp_types, UINT8_MAX),
    ROW(DHCP_CLIENT_MAC, DHCP, "client-mac", NULL, MAC, SAME, NULL, 0),
    ROW(MQTT_PACKET_TYPE, MQTT, "packet-type", "type", WORD, DROP, mqtt_types, 15),
    ROW(MQTT_CLIENT_ID, MQTT, "client-id", NULL, TEXT, DROP, NULL, 127),
    ROW(MQTT_CLIENT_ID_LENGTH, MQTT, "client-id-length", NULL, NUMBER, DROP, NULL, UINT16_MAX),
    ROW(MQTT_CLEAN_SESSION, MQTT, "clean-session", NULL, TRUTH, DROP, NULL, 0),
    ROW(MQTT_KEEP_ALIVE, MQTT, "keep-alive", NULL, NUMBER, DROP, NULL, UINT16_MAX),
    ROW(MQTT_TOPIC_NAME, MQTT, "topic-name", "topic", TEXT, DROP, NULL, 255),
    ROW(MQTT_PAYLOAD_LENGTH, MQTT, "payload-length", NULL, NUMBER, DROP, NULL, UINT16_MAX),
    ROW(TLS_CONTENT_TYPE, TLS, "content-type", NULL, WORD, SAME, tls_contents, UINT8_MAX),
    ROW(TLS_HANDSHAKE_TYPE, TLS, "handshake-type", NULL, WORD, DROP, tls_handshakes, UINT8_MAX),
    ROW(TLS_VERSION, TLS, "tls-version", "version", WORD, SAME, tls_versions, UINT16_MAX),
    ROW(TLS_SESSION_ID, TLS, "session-id", NULL, TRUTH, DROP, NULL, 0),
};
/* clang-format on */

/* Letters in lower case, and what stands between words as a hyphen. */
static uint8_t spelled(char c)
{
    return c == '_' || c == ' ' ? (uint8_t)'-' : lower((uint8_t)c);
}

bool iotsig_field_is_word(const char *a, const char *b)
{
    for (; *a != '\0' || *b != '\0'; a++, b++)
        if (spelled(*a) != spelled(*b))
            return false;
    return true;
}

enum policy_protocol iotsig_protocol_find(const char *name)
{
    for (unsigned i = 0; i < POLICY_PROTOCOLS; i++)
        if (strcmp(policy_protocols[i].name, name) == 0)
            return (enum policy_protocol)i;
    return POLICY_PROTOCOLS;
}

const struct policy_field *iotsig_field_find(enum policy_protocol protocol, const char *name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct policy_field *field = &policy_fields[i];
        if (field->protocol == protocol &&
            (iotsig_field_is_word(field->name, name) ||
             (field->alias != NULL && iotsig_field_is_word(field->alias, name))))
            return field;
    }
    return NULL;
}

const struct field_word *iotsig_field_word(const struct policy_field *field, uint64_t number)
{
    for (const struct field_word *word = field->words; word != NULL && word->word != NULL; word++)
        if (word->number == number)
            return word;
    return NULL;
}

bool iotsig_field_number(const struct policy_field *field, const char *word, uint64_t *number)
{
    for (const struct field_word *known = field->words; known != NULL && known->word != NULL;
         known++)
        if (iotsig_field_is_word(known->word, word)) {
            *number = known->number;
            return true;
        }
    return false;
}
