/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What frames tell about the hardware addresses of a capture. */
#include "app/app.h"
#include "base/error.h"
#include "feature/address.h"
#include "feature/collect.h"
#include "feature/dhcp.h"

#define ETHER_EAPOL 0x888e

/* IEEE 802.1X-2010 section 11.3, and 11.9 for keys: who authenticates asks for an answer. */
static bool is_from_supplicant(const struct frame *frame)
{
    enum { EAP = 0, START = 1, KEY = 3, RESPONSE = 2, ACK = 0x80 };
    struct cursor at = cursor_of(frame->body);
    cursor_skip(&at, 1);
    uint8_t type = cursor_u8(&at);
    cursor_skip(&at, 2);
    uint8_t code = cursor_u8(&at);
    if (type == EAP)
        return code == RESPONSE;
    return type == START || (type == KEY && !(cursor_u16(&at) & ACK) && !at.failed);
}

static int take_arp(struct collector *collector, const struct seen *seen, struct host *host,
                    struct iotsig_error *error)
{
    const struct arp *arp = &seen->frame->arp;
    bool unset = address_is_unset(&arp->spa);
    bool self = address_equal(&arp->spa, &arp->tpa);
    if (arp->sha != host->mac)
        return 0;
    host->announced |= (unset && arp->operation == 1 && !self) || (self && !unset);
    int status = 0;
    if (!unset)
        status = iotsig_collector_tie(collector, TIE_OWN, host->mac, &arp->spa, error);
    if (status == 0 && arp->operation == 1 && !self && !unset)
        status = iotsig_collector_tie(collector, TIE_ASKED, host->mac, &arp->tpa, error);
    return status;
}

static int take_dhcp(struct collector *collector, const struct seen *seen, struct host *source,
                     struct iotsig_error *error)
{
    struct dhcp dhcp;
    if (!iotsig_dhcp_read(seen->packet, &dhcp))
        return 0;
    source->dhcp_server |= dhcp.reply;
    if (!dhcp.has_client || dhcp.client == 0 || (!dhcp.reply && dhcp.client != source->mac))
        return 0;
    struct host *client = iotsig_collector_host(collector, dhcp.client);
    if (client == NULL)
        return iotsig_fail_memory(error);
    client->dhcp_client = true;
    if (dhcp.reply && dhcp.has_router) {
        client->has_router = true;
        client->router = dhcp.router;
    }
    return 0;
}

int iotsig_facts_of_frame(struct collector *collector, const struct seen *seen,
                          struct iotsig_error *error)
{
    const struct frame *frame = seen->frame;
    const struct packet *packet = seen->packet;
    if (!frame->has_macs)
        return 0;
    collector->has_macs = true;
    struct host *source = iotsig_collector_host(collector, frame->src_mac);
    struct host *target = iotsig_collector_host(collector, frame->dst_mac);
    if (source == NULL || target == NULL)
        return iotsig_fail_memory(error);
    source->frames++;
    if (frame->ether_type == ETHER_EAPOL) {
        bool supplicant = is_from_supplicant(frame);
        (supplicant ? source : target)->supplicant = true;
    }
    if (frame->has_arp)
        return take_arp(collector, seen, source, error);
    if (packet->transport == IOTSIG_TCP && (packet->tcp_flags & IOTSIG_TCP_SYN) &&
        (packet->tcp_flags & IOTSIG_TCP_ACK) && address_is_local(&packet->dst.address))
        source->answered = true;
    if (packet->transport == IOTSIG_UDP && iotsig_dhcp_recognise(packet))
        return take_dhcp(collector, seen, source, error);
    return 0;
}

/* A network gives its hosts global IPv6 addresses, of one prefix after the other; only of a router
 * they have several at a time. */
static void see_source(struct host *host, const struct address *address)
{
    uint64_t prefix;
    memcpy(&prefix, address->bytes, sizeof prefix);
    if (!address_is_global(address))
        return;
    host->public_source |= address->version == 4 || (host->has_prefix && host->prefix != prefix);
    if (address->version == 6) {
        host->has_prefix = true;
        host->prefix = prefix;
    }
}

int iotsig_facts_of_source(struct collector *collector, uint64_t mac, const struct address *address,
                           struct iotsig_error *error)
{
    struct host *host = iotsig_collector_host(collector, mac);
    if (host == NULL)
        return iotsig_fail_memory(error);
    see_source(host, address);
    if (address_is_unset(address))
        return 0;
    return iotsig_collector_tie(collector, TIE_OWN, mac, address, error);
}
