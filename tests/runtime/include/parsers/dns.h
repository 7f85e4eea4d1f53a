/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS and mDNS messages (RFC 1035). */
#ifndef RUNTIME_DNS_H
#define RUNTIME_DNS_H

#include "dns_map.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    A = 1,
    NS = 2,
    CNAME = 5,
    SOA = 6,
    PTR = 12,
    MX = 15,
    TXT = 16,
    AAAA = 28,
    SRV = 33,
    OPT = 41,
    ANY = 255
} dns_rr_type_t;

typedef struct {
    bool qr;
    uint16_t qdcount, ancount; /**< what was whole: the lengths of `questions` and `answers` */
} dns_header_t;

typedef struct {
    char *qname; /**< with dots between its labels, none at the end */
    uint16_t qtype, qclass;
} dns_question_t;

/** Only handed on: nothing is promised of what is in it. */
typedef struct dns_resource_record dns_resource_record_t;

typedef struct {
    dns_header_t header;
    dns_question_t *questions;
    dns_resource_record_t *answers;
} dns_message_t;

dns_message_t dns_parse_message(uint8_t *data);

void dns_free_message(dns_message_t message);

/** Whether a question's name ends in the `length` characters of `suffix`, anywhere in a label. */
bool dns_contains_suffix_domain_name(dns_question_t *questions, uint16_t qdcount, char *suffix,
                                     uint16_t length);

/** Whether a question's name is `name`. */
bool dns_contains_full_domain_name(dns_question_t *questions, uint16_t qdcount, char *name);

/** The addresses that answers give a name, by its aliases too. The caller frees them. */
ip_list_t dns_get_ip_from_name(dns_resource_record_t *answers, uint16_t ancount, char *name);

/** Asks a server for the IPv4 addresses of a name. @return 0, or -1 */
int dns_send_query(char *qname, int sockfd, struct sockaddr_in *server);

/** Waits for one message of a server, which the caller frees. @return 0, or -1 and no message */
int dns_receive_response(int sockfd, struct sockaddr_in *server, dns_message_t *message);

#endif
