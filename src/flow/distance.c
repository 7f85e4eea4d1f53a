/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flow/distance.h"

#include "base/error.h"
#include "base/levenshtein.h"
#include "host/names.h"

static const struct iotsig_ratio third = {1, 3};

/* What is computed, and how far it got: each step does nothing once one has failed. */
struct measure {
    const struct iotsig_allocator *allocator;
    int status; /* 0, IOTSIG_ERR_MEMORY, IOTSIG_ERR_LIMIT */
};

/* Adds a share of a ratio to another. */
static void add(struct measure *measure, struct iotsig_ratio *to, struct iotsig_ratio share,
                struct iotsig_ratio of)
{
    struct iotsig_ratio part;
    if (measure->status == 0 &&
        (!iotsig_ratio_times(share, of, &part) || !iotsig_ratio_add(*to, part, to)))
        measure->status = IOTSIG_ERR_LIMIT;
}

static void add_if(struct measure *measure, struct iotsig_ratio *to, struct iotsig_ratio share,
                   bool differs)
{
    if (differs)
        add(measure, to, share, RATIO_ONE);
}

/* Levenshtein's distance of the sum of the lengths; 0 for two empty texts. */
static struct iotsig_ratio text_ratio(struct measure *measure, struct text a, struct text b)
{
    size_t distance;
    if (text_equal(a, b))
        return RATIO_ZERO;
    if (measure->status == 0 && !iotsig_levenshtein(measure->allocator, a, b, &distance))
        measure->status = IOTSIG_ERR_MEMORY;
    return measure->status == 0 ? iotsig_ratio_of(distance, a.n + b.n) : RATIO_ZERO;
}

static const struct host *host_of(struct flow_in in, bool destination)
{
    return host_at(&in.pattern->hosts, destination ? in.flow->dst : in.flow->src);
}

static struct iotsig_ratio host_distance(struct measure *measure, const struct host *a,
                                         const struct host *b)
{
    if (text_equal(a->name.text, b->name.text))
        return RATIO_ZERO;
    if (a->kind == HOST_ADDRESS || b->kind == HOST_ADDRESS)
        return RATIO_ONE;
    return text_ratio(measure, a->name.text, b->name.text);
}

/* Against which end of `b` the source of `a` stands. */
static bool turns(struct measure *measure, struct flow_in a, struct flow_in b)
{
    struct iotsig_ratio same = host_distance(measure, host_of(a, false), host_of(b, false));
    if (same.num == 0)
        return false;
    struct iotsig_ratio swapped = host_distance(measure, host_of(a, false), host_of(b, true));
    return iotsig_ratio_compare(swapped, same) < 0;
}

static struct iotsig_ratio network_distance(struct measure *measure, struct flow_in a,
                                            struct flow_in b)
{
    struct iotsig_ratio sum = RATIO_ZERO;
    bool turned = turns(measure, a, b);
    add_if(measure, &sum, third, a.flow->network != b.flow->network);
    add(measure, &sum, third, host_distance(measure, host_of(a, false), host_of(b, turned)));
    add(measure, &sum, third, host_distance(measure, host_of(a, true), host_of(b, !turned)));
    return sum;
}

/* A set of port numbers. */
struct port_set {
    uint64_t bits[65536 / 64];
};

static bool is_fixed(struct flow_in in, size_t i)
{
    return iotsig_flow_port_is_fixed(in.flow, i, in.pattern->match_random_ports);
}

static size_t count_fixed(struct flow_in in)
{
    size_t count = 0;
    for (size_t i = 0; i < in.flow->port_count; i++)
        count += is_fixed(in, i);
    return count;
}

static bool has_fixed(struct flow_in in, uint16_t port)
{
    for (size_t i = 0; i < in.flow->port_count; i++)
        if (in.flow->ports[i].port == port && is_fixed(in, i))
            return true;
    return false;
}

/* The fixed ports of `a` whose numbers `b` has, by a set where the lists are long. */
static size_t count_by_set(struct flow_in a, struct flow_in b)
{
    struct port_set of_b = {{0}};
    size_t count = 0;
    for (size_t i = 0; i < b.flow->port_count; i++) {
        uint16_t port = b.flow->ports[i].port;
        if (is_fixed(b, i))
            of_b.bits[port / 64] |= UINT64_C(1) << port % 64;
    }
    for (size_t i = 0; i < a.flow->port_count; i++) {
        uint16_t port = a.flow->ports[i].port;
        count += (of_b.bits[port / 64] >> port % 64 & 1) != 0 && is_fixed(a, i);
    }
    return count;
}

static size_t count_identical(struct flow_in a, struct flow_in b)
{
    size_t count = 0;
    if (b.flow->port_count > PORTS_SHORT)
        return count_by_set(a, b);
    for (size_t i = 0; i < a.flow->port_count; i++)
        count += is_fixed(a, i) && has_fixed(b, a.flow->ports[i].port);
    return count;
}

static struct iotsig_ratio transport_distance(struct measure *measure, struct flow_in a,
                                              struct flow_in b)
{
    static const struct iotsig_ratio two_thirds = {2, 3};
    struct iotsig_ratio sum = RATIO_ZERO;
    size_t most = count_fixed(a), others = count_fixed(b);
    if (others > most)
        most = others;
    add_if(measure, &sum, third, a.flow->transport != b.flow->transport);
    if (most > 0)
        add(measure, &sum, two_thirds, iotsig_ratio_of(most - count_identical(a, b), most));
    return sum;
}

static const struct stored_layer *layer_of(struct flow_in in)
{
    return in.flow->layer == NO_LAYER ? NULL : layer_at(&in.pattern->layers, in.flow->layer);
}

static struct iotsig_ratio attribute_distance(struct measure *measure, enum app_kind kind,
                                              const struct iotsig_layer *a,
                                              const struct iotsig_layer *b, size_t i)
{
    bool in_a = (a->present & 1u << i) != 0, in_b = (b->present & 1u << i) != 0;
    if (!in_a || !in_b)
        return in_a == in_b ? RATIO_ZERO : RATIO_ONE;
    if (kind == APP_NAME || kind == APP_URI)
        return text_ratio(measure, a->text[i], b->text[i]);
    return text_equal(a->text[i], b->text[i]) ? RATIO_ZERO : RATIO_ONE;
}

static struct iotsig_ratio application_distance(struct measure *measure, struct flow_in in_a,
                                                struct flow_in in_b)
{
    const struct stored_layer *a = layer_of(in_a), *b = layer_of(in_b);
    if (a == NULL || b == NULL)
        return a == b ? RATIO_ZERO : RATIO_ONE;
    const struct app_protocol *protocol = a->layer.protocol;
    if (protocol != b->layer.protocol)
        return RATIO_ONE;
    if (protocol->equality == APP_RESPONSE_MATCHES && a->response && b->response)
        return RATIO_ZERO;

    struct iotsig_ratio sum = RATIO_ZERO;
    unsigned weights = 0;
    for (size_t i = 0; i < APP_ATTRIBUTES && protocol->attributes[i].name != NULL; i++)
        weights += protocol->attributes[i].weight;
    for (size_t i = 0; i < APP_ATTRIBUTES && protocol->attributes[i].name != NULL; i++) {
        const struct app_attribute *attribute = &protocol->attributes[i];
        if (attribute->weight > 0)
            add(measure, &sum, iotsig_ratio_of(attribute->weight, weights),
                attribute_distance(measure, attribute->kind, &a->layer, &b->layer, i));
    }
    return sum;
}

bool iotsig_distance_turns(struct flow_in a, struct flow_in b, bool *done)
{
    struct measure measure = {&a.pattern->context->allocator, 0};
    bool turned = turns(&measure, a, b);
    *done = measure.status == 0;
    return turned;
}

int iotsig_distance_of(struct flow_in a, struct flow_in b, struct iotsig_distance *distance,
                       struct iotsig_error *error)
{
    struct measure measure = {&a.pattern->context->allocator, 0};
    struct iotsig_distance found = {.whole = RATIO_ZERO};
    found.network = network_distance(&measure, a, b);
    found.transport = transport_distance(&measure, a, b);
    found.application = application_distance(&measure, a, b);
    add(&measure, &found.whole, third, found.network);
    add(&measure, &found.whole, third, found.transport);
    add(&measure, &found.whole, third, found.application);
    if (measure.status == IOTSIG_ERR_MEMORY)
        return iotsig_fail_memory(error);
    if (measure.status != 0)
        return iotsig_fail(error, measure.status, "a distance needs numbers of more than 64 bits");
    *distance = found;
    return 0;
}

static struct flow_in flow_in(const struct iotsig_pattern *pattern, size_t index)
{
    return (struct flow_in){pattern, &pattern->flows[index]};
}

int iotsig_flow_distance(const struct iotsig_pattern *a, size_t i, const struct iotsig_pattern *b,
                         size_t j, struct iotsig_distance *distance, struct iotsig_error *error)
{
    return iotsig_distance_of(flow_in(a, i), flow_in(b, j), distance, error);
}

static bool read_host(struct hosts *hosts, const char *text, uint32_t *number)
{
    char room[IOTSIG_NAME_TEXT];
    struct text clean;
    if (!iotsig_host_clean(room, sizeof room - 1, text_of(text), &clean))
        return false;
    *number = iotsig_hosts_add(hosts, clean);
    return true;
}

int iotsig_host_distance(struct iotsig_context *context, const char *a, const char *b,
                         struct iotsig_ratio *distance, struct iotsig_error *error)
{
    struct measure measure = {&context->allocator, 0};
    struct iotsig_ratio found = RATIO_ZERO;
    struct hosts hosts;
    uint32_t x, y;
    iotsig_hosts_init(&hosts, context);
    if (!read_host(&hosts, a, &x) || !read_host(&hosts, b, &y))
        measure.status = iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "the name of a host is too long");
    else if (x == NO_HOST || y == NO_HOST)
        measure.status = IOTSIG_ERR_MEMORY;
    else
        found = host_distance(&measure, host_at(&hosts, x), host_at(&hosts, y));
    iotsig_hosts_fini(&hosts);
    if (measure.status == 0)
        *distance = found;
    return measure.status == IOTSIG_ERR_MEMORY ? iotsig_fail_memory(error) : measure.status;
}

int iotsig_text_distance(struct iotsig_context *context, struct iotsig_characters a,
                         struct iotsig_characters b, struct iotsig_ratio *distance,
                         struct iotsig_error *error)
{
    size_t steps;
    if (!iotsig_levenshtein_wide(&context->allocator, a.at, a.count, b.at, b.count, &steps))
        return iotsig_fail_memory(error);
    *distance = steps == 0 ? RATIO_ZERO : iotsig_ratio_of(steps, a.count + b.count);
    return 0;
}
