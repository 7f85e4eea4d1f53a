/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS messages (RFC 1035): questions and resource records, one at a time, from hostile and often
 * cut bytes.
 */
#ifndef IOTSIG_APP_DNS_H
#define IOTSIG_APP_DNS_H

#include "base/text.h"
#include "decode/decode.h"

/** The longest name as text: 255 bytes on the wire, each at most four characters, and a NUL. */
#define DNS_NAME_TEXT 1024

/** The longest name of a type (RFC 3597: "TYPE65535"), with its NUL. */
#define DNS_TYPE_TEXT 16

enum dns_type { DNS_A = 1, DNS_CNAME = 5, DNS_PTR = 12, DNS_AAAA = 28, DNS_SRV = 33 };

enum dns_section { DNS_QUESTION, DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL };

/** A name: lower case, escaped (RFC 1035 section 5.1), labels joined by dots, no final dot. */
struct dns_name {
    size_t n;
    char text[DNS_NAME_TEXT];
};

/** Where in a message the reader is. */
struct dns_reader {
    struct bytes message;
    struct cursor at;
    bool response;
    enum dns_section section;
    uint16_t left[4]; /**< records that each section has still announced */
};

/** A question or a record; `data` is empty for a question. */
struct dns_record {
    enum dns_section section;
    uint16_t type;
    struct dns_name owner;
    struct cursor data; /**< failed from the start when it was cut */
    size_t data_offset; /**< of the data in the message */
};

/** The DNS message of a packet: all of UDP, over TCP what follows the two bytes of length. */
struct bytes iotsig_dns_message(const struct packet *packet);

/** Whether a packet is on a DNS port: 53, or UDP 5353 (mDNS). */
bool iotsig_dns_recognise(const struct packet *packet);

/** False when there is no whole header. */
bool iotsig_dns_start(struct dns_reader *reader, struct bytes message);

/**
 * The next question or record. One whose owner name cannot be read, although its end can be found,
 * is skipped. The last of a cut message is given when its head is whole.
 * @return 1; 0 at the end of what was announced; -1: the rest of the message cannot be read, cut or
 *         so damaged that the next record cannot be found
 */
int iotsig_dns_next(struct dns_reader *reader, struct dns_record *record);

/** The name in the record's data, after `skip` bytes. False when it is not whole. */
bool iotsig_dns_data_name(const struct dns_reader *reader, const struct dns_record *record,
                          size_t skip, struct dns_name *name);

/** The name of a type: "A", "HTTPS", "TYPE4711"; to `to` (DNS_TYPE_TEXT bytes) where made. */
const char *iotsig_dns_type_text(uint16_t type, char *to);

#endif
