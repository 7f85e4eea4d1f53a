/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the device sees the others. */
#include "feature/address.h"
#include "feature/family.h"
#include "flow/services.h"

/* A port from here on, unless it is a service's, is one that a system gave (RFC 6056 section 2.1).
 */
#define EPHEMERAL 32768

#define MAC_BROADCAST UINT64_C(0xffffffffffff)

bool iotsig_view_is_self(const struct view *view, uint64_t mac, const struct address *address)
{
    return view->own.has_mac ? mac == view->own.mac : iotsig_own_has(&view->own, address);
}

const char *iotsig_view_way(const struct view *view, const struct raw *raw)
{
    if (iotsig_view_is_self(view, raw->src_mac, &raw->src))
        return "out";
    return iotsig_view_is_self(view, raw->dst_mac, &raw->dst) ? "in" : NULL;
}

/* An IPv6 router is known to its network by a link-local address. */
static bool is_gateway(const struct view *view, uint64_t mac, const struct address *address)
{
    if (!view->has_gateway)
        return false;
    return address_equal(address, &view->gateway) ||
           (view->gateway_mac != 0 && mac == view->gateway_mac && address->version == 6 &&
            address_is_local(address));
}

static bool is_local(const struct view *view, const struct address *address)
{
    for (size_t i = 0; i < view->own.count; i++)
        if (address_is_near(&view->own.addresses[i], address))
            return true;
    return address_is_local(address);
}

static void put_address(struct line *line, const struct address *address)
{
    char text[IOTSIG_ADDRESS_TEXT];
    line_text(line, (struct text){text, (size_t)(iotsig_address_write(text, address) - text)});
}

void iotsig_view_peer(const struct view *view, uint64_t mac, const struct address *address,
                      struct text name, struct line *line)
{
    char room[IOTSIG_ADDRESS_TEXT];
    if (iotsig_own_has(&view->own, address)) {
        line_string(line, "self");
    } else if (is_gateway(view, mac, address)) {
        line_string(line, "gateway");
    } else if (address_is_broadcast(address) || (mac == MAC_BROADCAST && address->version == 4)) {
        line_string(line, "broadcast");
    } else if (address_is_solicited_node(address)) {
        line_string(line, "solicited-node");
    } else if (address_is_multicast(address)) {
        put_address(line, address);
    } else if (is_local(view, address)) {
        line_string(line, "local");
    } else {
        if (name.p == NULL)
            name = iotsig_names_host(view->collector->names, address, room);
        if (name.p == room)
            line_text(line, name);
        else
            iotsig_replace_name(line, &view->own, name);
    }
}

/* One that somebody's system chose; not that of a service elsewhere, to which the device connects.
 */
static bool is_ephemeral(const struct view *view, const struct flow *flow, bool out)
{
    return flow->server.port >= EPHEMERAL &&
           !iotsig_service_is_known(flow->transport, flow->server.port) &&
           !(flow->syn && out && !is_local(view, &flow->server.address));
}

bool iotsig_view_flow(const struct view *view, const struct flow *flow, struct line *line)
{
    bool out = iotsig_view_is_self(view, flow->client.mac, &flow->client.address);
    if (!out && !iotsig_view_is_self(view, flow->server.mac, &flow->server.address))
        return false;
    const struct side *peer = out ? &flow->server : &flow->client;
    line_string(line, out ? "out " : "in ");
    line_string(line, flow->transport == IOTSIG_TCP ? "tcp " : "udp ");
    iotsig_view_peer(view, peer->mac, &peer->address, out ? flow->name : (struct text){NULL, 0},
                     line);
    line_string(line, " ");
    if (is_ephemeral(view, flow, out))
        line_string(line, "*");
    else
        line_number(line, flow->server.port);
    return true;
}
