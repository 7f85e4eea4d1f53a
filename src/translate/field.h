/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a policy may say: one row a protocol, one row a field.
 *
 * The rows tell how a field's value is read, what becomes of it in the backward rule, and whether
 * nftables can check it or a program on a queue must.
 */
#ifndef IOTSIG_TRANSLATE_FIELD_H
#define IOTSIG_TRANSLATE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum policy_protocol {
    POLICY_ARP,
    POLICY_IPV4,
    POLICY_IPV6,
    POLICY_TCP,
    POLICY_UDP,
    POLICY_ICMP,
    POLICY_ICMPV6,
    POLICY_IGMP,
    POLICY_DNS,
    POLICY_MDNS,
    POLICY_HTTP,
    POLICY_SSDP,
    POLICY_COAP,
    POLICY_DHCP,
    POLICY_MQTT,
    POLICY_TLS,
    POLICY_PROTOCOLS /**< how many there are */
};

enum field_id {
    FIELD_ARP_TYPE,
    FIELD_ARP_SHA,
    FIELD_ARP_THA,
    FIELD_ARP_SPA,
    FIELD_ARP_TPA,
    FIELD_IPV4_SRC,
    FIELD_IPV4_DST,
    FIELD_IPV6_SRC,
    FIELD_IPV6_DST,
    FIELD_TCP_SRC,
    FIELD_TCP_DST,
    FIELD_UDP_SRC,
    FIELD_UDP_DST,
    FIELD_ICMP_TYPE,
    FIELD_ICMPV6_TYPE,
    FIELD_IGMP_VERSION,
    FIELD_IGMP_TYPE,
    FIELD_IGMP_GROUP,
    FIELD_DNS_RESPONSE,
    FIELD_DNS_QTYPE,
    FIELD_DNS_NAME,
    FIELD_MDNS_RESPONSE,
    FIELD_MDNS_QTYPE,
    FIELD_MDNS_NAME,
    FIELD_HTTP_RESPONSE,
    FIELD_HTTP_METHOD,
    FIELD_HTTP_URI,
    FIELD_SSDP_RESPONSE,
    FIELD_SSDP_METHOD,
    FIELD_COAP_RESPONSE,
    FIELD_COAP_TYPE,
    FIELD_COAP_METHOD,
    FIELD_COAP_URI,
    FIELD_DHCP_TYPE,
    FIELD_DHCP_CLIENT_MAC,
    FIELD_MQTT_PACKET_TYPE,
    FIELD_MQTT_CLIENT_ID,
    FIELD_MQTT_CLIENT_ID_LENGTH,
    FIELD_MQTT_CLEAN_SESSION,
    FIELD_MQTT_KEEP_ALIVE,
    FIELD_MQTT_TOPIC_NAME,
    FIELD_MQTT_PAYLOAD_LENGTH,
    FIELD_TLS_CONTENT_TYPE,
    FIELD_TLS_HANDSHAKE_TYPE,
    FIELD_TLS_VERSION,
    FIELD_TLS_SESSION_ID,
    FIELD_COUNT
};

/** How a value is written, and what is kept of it. */
enum field_kind {
    KIND_HOST,   /**< an address, a network, a host word, a name: ranges and texts */
    KIND_GROUP,  /**< an address, a network or a host word: ranges */
    KIND_MAC,    /**< a hardware address: a number of 48 bits */
    KIND_NUMBER, /**< N or N-M, to `max` */
    KIND_WORD,   /**< a word of `words`, or its number to `max` */
    KIND_METHOD, /**< a word of `words`, which is kept as a text */
    KIND_TRUTH,  /**< 0 or 1 */
    KIND_NAME,   /**< a domain name; `$x`, `*.x`: names that end so */
    KIND_URI,    /**< a text; a final `*` or `$`: what begins so */
    KIND_TEXT    /**< a text of at most `max` bytes */
};

/** What a field is in the backward rule. */
enum field_backward {
    BACKWARD_SAME,
    BACKWARD_SWAP,   /**< the field `opposite` has the value */
    BACKWARD_FLIP,   /**< a request becomes its reply, and a reply its request */
    BACKWARD_NEGATE, /**< the opposite */
    BACKWARD_DROP    /**< it is not checked */
};

struct field_word {
    const char *word; /**< as nftables has it, or the standard; a profile may have it in any case */
    uint32_t number;
    uint32_t reply; /**< the number of what answers it, or which it answers; else `number` */
};

struct policy_field {
    enum field_id id;
    enum policy_protocol protocol;
    const char *name, *alias; /**< `alias`: as in old profiles, or NULL */
    enum field_kind kind;
    enum field_backward backward;
    enum field_id opposite;         /**< of BACKWARD_SWAP */
    const struct field_word *words; /**< ends at a NULL word; or NULL */
    uint64_t max;
};

struct policy_protocol_row {
    const char *name;
    unsigned over;     /**< bits of the protocols that carry it; 0: none needs to be named */
    unsigned excludes; /**< bits of those that no packet has with it */
    bool queued;       /**< a program on a queue checks its fields */
    /** Of an application that is not known by its contents alone: where it is looked for when a
     * policy names no port. 0: no more of them. */
    uint16_t ports[2];
};

/** Indexed by their numbers. */
extern const struct policy_protocol_row policy_protocols[POLICY_PROTOCOLS];
extern const struct policy_field policy_fields[FIELD_COUNT];

#define PROTOCOL_BIT(protocol) (1u << (protocol))

/** The protocol of a name; POLICY_PROTOCOLS when there is none. */
enum policy_protocol iotsig_protocol_find(const char *name);

/** The field of a protocol by its name or alias, in any spelling of `-` and `_`; NULL: none. */
const struct policy_field *iotsig_field_find(enum policy_protocol protocol, const char *name);

/** The word for a number of a field; NULL when it has none. */
const struct field_word *iotsig_field_word(const struct policy_field *field, uint64_t number);

/** The number of a word in any case, with `-`, `_` or spaces between; false: there is none. */
bool iotsig_field_number(const struct policy_field *field, const char *word, uint64_t *number);

/** Whether two words are the same in any case, with `-`, `_` or spaces between. */
bool iotsig_field_is_word(const char *a, const char *b);

#endif
