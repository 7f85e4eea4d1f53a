/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a packet tells about names (behaviour section 3). */
#include "app/app.h"
#include "app/dns.h"
#include "app/tls.h"
#include "host/names.h"

/* Names on the wire are at most this long (RFC 1035 section 2.3.4). */
#define WIRE_NAME_MAX 255

#define MDNS_PORT 5353

/* Two bytes of each of an SRV record's priority, weight, port (RFC 2782). */
#define SRV_TARGET 6

static struct text text_of_name(const struct dns_name *name)
{
    return (struct text){name->text, name->n};
}

static int learn_address(struct iotsig_names *names, struct dns_record *record, uint8_t version,
                         struct iotsig_error *error)
{
    struct address address = {.version = version};
    cursor_copy(&record->data, address.bytes, version == 4 ? 4 : 16);
    if (record->data.failed || record->data.left > 0) /* not as long as an address */
        return 0;
    return iotsig_names_set_address(names, &address, text_of_name(&record->owner), error);
}

static int learn_record(struct iotsig_names *names, const struct dns_reader *reader,
                        struct dns_record *record, struct iotsig_error *error)
{
    struct text owner = text_of_name(&record->owner);
    struct dns_name target;

    switch (record->type) {
    case DNS_A:
        return learn_address(names, record, 4, error);
    case DNS_AAAA:
        return learn_address(names, record, 6, error);
    case DNS_CNAME:
        if (!iotsig_dns_data_name(reader, record, 0, &target))
            return 0;
        return iotsig_names_set_alias(names, text_of_name(&target), owner, error);
    case DNS_SRV:
        if (!iotsig_dns_data_name(reader, record, SRV_TARGET, &target))
            return 0;
        return iotsig_names_set_alias(names, text_of_name(&target), owner, error);
    case DNS_PTR:
        if (!iotsig_dns_data_name(reader, record, 0, &target))
            return 0;
        return iotsig_names_set_pointer(names, owner, text_of_name(&target), error);
    default:
        return 0;
    }
}

/* Multicast DNS names the devices in their own words: these are not used. */
static int learn_dns(struct iotsig_names *names, const struct packet *packet,
                     struct iotsig_error *error)
{
    struct dns_reader reader;
    struct dns_record record;

    if (app_has_port(packet, IOTSIG_UDP, MDNS_PORT) ||
        !iotsig_dns_start(&reader, iotsig_dns_message(packet)) ||
        !reader.response)
        return 0;
    while (iotsig_dns_next(&reader, &record) == 1) {
        if (record.section != DNS_ANSWER && record.section != DNS_ADDITIONAL)
            continue;
        int status = learn_record(names, &reader, &record, error);
        if (status != 0)
            return status;
    }
    return 0;
}

static int learn_server_name(struct iotsig_names *names, const struct packet *packet,
                             struct iotsig_error *error)
{
    struct bytes name = iotsig_tls_walk(packet->payload).server_name;
    while (name.n > 0 && name.p[name.n - 1] == '.')
        name.n--;
    if (name.n == 0 || name.n > WIRE_NAME_MAX)
        return 0;

    char text[WIRE_NAME_MAX * IOTSIG_ESCAPED_MAX], *end = text;
    struct cursor at = cursor_of(name);
    while (at.left > 0)
        end = iotsig_escape_byte(end, lower(cursor_u8(&at)));
    return iotsig_names_set_address(names, &packet->dst.address,
                                    (struct text){text, (size_t)(end - text)}, error);
}

int iotsig_names_learn(struct iotsig_names *names, const struct packet *packet,
                       struct iotsig_error *error)
{
    int status = iotsig_dns_recognise(packet) ? learn_dns(names, packet, error) : 0;
    if (status == 0 && packet->transport == IOTSIG_TCP && packet->payload.n > 0)
        status = learn_server_name(names, packet, error);
    return status;
}

/* What an IP packet holds at most. */
#define PAYLOAD_MAX 65535

struct packet iotsig_packet_of(const struct iotsig_payload *payload)
{
    size_t n = payload->count < PAYLOAD_MAX ? payload->count : PAYLOAD_MAX;
    struct packet packet = {.transport = (uint8_t)payload->transport,
                            .payload = {payload->bytes, n}};
    packet.src.port = payload->sport;
    packet.dst.port = payload->dport;
    if (payload->dst == NULL || !iotsig_address_parse(payload->dst, &packet.dst.address))
        packet.dst.address = (struct address){0};
    return packet;
}

int iotsig_names_learn_payload(struct iotsig_names *names, const struct iotsig_payload *payload,
                               struct iotsig_error *error)
{
    const struct packet packet = iotsig_packet_of(payload);
    if (!iotsig_dns_recognise(&packet) && packet.dst.address.version == 0)
        return 0; /* a server name would be nobody's */
    return iotsig_names_learn(names, &packet, error);
}
