/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies of flows from one pattern to another, whose hosts and layers have other numbers. */
#include "flow/pattern.h"

/* A list of flows this long is worth a table of the numbers. */
#define TABLE_FROM 16

struct import {
    struct iotsig_pattern *to;
    const struct iotsig_pattern *from;
    uint32_t *hosts; /* NO_HOST: not looked up yet; NULL: no table */
};

static uint32_t import_host(const struct import *import, uint32_t number)
{
    uint32_t local = NO_HOST;
    uint32_t *known = import->hosts == NULL ? &local : &import->hosts[number];
    if (*known == NO_HOST)
        *known = iotsig_hosts_add(&import->to->hosts, host_at(&import->from->hosts, number)->name.text);
    return *known;
}

static bool import_ports(const struct import *import, struct flow *to, const struct flow *from)
{
    for (size_t i = 0; i < from->port_count; i++) {
        const struct flow_port *port = &from->ports[i];
        uint32_t host = import_host(import, port->host);
        if (host == NO_HOST ||
            !iotsig_flow_append_port(import->to, to, host, port->port, port->count))
            return false;
    }
    return true;
}

static bool import_flow(const struct import *import, const struct flow *flow)
{
    struct flow copy = *flow;
    copy.src = import_host(import, flow->src);
    copy.dst = import_host(import, flow->dst);
    if (copy.src == NO_HOST || copy.dst == NO_HOST)
        return false;
    if (flow->layer != NO_LAYER) {
        copy.layer = iotsig_layers_add(&import->to->layers,
                                       &layer_at(&import->from->layers, flow->layer)->layer);
        if (copy.layer == LAYER_FAILED)
            return false;
    }
    struct flow *added = iotsig_pattern_append(import->to, &copy);
    return added != NULL && import_ports(import, added, flow);
}

bool iotsig_pattern_import(struct iotsig_pattern *pattern, const struct iotsig_pattern *from,
                           const struct flow *flows, size_t count)
{
    const struct iotsig_allocator *allocator = &pattern->context->allocator;
    struct import import = {pattern, from, NULL};
    bool done = true;
    if (count >= TABLE_FROM) {
        size_t hosts = from->hosts.strings.count;
        import.hosts = iotsig_memory_get(allocator, hosts * sizeof *import.hosts);
        if (import.hosts == NULL)
            return false;
        for (size_t i = 0; i < hosts; i++)
            import.hosts[i] = NO_HOST;
    }
    for (size_t i = 0; done && i < count; i++)
        done = import_flow(&import, &flows[i]);
    iotsig_memory_free(allocator, import.hosts);
    return done;
}
