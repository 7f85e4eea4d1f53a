/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS-SD over multicast DNS (RFC 6763, RFC 6762), where DNS finds nothing: it goes by the first
 * question, or else answer, and a message of which that cannot be read, cut or damaged, or is not
 * there, has no layer. Here it is the first record of any section whose name can be read.
 */
#include "app/app.h"
#include "app/dns.h"

#define MDNS_PORT 5353

enum { RESPONSE, SERVICE };

static bool recognise(const struct packet *packet)
{
    return app_has_port(packet, IOTSIG_UDP, MDNS_PORT);
}

static bool parse(const struct packet *packet, struct iotsig_layer *layer,
                  struct app_scratch *scratch)
{
    struct dns_reader reader;
    struct dns_record record;
    if (!iotsig_dns_start(&reader, packet->payload) || iotsig_dns_next(&reader, &record) != 1)
        return false;
    app_set_truth(layer, RESPONSE, reader.response);
    return app_set_text(layer, SERVICE, (struct text){record.owner.text, record.owner.n}, scratch);
}

const struct app_protocol iotsig_app_mdns = {
    .name = "DNS-SD",
    .attributes = {{"response", APP_TRUTH, 0}, {"service", APP_NAME, 1}},
    .equality = APP_KNOWN_EQUAL,
    .layer = IOTSIG_LAYER_MDNS,
    .recognise = recognise,
    .parse = parse,
};
