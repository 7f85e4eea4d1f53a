/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flow/rules.h"

#include "app/app.h"
#include "app/tls.h"
#include "base/error.h"
#include "base/words.h"
#include "host/names.h"
#include "iotsig/packet.h"

enum { DHCP_SERVER = 67, DHCP_CLIENT = 68, HTTPS = 443, DHCPV6_CLIENT = 546, DHCPV6_SERVER = 547 };

static const struct word rules[] = {
    {"dhcp", IOTSIG_KEEP_DHCP},           {"router-alert", IOTSIG_KEEP_ROUTER_ALERT},
    {"dhcpv6", IOTSIG_KEEP_DHCPV6},       {"handshake", IOTSIG_KEEP_HANDSHAKE},
    {"ack", IOTSIG_KEEP_ACK},             {"syn", IOTSIG_KEEP_SYN},
};

int iotsig_keep_parse(unsigned *keep, const char *list, struct iotsig_error *error)
{
    if (iotsig_words_parse(list, rules, sizeof rules / sizeof *rules, keep))
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                       "not a list of rules to turn off (use dhcp, router-alert, dhcpv6, "
                       "handshake, ack, syn, with commas)");
}

static bool keep_tcp(const struct packet *packet, const struct iotsig_options *options)
{
    unsigned keep = options->keep;
    if (app_has_port(packet, IOTSIG_TCP, HTTPS) && packet->payload.n > 0) {
        struct tls_summary tls = iotsig_tls_walk(packet->payload);
        if (tls.application_data || tls.server_name_hello ||
            (tls.hello && (options->layers & IOTSIG_LAYER_TLS)))
            return true;
        if (tls.records && !(keep & IOTSIG_KEEP_HANDSHAKE))
            return false;
    }
    if (packet->payload.n == 0 && (packet->tcp_flags & IOTSIG_TCP_ACK) && !(keep & IOTSIG_KEEP_ACK))
        return false;
    return (keep & IOTSIG_KEEP_SYN) ||
           !(packet->tcp_flags & (IOTSIG_TCP_SYN | IOTSIG_TCP_FIN | IOTSIG_TCP_RST));
}

static bool keep_udp(const struct packet *packet, unsigned keep)
{
    if (!(keep & IOTSIG_KEEP_DHCPV6) && (app_has_port(packet, IOTSIG_UDP, DHCPV6_CLIENT) ||
                                         app_has_port(packet, IOTSIG_UDP, DHCPV6_SERVER)))
        return false;
    if (!(keep & IOTSIG_KEEP_DHCP) && (app_has_port(packet, IOTSIG_UDP, DHCP_SERVER) ||
                                       app_has_port(packet, IOTSIG_UDP, DHCP_CLIENT)))
        return false;
    return !packet->router_alert || (keep & IOTSIG_KEEP_ROUTER_ALERT);
}

bool iotsig_rules_keep(const struct packet *packet, const struct iotsig_options *options)
{
    return packet->transport == IOTSIG_TCP ? keep_tcp(packet, options)
                                           : keep_udp(packet, options->keep);
}

bool iotsig_segment_is_kept(const struct iotsig_segment *segment,
                            const struct iotsig_options *options)
{
    static const struct iotsig_options default_options = IOTSIG_OPTIONS_DEFAULT;
    struct packet packet = iotsig_packet_of(&segment->payload);
    packet.tcp_flags = segment->tcp_flags;
    packet.router_alert = segment->router_alert;
    if (packet.transport != IOTSIG_TCP && packet.transport != IOTSIG_UDP)
        return false;
    return iotsig_rules_keep(&packet, options != NULL ? options : &default_options);
}
