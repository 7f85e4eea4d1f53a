/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Matching and adding fingerprints (behaviour section 4).
 *
 * A fingerprint that stands for a million connections has a million ports. So a long list keeps a
 * table: the entries of each port chained in order, and each host once, with its port when it
 * has only one. That is all that matching asks of it.
 */
#include "flow/pattern.h"
#include "flow/services.h"

bool iotsig_flow_port_is_fixed(const struct flow *flow, size_t i, bool random_ports)
{
    const struct flow_port *port = &flow->ports[i];
    return iotsig_service_is_known(flow->transport, port->port) ||
           (random_ports && port->count > 1 && port->count == flow->count);
}

static bool hosts_equal(const struct match *match, uint32_t a, uint32_t b)
{
    const struct hosts *hosts = &match->pattern->hosts;
    return a == b || iotsig_host_equal(host_at(hosts, a), host_at(hosts, b), RULE_HOST, match->same);
}

static bool ends_match(const struct match *match, const struct flow *a, const struct flow *b)
{
    return (hosts_equal(match, a->src, b->src) && hosts_equal(match, a->dst, b->dst)) ||
           (hosts_equal(match, a->src, b->dst) && hosts_equal(match, a->dst, b->src));
}

/* Whether the first port of `a` whose host equals this one lets it pass. */
static bool port_matches(const struct match *match, const struct flow *a, struct port_host b)
{
    for (size_t i = 0; i < a->port_count; i++) {
        if (!hosts_equal(match, a->ports[i].host, b.host))
            continue;
        return !iotsig_flow_port_is_fixed(a, i, match->random_ports) ||
               (!b.several && a->ports[i].port == b.port);
    }
    return false;
}

static bool ports_match(const struct match *match, const struct flow *a, const struct flow *b)
{
    if (b->table != NULL) {
        for (size_t i = 0; i < b->table->count; i++)
            if (!port_matches(match, a, b->table->hosts[i]))
                return false;
        return true;
    }
    for (size_t i = 0; i < b->port_count; i++) {
        const struct flow_port *port = &b->ports[i];
        if (!port_matches(match, a, (struct port_host){port->host, port->port, false}))
            return false;
    }
    return true;
}

bool iotsig_flow_matches(const struct match *match, const struct flow *a, const struct flow *b)
{
    return a->network == b->network && a->transport == b->transport && ends_match(match, a, b) &&
           iotsig_layers_equal(&match->pattern->layers, a->layer, b->layer, match->same) &&
           ports_match(match, a, b);
}

/* Enters port `i`, the last of the list, into the table. */
static bool enter(struct iotsig_pattern *pattern, struct flow *flow, uint32_t i)
{
    struct port_table *table = flow->table;
    struct flow_port *entry = &flow->ports[i];
    bool added;

    uint64_t *chain = iotsig_map_put(&table->chains, &entry->port, sizeof entry->port,
                                     (uint64_t)i << 32 | i, &added);
    if (chain == NULL)
        return false;
    entry->next = NO_PORT_ENTRY;
    if (!added) {
        flow->ports[*chain >> 32].next = i;
        *chain = (uint64_t)i << 32 | (uint32_t)*chain;
    }

    uint64_t *known =
        iotsig_map_put(&table->known, &entry->host, sizeof entry->host, table->count, &added);
    if (known == NULL)
        return false;
    if (!added) {
        struct port_host *host = &table->hosts[*known];
        host->several = host->several || host->port != entry->port;
        return true;
    }
    if (!iotsig_array_grow(&pattern->context->allocator, &table->hosts, &table->capacity,
                           table->count + 1, sizeof *table->hosts))
        return false;
    table->hosts[table->count++] = (struct port_host){entry->host, entry->port, false};
    return true;
}

static bool make_table(struct iotsig_pattern *pattern, struct flow *flow)
{
    const struct iotsig_context *context = pattern->context;
    flow->table = iotsig_memory_get(&context->allocator, sizeof *flow->table);
    if (flow->table == NULL)
        return false;
    *flow->table = (struct port_table){0};
    iotsig_map_init(&flow->table->chains, &context->allocator, context->hash_key);
    iotsig_map_init(&flow->table->known, &context->allocator, context->hash_key);
    for (uint32_t i = 0; i < flow->port_count; i++)
        if (!enter(pattern, flow, i))
            return false;
    return true;
}

void iotsig_flow_fini(struct iotsig_pattern *pattern, struct flow *flow)
{
    const struct iotsig_allocator *allocator = &pattern->context->allocator;
    if (flow->table != NULL) {
        iotsig_map_fini(&flow->table->chains);
        iotsig_map_fini(&flow->table->known);
        iotsig_memory_free(allocator, flow->table->hosts);
        iotsig_memory_free(allocator, flow->table);
    }
    iotsig_memory_free(allocator, flow->ports);
}

bool iotsig_flow_append_port(struct iotsig_pattern *pattern, struct flow *flow, uint32_t host,
                             uint16_t port, uint64_t count)
{
    size_t need = flow->port_count == 0 ? 2 : flow->port_count + 1; /* every flow has two ends */
    if (flow->port_count >= NO_PORT_ENTRY ||
        !iotsig_array_grow(&pattern->context->allocator, &flow->ports, &flow->port_capacity, need,
                           sizeof *flow->ports))
        return false;
    flow->ports[flow->port_count++] = (struct flow_port){count, host, port, NO_PORT_ENTRY};
    if (flow->table != NULL)
        return enter(pattern, flow, (uint32_t)(flow->port_count - 1));
    return flow->port_count <= PORTS_SHORT || make_table(pattern, flow);
}

/* The first entry with this port whose host equals, or NULL. */
static struct flow_port *find_port(const struct match *match, struct flow *flow, uint32_t host,
                                   uint16_t port)
{
    if (flow->table != NULL) {
        const uint64_t *chain = iotsig_map_get(&flow->table->chains, &port, sizeof port);
        uint32_t i = chain == NULL ? NO_PORT_ENTRY : (uint32_t)*chain;
        while (i != NO_PORT_ENTRY && !hosts_equal(match, flow->ports[i].host, host))
            i = flow->ports[i].next;
        return i == NO_PORT_ENTRY ? NULL : &flow->ports[i];
    }
    for (size_t i = 0; i < flow->port_count; i++)
        if (flow->ports[i].port == port && hosts_equal(match, flow->ports[i].host, host))
            return &flow->ports[i];
    return NULL;
}

void iotsig_flow_widen(struct flow *to, const struct flow *from)
{
    if (to->first.digits == 0 || (from->first.digits != 0 && from->first.ns < to->first.ns))
        to->first = from->first;
    if (to->last.digits == 0 || (from->last.digits != 0 && from->last.ns > to->last.ns))
        to->last = from->last;
}

/* Sums stay what JSON can hold and a file be read back with. */
static void add_count(uint64_t *to, uint64_t more)
{
    *to = more > INT64_MAX - *to ? INT64_MAX : *to + more;
}

bool iotsig_flow_add(const struct match *match, struct iotsig_pattern *pattern, struct flow *to,
                     const struct flow *from)
{
    for (size_t i = 0; i < from->port_count; i++) {
        const struct flow_port *port = &from->ports[i];
        struct flow_port *entry = find_port(match, to, port->host, port->port);
        if (entry != NULL)
            add_count(&entry->count, port->count);
        else if (!iotsig_flow_append_port(pattern, to, port->host, port->port, port->count))
            return false;
    }
    add_count(&to->count, from->count);
    add_count(&to->packets, from->packets);
    add_count(&to->bytes, from->bytes);
    if (to->layer == NO_LAYER)
        to->layer = from->layer;
    else if (to->layer != from->layer && layer_is_shared(layer_at(&pattern->layers, to->layer)))
        to->layer = iotsig_layers_merge(&pattern->layers, to->layer, from->layer);
    if (to->layer == LAYER_FAILED)
        return false;
    iotsig_flow_widen(to, from);
    return true;
}
