/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In what two flows differ (behaviour section 6). */
#include "base/error.h"
#include "flow/distance.h"

struct differing {
    struct flow_in a, b;
    bool turned; /* the source of `a` stands against the destination of `b` */
    void (*each)(void *user, const struct iotsig_difference *difference);
    void *user;
};

static void tell(const struct differing *differing, enum iotsig_difference_kind kind,
                 const char *name, const char *a, const char *b)
{
    const struct iotsig_difference difference = {kind, name, a, b, IOTSIG_NO_PORT, IOTSIG_NO_PORT};
    differing->each(differing->user, &difference);
}

static uint32_t end_of(const struct flow *flow, bool destination)
{
    return destination ? flow->dst : flow->src;
}

static const char *text_of_host(struct flow_in in, uint32_t host)
{
    return host_at(&in.pattern->hosts, host)->name.text.p;
}

static void compare_hosts(const struct differing *differing, bool destination)
{
    const char *a = text_of_host(differing->a, end_of(differing->a.flow, destination));
    const char *b =
        text_of_host(differing->b, end_of(differing->b.flow, destination != differing->turned));
    if (strcmp(a, b) != 0)
        tell(differing, IOTSIG_DIFFERENT_HOST, NULL, a, b);
}

/* The next fixed port of a host from `*i` on that the other flow does not have at its end. */
static int32_t next_port(struct flow_in in, uint32_t host, struct flow_in other,
                         uint32_t other_host, size_t *i)
{
    for (; *i < in.flow->port_count; ++*i) {
        const struct flow_port *port = &in.flow->ports[*i];
        bool common = false;
        if (port->host != host ||
            !iotsig_flow_port_is_fixed(in.flow, *i, in.pattern->match_random_ports))
            continue;
        for (size_t j = 0; j < other.flow->port_count && !common; j++)
            common =
                other.flow->ports[j].host == other_host && other.flow->ports[j].port == port->port;
        if (!common)
            return in.flow->ports[(*i)++].port;
    }
    return IOTSIG_NO_PORT;
}

/* The ports that only one of them has, one of each side by side. */
static void compare_ports(const struct differing *differing, bool destination)
{
    uint32_t host_a = end_of(differing->a.flow, destination);
    uint32_t host_b = end_of(differing->b.flow, destination != differing->turned);
    struct iotsig_difference difference = {.kind = IOTSIG_DIFFERENT_PORT,
                                           .a = text_of_host(differing->a, host_a),
                                           .b = text_of_host(differing->b, host_b)};
    for (size_t i = 0, j = 0;;) {
        difference.port_a = next_port(differing->a, host_a, differing->b, host_b, &i);
        difference.port_b = next_port(differing->b, host_b, differing->a, host_a, &j);
        if (difference.port_a == IOTSIG_NO_PORT && difference.port_b == IOTSIG_NO_PORT)
            return;
        differing->each(differing->user, &difference);
    }
}

static const struct iotsig_layer *layer_of(struct flow_in in)
{
    return in.flow->layer == NO_LAYER ? NULL
                                      : &layer_at(&in.pattern->layers, in.flow->layer)->layer;
}

static const char *attribute_text(const struct iotsig_layer *layer, size_t i)
{
    if ((layer->present & 1u << i) == 0)
        return NULL;
    if (layer->protocol->attributes[i].kind != APP_TRUTH)
        return layer->text[i].p;
    return (layer->truths & 1u << i) != 0 ? "true" : "false";
}

static void compare_layers(const struct differing *differing)
{
    const struct iotsig_layer *a = layer_of(differing->a), *b = layer_of(differing->b);
    const char *x = iotsig_layer_protocol(a), *y = iotsig_layer_protocol(b);
    if (a == NULL || b == NULL || a->protocol != b->protocol) {
        if (x != y)
            tell(differing, IOTSIG_DIFFERENT_PROTOCOL, NULL, x, y);
        return;
    }
    for (size_t i = 0; i < APP_ATTRIBUTES && a->protocol->attributes[i].name != NULL; i++) {
        x = attribute_text(a, i);
        y = attribute_text(b, i);
        if (x != y && (x == NULL || y == NULL || strcmp(x, y) != 0))
            tell(differing, IOTSIG_DIFFERENT_ATTRIBUTE, a->protocol->attributes[i].name, x, y);
    }
}

void iotsig_flow_differences(const struct iotsig_pattern *a, size_t i,
                             const struct iotsig_pattern *b, size_t j,
                             void (*each)(void *user, const struct iotsig_difference *difference),
                             void *user)
{
    struct differing differing = {{a, &a->flows[i]}, {b, &b->flows[j]}, .each = each, .user = user};
    bool known;
    differing.turned = iotsig_distance_turns(differing.a, differing.b, &known);
    if (differing.a.flow->network != differing.b.flow->network)
        tell(&differing, IOTSIG_DIFFERENT_NETWORK, NULL,
             differing.a.flow->network == 4 ? "IPv4" : "IPv6",
             differing.b.flow->network == 4 ? "IPv4" : "IPv6");
    compare_hosts(&differing, false);
    compare_hosts(&differing, true);
    if (differing.a.flow->transport != differing.b.flow->transport)
        tell(&differing, IOTSIG_DIFFERENT_TRANSPORT, NULL,
             differing.a.flow->transport == IOTSIG_TCP ? "TCP" : "UDP",
             differing.b.flow->transport == IOTSIG_TCP ? "TCP" : "UDP");
    compare_ports(&differing, false);
    if (differing.a.flow->src != differing.a.flow->dst)
        compare_ports(&differing, true);
    compare_layers(&differing);
}
