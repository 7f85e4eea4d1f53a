/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layers, flows and patterns that a caller makes. */
#include "iotsig/build.h"

#include "base/error.h"
#include "flow/group.h"
#include "flow/patterns.h"

/* Layers by themselves: in one piece of memory with their texts. */

struct made_layer {
    struct iotsig_layer layer;
    char texts[];
};

static size_t text_size(const struct iotsig_layer *layer)
{
    size_t size = 0;
    for (size_t i = 0; i < APP_ATTRIBUTES; i++)
        size += layer->text[i].n + 1;
    return size;
}

int iotsig_layer_keep(struct iotsig_layer **out, struct iotsig_context *context,
                      const struct iotsig_layer *layer, struct iotsig_error *error)
{
    struct made_layer *made =
        iotsig_memory_get(&context->allocator, sizeof *made + text_size(layer));
    if (made == NULL)
        return iotsig_fail_memory(error);
    made->layer = *layer;
    char *to = made->texts;
    for (size_t i = 0; i < APP_ATTRIBUTES; i++) {
        size_t n = layer->text[i].n;
        if (n > 0)
            memcpy(to, layer->text[i].p, n);
        to[n] = '\0';
        made->layer.text[i].p = to;
        to += n + 1;
    }
    *out = &made->layer;
    return 0;
}

static int set_attribute(struct iotsig_layer *layer, const struct iotsig_attribute *attribute,
                         struct app_scratch *scratch, struct iotsig_error *error)
{
    const struct app_protocol *protocol = layer->protocol;
    int i;
    bool opposite;
    if (!iotsig_app_find(protocol, text_of(attribute->name), &i, &opposite))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "%s has no such attribute", protocol->name);
    const char *own = protocol->attributes[i].name;
    enum app_kind kind = protocol->attributes[i].kind;
    if ((kind == APP_TRUTH) != (attribute->text == NULL))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "%s of %s is no %s", own, protocol->name,
                           kind == APP_TRUTH ? "truth value" : "text");
    if (kind == APP_TRUTH) {
        layer->truths = (uint8_t)(layer->truths & ~(1u << i));
        app_set_truth(layer, i, attribute->truth != opposite);
        return 0;
    }
    if (iotsig_layer_set_text(layer, (size_t)i, text_of(attribute->text), scratch))
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "%s of %s is too long", own, protocol->name);
}

int iotsig_layer_new(struct iotsig_layer **out, struct iotsig_context *context,
                     const char *protocol, const struct iotsig_attribute *attributes, size_t count,
                     struct iotsig_error *error)
{
    struct iotsig_layer layer = {.protocol = iotsig_app_protocol(text_of(protocol))};
    int status = 0;
    if (layer.protocol == NULL)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "no application layer of this name");
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        if (attributes[i].text != NULL)
            size += strlen(attributes[i].text) * IOTSIG_ESCAPED_MAX + IOTSIG_ESCAPED_MAX + 1;
    char *room = iotsig_memory_get(&context->allocator, size);
    if (room == NULL)
        return iotsig_fail_memory(error);
    struct app_scratch scratch = {room, size};
    for (size_t i = 0; status == 0 && i < count; i++)
        status = set_attribute(&layer, &attributes[i], &scratch, error);
    if (status == 0)
        status = iotsig_layer_keep(out, context, &layer, error);
    iotsig_memory_free(&context->allocator, room);
    return status;
}

int iotsig_layer_parse(struct iotsig_layer **out, struct iotsig_context *context,
                       const char *protocol, const struct iotsig_payload *payload,
                       struct iotsig_error *error)
{
    struct packet packet = iotsig_packet_of(payload);
    const struct app_protocol *known =
        protocol == NULL ? NULL : iotsig_app_protocol(text_of(protocol));
    struct iotsig_layer layer = {.protocol = known};
    if (protocol != NULL && known == NULL)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "no application layer of this name");
    char *room = iotsig_memory_get(&context->allocator, APP_TEXT_MAX);
    if (room == NULL)
        return iotsig_fail_memory(error);
    struct app_scratch scratch = {room, APP_TEXT_MAX};
    bool found = known == NULL ? iotsig_app_parse(&packet, 0, &layer, room)
                               : known->parse(&packet, &layer, &scratch);
    int status =
        found ? iotsig_layer_keep(out, context, &layer, error)
              : iotsig_fail(error, IOTSIG_ERR_FORMAT, "the payload is no %s",
                            known == NULL ? "message of a protocol that is read" : known->name);
    iotsig_memory_free(&context->allocator, room);
    return status;
}

void iotsig_layer_free(struct iotsig_context *context, struct iotsig_layer *layer)
{
    iotsig_memory_free(&context->allocator, layer); /* the first member of what was got */
}

/* Flows. */

void iotsig_pattern_set_random_ports(struct iotsig_pattern *pattern, bool random_ports)
{
    pattern->match_random_ports = random_ports;
}

bool iotsig_pattern_random_ports(const struct iotsig_pattern *pattern)
{
    return pattern->match_random_ports;
}

static int too_many(const struct iotsig_pattern *pattern, struct iotsig_error *error)
{
    return iotsig_fail(error, IOTSIG_ERR_LIMIT, "more than %lu flows",
                       (unsigned long)pattern->context->max_flows);
}

static int add_host(struct hosts *hosts, const char *text, uint32_t *number,
                    struct iotsig_error *error)
{
    char room[IOTSIG_NAME_TEXT];
    struct text clean;
    if (!iotsig_host_clean(room, sizeof room - 1, text_of(text == NULL ? "" : text), &clean))
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "the name of a host is too long");
    *number = iotsig_hosts_add(hosts, clean);
    return *number == NO_HOST ? iotsig_fail_memory(error) : 0;
}

static int add_ports(struct iotsig_pattern *pattern, struct flow *flow,
                     const struct iotsig_port *ports, size_t count, struct iotsig_error *error)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t host;
        int status = add_host(&pattern->hosts, ports[i].host, &host, error);
        if (status != 0)
            return status;
        if (!iotsig_flow_append_port(pattern, flow, host, ports[i].port, ports[i].count))
            return iotsig_fail_memory(error);
    }
    return 0;
}

/* Numbers of identifiers are those of the flows that were there. */
static void forget_ids(struct iotsig_pattern *pattern)
{
    iotsig_memory_free(&pattern->context->allocator, pattern->id_numbers);
    pattern->id_numbers = NULL;
}

int iotsig_pattern_add(struct iotsig_pattern *pattern, const struct iotsig_flow *from,
                       const struct iotsig_port *ports, struct iotsig_error *error)
{
    struct flow flow = {.network = (uint8_t)from->network,
                        .transport = (uint8_t)from->transport,
                        .count = from->count,
                        .packets = from->packets,
                        .bytes = from->bytes,
                        .first = from->first,
                        .last = from->last};
    if (pattern->count >= pattern->context->max_flows)
        return too_many(pattern, error);
    forget_ids(pattern);
    int status = add_host(&pattern->hosts, from->src, &flow.src, error);
    if (status == 0)
        status = add_host(&pattern->hosts, from->dst, &flow.dst, error);
    if (status != 0)
        return status;
    flow.layer = iotsig_layers_add(&pattern->layers, from->layer);
    struct flow *added = flow.layer == LAYER_FAILED ? NULL : iotsig_pattern_append(pattern, &flow);
    if (added == NULL)
        return iotsig_fail_memory(error);
    status = add_ports(pattern, added, ports, from->ports, error);
    if (status != 0) { /* no half of a flow */
        iotsig_flow_fini(pattern, added);
        pattern->count--;
    }
    return status;
}

int iotsig_pattern_add_all(struct iotsig_pattern *pattern, const struct iotsig_pattern *from,
                           struct iotsig_error *error)
{
    if (from->count > pattern->context->max_flows - pattern->count)
        return too_many(pattern, error);
    forget_ids(pattern);
    return iotsig_pattern_import(pattern, from, from->flows, from->count) &&
                   iotsig_pattern_number_ids(pattern)
               ? 0
               : iotsig_fail_memory(error);
}

static struct match match_of(const struct iotsig_pattern *pattern,
                             const struct iotsig_options *options)
{
    return (struct match){pattern, options != NULL ? options->same_hosts : NULL,
                          options != NULL && options->match_random_ports};
}

bool iotsig_pattern_matches(const struct iotsig_pattern *pattern, size_t a, size_t b,
                            const struct iotsig_options *options)
{
    const struct match match = match_of(pattern, options);
    return iotsig_flow_matches(&match, &pattern->flows[a], &pattern->flows[b]);
}

int iotsig_pattern_join(struct iotsig_pattern *pattern, size_t to, size_t from,
                        const struct iotsig_options *options, struct iotsig_error *error)
{
    const struct match match = match_of(pattern, options);
    return iotsig_flow_add(&match, pattern, &pattern->flows[to], &pattern->flows[from])
               ? 0
               : iotsig_fail_memory(error);
}

int iotsig_patterns_add(struct iotsig_patterns *patterns, const struct iotsig_pattern *from,
                        const char *input, struct iotsig_error *error)
{
    struct iotsig_pattern *pattern;
    int status = iotsig_pattern_new(&pattern, patterns->context, error);
    if (status != 0)
        return status;
    pattern->match_random_ports = from->match_random_ports;
    status = iotsig_pattern_add_all(pattern, from, error);
    if (status != 0) {
        iotsig_pattern_free(pattern);
        return status;
    }
    return iotsig_patterns_append(patterns, pattern, input, NULL, error);
}

/* Packets. */

struct iotsig_grouping {
    struct iotsig_pattern *pattern;
    const struct iotsig_same_hosts *same;
    struct grouper grouper;
};

int iotsig_grouping_new(struct iotsig_grouping **out, struct iotsig_context *context,
                        const struct iotsig_options *options, struct iotsig_error *error)
{
    struct iotsig_grouping *grouping = iotsig_memory_get(&context->allocator, sizeof *grouping);
    if (grouping == NULL)
        return iotsig_fail_memory(error);
    int status = iotsig_pattern_new(&grouping->pattern, context, error);
    if (status != 0) {
        iotsig_memory_free(&context->allocator, grouping);
        return status;
    }
    grouping->pattern->match_random_ports = options != NULL && options->match_random_ports;
    grouping->same = options != NULL ? options->same_hosts : NULL;
    iotsig_grouper_init(&grouping->grouper, grouping->pattern);
    *out = grouping;
    return 0;
}

/* An end whose host has been named already. */
static int make_end(struct iotsig_pattern *pattern, const char *host, uint16_t port,
                    struct end *end, struct iotsig_error *error)
{
    uint32_t number;
    int status = add_host(&pattern->hosts, host, &number, error);
    *end = (struct end){.address.version = END_IS_HOST, .port = port};
    memcpy(end->address.bytes, &number, sizeof number);
    return status;
}

int iotsig_grouping_add(struct iotsig_grouping *grouping, const struct iotsig_packet *packet,
                        struct iotsig_error *error)
{
    struct raw_packet raw = {.network = (uint8_t)packet->network,
                             .transport = (uint8_t)packet->transport,
                             .length = packet->length,
                             .time = packet->time};
    int status = make_end(grouping->pattern, packet->src, packet->sport, &raw.src, error);
    if (status == 0)
        status = make_end(grouping->pattern, packet->dst, packet->dport, &raw.dst, error);
    return status != 0 ? status
                       : iotsig_grouper_add(&grouping->grouper, &raw, packet->layer, error);
}

int iotsig_grouping_finish(struct iotsig_grouping *grouping, struct iotsig_pattern **out,
                           struct iotsig_error *error)
{
    int status = iotsig_grouper_finish(&grouping->grouper, NULL, grouping->same, error);
    if (status == 0 && !iotsig_pattern_number_ids(grouping->pattern))
        status = iotsig_fail_memory(error);
    if (status == 0) {
        *out = grouping->pattern;
        grouping->pattern = NULL;
    }
    iotsig_grouping_free(grouping);
    return status;
}

void iotsig_grouping_free(struct iotsig_grouping *grouping)
{
    if (grouping == NULL)
        return;
    /* The grouper looks at its pattern, which after iotsig_grouping_finish() is the caller's. */
    struct iotsig_context *context = grouping->grouper.pattern->context;
    iotsig_grouper_fini(&grouping->grouper);
    iotsig_pattern_free(grouping->pattern);
    iotsig_memory_free(&context->allocator, grouping);
}
