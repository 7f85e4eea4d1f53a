/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flows of a capture: who began, and what they carry. */
#include "base/error.h"
#include "feature/address.h"
#include "feature/collect.h"
#include "flow/services.h"

static struct flow_key key_of(const struct seen *seen)
{
    const struct packet *packet = seen->packet;
    const struct end *src = &packet->src, *dst = &packet->dst;
    struct flow_key key;
    memset(&key, 0, sizeof key);
    int order = address_order(&src->address, &dst->address);
    size_t s = order > 0 || (order == 0 && src->port > dst->port), d = 1 - s;
    key.mac[s] = seen->frame->src_mac;
    key.mac[d] = seen->frame->dst_mac;
    key.address[s] = src->address;
    key.address[d] = dst->address;
    key.port[s] = src->port;
    key.port[d] = dst->port;
    key.transport = packet->transport;
    return key;
}

/* A word of the key that tells most flows apart. */
static size_t slot_of(const struct flow_key *key)
{
    uint32_t a, b;
    memcpy(&a, key->address[0].bytes, sizeof a);
    memcpy(&b, key->address[1].bytes, sizeof b);
    uint32_t mixed = (a * 31 + b) * 0x9e3779b1u + ((uint32_t)key->port[0] << 16 | key->port[1]);
    return (mixed * 0x85ebca6bu) >> 20;
}

static bool is_source(const struct side *side, const struct seen *seen)
{
    return side->port == seen->packet->src.port && side->mac == seen->frame->src_mac &&
           address_equal(&side->address, &seen->packet->src.address);
}

static bool is_target(const struct side *side, const struct seen *seen)
{
    return side->port == seen->packet->dst.port && side->mac == seen->frame->dst_mac &&
           address_equal(&side->address, &seen->packet->dst.address);
}

/* Whether the packet goes to the one who responds, by what can be seen of the first. */
static bool goes_to_server(const struct packet *packet)
{
    uint16_t from = packet->src.port, to = packet->dst.port;
    if (packet->transport == IOTSIG_TCP && (packet->tcp_flags & IOTSIG_TCP_SYN))
        return !(packet->tcp_flags & IOTSIG_TCP_ACK);
    if (address_is_multicast(&packet->dst.address) || address_is_broadcast(&packet->dst.address))
        return true;
    bool known_from = iotsig_service_is_known(packet->transport, from);
    bool known_to = iotsig_service_is_known(packet->transport, to);
    return known_from != known_to ? known_to : to <= from;
}

static struct text known_name(const struct collector *collector, const struct address *address)
{
    char room[IOTSIG_ADDRESS_TEXT];
    struct text name = iotsig_names_host(collector->names, address, room);
    return name.p == room ? (struct text){NULL, 0} : name;
}

void iotsig_flow_begin(struct flow *flow, const struct collector *collector,
                       const struct seen *seen)
{
    const struct packet *packet = seen->packet;
    struct side src = {seen->frame->src_mac, packet->src.address, packet->src.port};
    struct side dst = {seen->frame->dst_mac, packet->dst.address, packet->dst.port};
    bool forward = goes_to_server(packet);
    *flow = (struct flow){
        .client = forward ? src : dst,
        .server = forward ? dst : src,
        .transport = packet->transport,
        .syn = packet->transport == IOTSIG_TCP && (packet->tcp_flags & IOTSIG_TCP_SYN),
        .first = seen->time,
        .name = known_name(collector, forward ? &dst.address : &src.address),
    };
}

static struct flow *new_flow(struct collector *collector, const struct seen *seen)
{
    struct flow *flow = iotsig_arena_get(&collector->arena, sizeof *flow);
    if (flow == NULL)
        return NULL;
    iotsig_flow_begin(flow, collector, seen);
    if (collector->spells && (flow->spells = iotsig_spells_new(&collector->arena)) == NULL)
        return NULL;
    *collector->last_flow = flow;
    collector->last_flow = &flow->next;
    return flow;
}

static int find_flow(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    struct flow_key key = key_of(seen);
    struct flow **cached = &collector->flow_cache[slot_of(&key)];
    bool added;
    if (collector->keeper != NULL) {
        seen->flow = collector->keeper->flow(collector->keeper_user, &key, seen);
        if (seen->flow == NULL)
            return iotsig_fail_memory(error);
        seen->from_client = is_source(&seen->flow->client, seen);
        return 0;
    }
    seen->flow = *cached;
    if (seen->flow != NULL && seen->flow->transport == seen->packet->transport) {
        seen->from_client = is_source(&seen->flow->client, seen);
        const struct flow *flow = seen->flow;
        if (seen->from_client ? is_target(&flow->server, seen)
                              : is_source(&flow->server, seen) && is_target(&flow->client, seen))
            return 0;
    }
    uint64_t *value = iotsig_map_put(&collector->flow_map, &key, sizeof key, 0, &added);
    if (value == NULL)
        return iotsig_fail_memory(error);
    if (*value == 0) {
        struct flow *flow = new_flow(collector, seen);
        if (flow == NULL)
            return iotsig_fail_memory(error);
        *value = (uintptr_t)flow;
    }
    *cached = seen->flow = (struct flow *)(uintptr_t)*value;
    seen->from_client = is_source(&seen->flow->client, seen);
    return added ? iotsig_collector_check(collector, iotsig_map_count(&collector->flow_map), error)
                 : 0;
}

int iotsig_flow_of_packet(struct collector *collector, struct seen *seen,
                          struct iotsig_error *error)
{
    int status = find_flow(collector, seen, error);
    if (status != 0)
        return status;
    struct flow *flow = seen->flow;
    bool *sent = seen->from_client ? &flow->client_sent : &flow->server_sent;
    flow->packets++;
    flow->data |= seen->packet->payload.n > 0;
    if (flow->spells != NULL &&
        !iotsig_spells_add_time(flow->spells, &collector->arena, seen->time))
        return iotsig_fail_memory(error);
    if (*sent || !seen->frame->has_macs)
        return 0;
    *sent = true;
    return iotsig_facts_of_source(collector, seen->frame->src_mac, &seen->packet->src.address,
                                  error);
}
